//! Asking Genesys Cloud for a token, and reading what it says. Pure: no I/O in here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hallpass_core::{Credential, Grant, IssueFault, IssueVerdict, Moment, Secret};
use hallpass_outbound::retry_after;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};

use crate::oauth2::{ErrorReply, TokenReply, read_reply};
use crate::token_url::TokenUrl;

/// The token request of the vendor's SDKs: `Basic` with the raw id and secret (not form-encoded first, unlike RFC 6749 2.3.1), and a body of
/// exactly `grant_type=client_credentials`. No `scope`: a client-credentials client has roles, and the parameter has no effect.
pub(super) fn request(url: &TokenUrl, credential: &Credential) -> Result<Request<Bytes>, IssueFault> {
    let member = |name| credential.member(name).map_or(&b""[..], Secret::expose);
    let pair = zeroizing_join(member("client_id"), member("client_secret"));
    let mut basic =
        HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair.expose()))).map_err(|_| {
            IssueFault {
                verdict: IssueVerdict::Refused,
                detail: "the credential cannot stand in a header".into(),
                hint: None,
            }
        })?;
    basic.set_sensitive(true);
    let mut request = Request::new(Bytes::from_static(b"grant_type=client_credentials"));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = url.uri();
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, basic);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}

/// What an answer means. The body's `error` member decides before the status does: throttling comes as 400, and the status of a refused client is not settled.
pub(super) fn read(answer: &Response<Bytes>, now: Moment) -> Result<Grant, IssueFault> {
    let after = retry_after(answer.headers(), now);
    let fault = |verdict, detail: String| IssueFault { verdict, detail, hint: None };
    let status = answer.status();
    match read_reply(answer.body()) {
        TokenReply::Refused(refused) => Err(judge_error(&refused, status, after)),
        TokenReply::Granted(grant) if status.is_success() => Ok(grant),
        _ if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE => Err(
            fault(IssueVerdict::Throttled { retry_after: after }, format!("it answered {}", status.as_u16())),
        ),
        TokenReply::Unusable(why) if status.is_success() => {
            Err(fault(IssueVerdict::Passing { retry_after: after }, why.into()))
        }
        _ if status.is_server_error() => Err(fault(
            IssueVerdict::Passing { retry_after: after },
            format!("it answered {}", status.as_u16()),
        )),
        _ if status.is_redirection() => {
            let detail =
                format!("it answered {}, and redirects are not followed with a secret", status.as_u16());
            Err(fault(IssueVerdict::Refused, detail))
        }
        _ => Err(fault(
            IssueVerdict::Refused,
            format!("it answered {} without an OAuth error", status.as_u16()),
        )),
    }
}

fn judge_error(refused: &ErrorReply, status: StatusCode, after: Option<std::time::Duration>) -> IssueFault {
    let throttled =
        status == StatusCode::TOO_MANY_REQUESTS || refused.description.starts_with("rate limit exceeded");
    let (verdict, hint) = match refused.error.as_str() {
        _ if throttled => (IssueVerdict::Throttled { retry_after: after }, None),
        "invalid_client" if refused.description.contains("not found") => (
            IssueVerdict::CredentialRefused,
            Some(
                "this region does not know the client id: regions are islands, so check `region` first, then the stored `client_id`",
            ),
        ),
        "invalid_client" => (
            IssueVerdict::CredentialRefused,
            Some("the client secret is not the present one: store it with `hallpass secret put`"),
        ),
        _ if status.is_server_error() => (IssueVerdict::Passing { retry_after: after }, None),
        _ => (IssueVerdict::Refused, None),
    };
    IssueFault { verdict, detail: format!("it answered {} `{}`", status.as_u16(), refused.error), hint }
}

fn zeroizing_join(id: &[u8], secret: &[u8]) -> Secret {
    let mut pair = Vec::with_capacity(id.len() + 1 + secret.len());
    pair.extend_from_slice(id);
    pair.push(b':');
    pair.extend_from_slice(secret);
    Secret::new(pair)
}

#[cfg(test)]
mod tests {
    use super::{read, request};
    use bytes::Bytes;
    use hallpass_core::{Credential, IssueVerdict, Moment, Secret, Version};
    use http::Response;
    use std::time::Duration;

    const NOW: Moment = Moment { wall: Duration::from_secs(1_700_000_000), monotonic: Duration::ZERO };

    fn verdict(status: u16, body: &'static str) -> IssueVerdict {
        let answer = Response::builder()
            .status(status)
            .header("retry-after", "7")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        read(&answer, NOW).unwrap_err().verdict
    }

    #[test]
    fn the_request_is_that_of_the_vendor_sdks() {
        let stored = Secret::from(r#"{"client_id":"an id","client_secret":"s%+=:é"}"#);
        let credential =
            Credential::parse(&stored, Version::new("1"), &["client_id", "client_secret"]).unwrap();
        let request =
            request(&"https://login.mypurecloud.com/oauth/token".parse().unwrap(), &credential).unwrap();
        assert_eq!(request.uri(), "https://login.mypurecloud.com/oauth/token");
        assert_eq!(&request.body()[..], b"grant_type=client_credentials");
        assert_eq!(request.headers()["authorization"], "Basic YW4gaWQ6cyUrPTrDqQ==");
        assert!(!format!("{request:?}").contains("YW4g"), "the header is marked sensitive");
    }

    #[test]
    fn the_body_decides_before_the_status() {
        let refused = IssueVerdict::CredentialRefused;
        assert_eq!(verdict(400, r#"{"error":"invalid_client","description":"client not found"}"#), refused);
        assert_eq!(
            verdict(401, r#"{"error":"invalid_client","description":"authentication failed"}"#),
            refused
        );
        assert_eq!(verdict(403, r#"{"error":"invalid_client"}"#), refused);
        let throttled = IssueVerdict::Throttled { retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(
            verdict(400, r#"{"error":"invalid_request","description":"rate limit exceeded; try later"}"#),
            throttled
        );
        assert_eq!(
            verdict(400, r#"{"error":"invalid_request","error_description":"Rate limit exceeded; x"}"#),
            throttled
        );
        assert_eq!(verdict(429, ""), throttled);
        assert_eq!(verdict(503, "<html>"), throttled);
        assert_eq!(verdict(400, r#"{"error":"unsupported_grant_type"}"#), IssueVerdict::Refused);
        assert_eq!(verdict(404, "not here"), IssueVerdict::Refused);
        assert_eq!(verdict(302, ""), IssueVerdict::Refused);
        assert_eq!(verdict(401, ""), IssueVerdict::Refused);
        assert!(matches!(verdict(500, "{}"), IssueVerdict::Passing { .. }));
        assert!(matches!(verdict(200, ""), IssueVerdict::Passing { .. }));
        assert!(matches!(verdict(200, r#"{"error":"invalid_client"}"#), IssueVerdict::CredentialRefused));
    }

    #[test]
    fn an_unknown_client_is_explained_by_the_region_and_echoed_secrets_are_dropped() {
        let body = r#"{"error":"invalid_client","error_description":"client not found: canary"}"#;
        let answer = Response::builder().status(400).body(Bytes::from_static(body.as_bytes())).unwrap();
        let fault = read(&answer, NOW).unwrap_err();
        assert!(fault.hint.unwrap().contains("regions are islands"));
        assert!(!format!("{fault:?}").contains("canary"));
    }
}
