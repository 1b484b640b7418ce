//! Answers of our own: one table from faults to statuses, one form for all of them.
//!
//! | status | faults | because |
//! |---|---|---|
//! | 400 | `request-malformed`, `header-refused`, `path-ambiguous` | the caller's message is wrong, whoever sends it |
//! | 401 | `pass-missing`, `pass-wrong`, `login-refused` | the caller must show the pass |
//! | 403 | `host-foreign`, `origin-present`, `forwarded-request`, `path-not-allowed` | showing the pass would not help |
//! | 404 | `integration-unknown` | nothing is there |
//! | 413 | `body-too-large` | |
//! | 502 | `upstream-unreachable`, `upstream-answer-bad`, `address-refused` | the platform was asked or looked for, without an answer |
//! | 503 | `busy`, `draining`, and everything about tokens, credentials and stores | nothing was sent to the platform's API |
//! | 504 | `upstream-timeout` | the call may have had its effect |
//! | 500 | `internal` and faults that do not belong to a call | ours |
//!
//! Why a refused credential is 503: it is not the caller's doing, so no 4xx (a 401 would make an SDK log in again, a 403 would read
//! as the platform's own denial); nothing was sent, so no 502; and the same call works once the secret is replaced, without a restart.
//!
//! `Retry-After` stands on 503 only. HTTP libraries repeat any method when they see it, writes included, so it is a promise that nothing
//! was sent.

use bytes::Bytes;
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{Body, full};
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

/// Stands on every answer that is ours and not the platform's; its value is the name of a [`FaultCode`].
pub const FAULT_HEADER: HeaderName = HeaderName::from_static("hallpass-fault");
/// Stands on a platform's answer that a replay after a 401 brought.
pub const REPLAYED_HEADER: HeaderName = HeaderName::from_static("hallpass-replayed");
/// Stands on a platform's 401 that was not followed by a replay; its value says why.
pub const NOT_REPLAYED_HEADER: HeaderName = HeaderName::from_static("hallpass-not-replayed");

/// The status a fault is answered with.
#[must_use]
pub fn status_of(code: FaultCode) -> StatusCode {
    use FaultCode as F;
    match code {
        F::RequestMalformed | F::HeaderRefused | F::PathAmbiguous => StatusCode::BAD_REQUEST,
        F::PassMissing | F::PassWrong | F::LoginRefused => StatusCode::UNAUTHORIZED,
        F::HostForeign | F::OriginPresent | F::ForwardedRequest | F::PathNotAllowed => StatusCode::FORBIDDEN,
        F::IntegrationUnknown => StatusCode::NOT_FOUND,
        F::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        F::UpstreamUnreachable | F::UpstreamAnswerBad | F::AddressRefused => StatusCode::BAD_GATEWAY,
        F::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
        F::Busy | F::Draining => StatusCode::SERVICE_UNAVAILABLE,
        F::TokenUnavailable | F::TokenThrottled | F::TokenAnswerBad | F::TokenRequestRefused => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        F::CredentialRefused | F::CredentialMalformed | F::EnvironmentMismatch | F::EntryNotFound => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        F::StoreUnreadable
        | F::StoreCorrupted
        | F::StoreKeyWrong
        | F::StoreLocked
        | F::PermissionsTooOpen => StatusCode::SERVICE_UNAVAILABLE,
        F::StoreUnreachable | F::StoreThrottled | F::StoreAnswerBad | F::StoreDenied => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        F::StoreVersionUnusable | F::StoreBudgetSpent | F::CredentialStale | F::CloudIdentityMissing => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer that tells of `fault`: `application/problem+json` (RFC 9457).
pub(crate) fn problem(fault: &Fault) -> Response<Body> {
    let status = status_of(fault.code());
    let mut answer = json(status, &Problem::of(fault, status));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    mark(headers, fault.code());
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, challenge(fault.code()));
    }
    if let (StatusCode::SERVICE_UNAVAILABLE, Some(after)) = (status, fault.retry_after()) {
        // Rounded up: a caller who comes back early is turned away again.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    if ends_connection(fault.code()) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// Says on an answer which fault it stands for.
pub(crate) fn mark(headers: &mut http::HeaderMap, code: FaultCode) {
    headers.insert(FAULT_HEADER, HeaderValue::from_static(code.name()));
}

/// An answer in JSON. It is never to be kept by a cache: it speaks of now.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = Response::new(full(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An answer in plain text, never to be kept either.
pub(crate) fn text(page: String) -> Response<Body> {
    let mut answer = Response::new(full(Bytes::from(page)));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    hint: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
}

impl<'a> Problem<'a> {
    fn of(fault: &'a Fault, status: StatusCode) -> Self {
        Self {
            kind: format!("urn:hallpass:fault:{}", fault.code().name()),
            title: fault.code().summary(),
            status: status.as_u16(),
            detail: fault.detail(),
            hint: fault.hint(),
            causes: causes(fault),
        }
    }
}

/// The chain below the fault. Its texts name things and never values, that is the rule for faults; the bound is against a chain that bites its tail.
fn causes(fault: &Fault) -> Vec<String> {
    let first = std::error::Error::source(fault);
    std::iter::successors(first, |cause| cause.source()).take(8).map(ToString::to_string).collect()
}

/// RFC 6750 3: a request without a token gets no error code, one with a wrong token does.
fn challenge(code: FaultCode) -> HeaderValue {
    HeaderValue::from_static(match code {
        FaultCode::PassWrong => "Bearer realm=\"hallpass\", error=\"invalid_token\"",
        _ => "Bearer realm=\"hallpass\"",
    })
}

/// After these the rest of the connection is not read: either the framing of the request is in doubt (a second request behind it
/// may be smuggled), or the place is needed.
fn ends_connection(code: FaultCode) -> bool {
    use FaultCode as F;
    let doubtful = matches!(
        code,
        F::RequestMalformed
            | F::HeaderRefused
            | F::HostForeign
            | F::OriginPresent
            | F::ForwardedRequest
            | F::BodyTooLarge
    );
    doubtful || matches!(code, F::Busy | F::Draining | F::Internal)
}

#[cfg(test)]
mod tests {
    use super::{problem, status_of};
    use hallpass_core::{Fault, FaultCode};
    use std::time::Duration;

    #[test]
    fn retry_after_stands_on_503_only() {
        for code in FaultCode::ALL {
            let answer = problem(&Fault::new(*code, "").with_retry_after(Duration::from_millis(1500)));
            let after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(after.as_deref(), (status_of(*code) == 503).then_some("2"), "{code:?}");
        }
    }

    #[test]
    fn every_fault_a_call_can_meet_has_a_status_of_its_own_kind() {
        for code in FaultCode::ALL {
            let status = status_of(*code);
            match code.remedy() {
                hallpass_core::Remedy::FixCall if *code != FaultCode::ChildFailed => {
                    assert!(status.is_client_error(), "{code:?}");
                }
                _ => assert!(status.is_server_error(), "{code:?}"),
            }
        }
    }
}
