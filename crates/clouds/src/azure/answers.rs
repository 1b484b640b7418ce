//! What an error of the SDK holds: an answer, a silence, or a fault of ours. Pure.
//!
//! Nothing of an answer is copied but the vendor's codes and its request id, and these only if they look like such: messages quote what was
//! sent, and may one day quote a value.

use std::error::Error as _;
use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::RawResponse;
use azure_core::http::headers::HeaderName;
use hallpass_core::Fault;
use serde_json::Value;

/// An answer that is no success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// `error.code`, and the code inside it, which says more.
    pub(super) code: Option<String>,
    pub(super) inner: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// Why there is no answer to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// No connection, and what of it failed.
    NoConnection(&'static str),
    /// Nothing in time.
    TimedOut(Duration),
    /// The connection broke off, or what came was no HTTP.
    Broken,
    /// It was a success without the members that it must have.
    Unreadable,
}

/// Whether the very same read may be asked once more: a pooled connection had closed, and no answer came.
pub(super) fn is_broken(error: &azure_core::Error) -> bool {
    carried(error).is_none() && refusal_in(error).is_none() && silence_in(error) == Silence::Broken
}

/// Whether the token was not accepted.
pub(super) fn is_unauthorized(error: &azure_core::Error) -> bool {
    carried(error).is_none() && refusal_in(error).is_some_and(|refusal| refusal.status == 401)
}

/// A fault of ours on its way through the SDK's pipeline.
pub(super) fn carried(error: &azure_core::Error) -> Option<&Fault> {
    let mut cause = error.source();
    while let Some(present) = cause {
        if let Some(fault) = present.downcast_ref::<Fault>() {
            return Some(fault);
        }
        cause = present.source();
    }
    None
}

/// The answer inside an error: credentials wrap the error that holds it.
pub(super) fn refusal_in(error: &azure_core::Error) -> Option<Refusal> {
    let mut present = Some(error);
    while let Some(error) = present {
        if let ErrorKind::HttpResponse { status, error_code, raw_response } = error.kind() {
            let code = error_code.as_deref().and_then(plain);
            let refusal = Refusal { status: u16::from(*status), code, ..Refusal::default() };
            return Some(raw_response.as_ref().map_or(refusal.clone(), |raw| with_answer(refusal, raw)));
        }
        present = error.downcast_ref();
    }
    None
}

fn with_answer(mut refusal: Refusal, answer: &RawResponse) -> Refusal {
    let header = |name: &'static str| answer.headers().get_optional_str(&HeaderName::from_static(name));
    refusal.request_id = header("x-ms-request-id").and_then(plain);
    // In seconds by RFC 9110 10.2.3; the other two are Azure's, in milliseconds.
    let in_ms = || {
        header("retry-after-ms")
            .or_else(|| header("x-ms-retry-after-ms"))?
            .parse()
            .ok()
            .map(Duration::from_millis)
    };
    let in_s = || header("retry-after")?.parse().ok().map(Duration::from_secs);
    refusal.retry_after = in_ms().or_else(in_s).map(|after| after.min(LONGEST_WAIT));
    // The body's parser may quote the body, so its complaint is dropped.
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    refusal.inner = body["error"]["innererror"]["code"].as_str().and_then(plain);
    if let Some(code) = body["error"]["code"].as_str() {
        refusal.code = plain(code);
    }
    refusal
}

/// A wait that is longer tells of a clock or a typing error; nobody waits that long for a secret.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Why an error without an answer has none.
pub(super) fn silence_in(error: &azure_core::Error) -> Silence {
    let mut present = Some(error);
    let mut kind = error.kind();
    while let Some(error) = present {
        kind = error.kind();
        present = error.downcast_ref();
    }
    match kind {
        ErrorKind::Connection => Silence::NoConnection(what_failed(error)),
        ErrorKind::Io => Silence::Broken,
        _ => Silence::Unreadable,
    }
}

/// Which part of connecting failed, from the texts of the libraries below, of which none sees a request.
fn what_failed(error: &azure_core::Error) -> &'static str {
    let mut cause = error.source();
    let mut what = "the network or the host";
    while let Some(present) = cause {
        let text = present.to_string();
        let is = |part: &str| text.contains(part);
        what = if is("dns error") || is("lookup address") {
            "the name is not known (DNS)"
        } else if is("certificate") || is("handshake") || is("corrupt message") {
            "TLS: the certificate or the handshake is refused"
        } else if is("refused") {
            "the port is closed"
        } else if is("timed out") || is("deadline") {
            "nobody answers"
        } else {
            what
        };
        cause = present.source();
    }
    what
}

/// A code or an id, if it looks like one.
fn plain(text: &str) -> Option<String> {
    let fine = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.,".contains(&byte));
    fine.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use azure_core::error::ErrorKind;
    use azure_core::http::StatusCode;
    use azure_core::http::headers::Headers;
    use hallpass_core::{Fault, FaultCode};

    use super::{RawResponse, Silence, carried, is_broken, is_unauthorized, refusal_in, silence_in};

    fn answer(
        status: StatusCode,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> azure_core::Error {
        let mut all = Headers::new();
        headers.iter().for_each(|(name, value)| all.insert(*name, *value));
        let raw_response = Some(Box::new(RawResponse::from_bytes(status, all, body.as_bytes().to_vec())));
        ErrorKind::HttpResponse { status, error_code: Some("canary code".to_owned()), raw_response }
            .into_error()
    }

    #[test]
    fn an_answer_gives_its_codes_its_request_id_and_its_wait() {
        let body = r#"{"error":{"code":"Throttled","message":"canary","innererror":{"code":"Vault"}}}"#;
        let headers = [("x-ms-request-id", "0000-id"), ("retry-after", "7")];
        let refusal = refusal_in(&answer(StatusCode::TooManyRequests, &headers, body)).unwrap();
        assert_eq!(
            (refusal.status, refusal.code.as_deref(), refusal.inner.as_deref()),
            (429, Some("Throttled"), Some("Vault"))
        );
        assert_eq!(
            (refusal.request_id.as_deref(), refusal.retry_after),
            (Some("0000-id"), Some(Duration::from_secs(7)))
        );
        let in_ms = [("retry-after-ms", "1500"), ("retry-after", "99")];
        let after =
            |headers| refusal_in(&answer(StatusCode::TooManyRequests, headers, "{}")).unwrap().retry_after;
        assert_eq!(after(&in_ms[..]), Some(Duration::from_millis(1500)));
        assert_eq!(after(&[("retry-after", "99999999")][..]), Some(Duration::from_secs(3600)));
        assert_eq!(after(&[("retry-after", "soon")][..]), None);
    }

    #[test]
    fn what_does_not_look_like_a_code_is_not_copied() {
        let body = r#"{"error":{"code":"canary value","innererror":{"code":"{canary}"}}}"#;
        let refusal =
            refusal_in(&answer(StatusCode::Forbidden, &[("x-ms-request-id", "canary id")], body)).unwrap();
        assert!(!format!("{refusal:?}").contains("canary"), "{refusal:?}");
    }

    #[test]
    fn the_answer_is_found_inside_a_credentials_error() {
        let inner = answer(StatusCode::Unauthorized, &[], r#"{"error":"invalid_client"}"#);
        let outer = azure_core::Error::with_error(ErrorKind::Credential, inner, "authentication failed");
        assert_eq!(refusal_in(&outer).unwrap().status, 401);
        assert!(is_unauthorized(&outer));
        let fault = Fault::new(FaultCode::CloudIdentityMissing, "x");
        let ours = azure_core::Error::new(ErrorKind::Credential, fault);
        assert!(carried(&ours).is_some() && !is_broken(&ours) && !is_unauthorized(&ours));
    }

    #[test]
    fn a_connection_that_failed_says_which_part_of_it() {
        let table = [
            ("dns error: failed to lookup address information: Name or service not known", "DNS"),
            ("invalid peer certificate: UnknownIssuer", "TLS"),
            ("tcp connect error: Connection refused (os error 111)", "port is closed"),
            ("deadline has elapsed", "nobody answers"),
            ("something else", "the network or the host"),
        ];
        for (text, part) in table {
            let error =
                azure_core::Error::with_error(ErrorKind::Connection, io::Error::other(text), "failed");
            let Silence::NoConnection(what) = silence_in(&error) else { panic!("{text}") };
            assert!(what.contains(part), "{text}: {what}");
        }
        assert!(is_broken(&azure_core::Error::with_message(ErrorKind::Io, "reset")));
        assert!(!is_broken(&azure_core::Error::with_message(ErrorKind::DataConversion, "canary")));
    }
}
