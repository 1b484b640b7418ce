//! Asking Genesys Cloud for a token, and what its refusals mean. Pure: no I/O in here.

use hallpass_core::{IssueVerdict, LoginAnswer};
use http::StatusCode;
use serde::Serialize;

use crate::login::answer;
use crate::oauth2::{ClientCredentials, Judgement, Refusal};
use crate::settings::{ClientAuth, Scope};

/// The token request of the vendor's SDKs: `Basic` with the raw id and secret (not form-encoded first, unlike RFC 6749 2.3.1), and a body of
/// exactly `grant_type=client_credentials`. No `scope`: a client-credentials client has roles, and the parameter has no effect.
pub(super) fn standard() -> ClientCredentials {
    ClientCredentials {
        auth: ClientAuth::BasicRaw,
        fields: Vec::new(),
        asks_for_json: true,
        judge: |refusal| judge(refusal, UNKNOWN_IN_REGION),
        doubt: None,
    }
}

/// The request of the guides, to the letter: `grant_type`, `client_id` and `client_secret` in this order and one header. A configured scope follows.
pub(super) fn guide(scope: Option<&Scope>) -> ClientCredentials {
    ClientCredentials {
        auth: ClientAuth::Post,
        fields: scope.map(|scope| ("scope".to_owned(), scope.to_string())).into_iter().collect(),
        asks_for_json: false,
        judge: |refusal| judge(refusal, UNKNOWN_IN_ORGANIZATION),
        doubt: Some(
            "the vendor documents no token endpoint at `ORGANIZATION.mygenesys.com`: use the profile \"standard\" with `region`, or name `token_url` and `api_url`",
        ),
    }
}

fn judge(refusal: &Refusal<'_>, unknown_client: &'static str) -> Option<Judgement> {
    let description = refusal.description();
    if description.starts_with("rate limit exceeded") {
        let verdict = IssueVerdict::Throttled { retry_after: refusal.retry_after };
        return Some(Judgement { verdict, hint: None });
    }
    let hint = match refusal.error()? {
        "invalid_client" if description.contains("not found") => unknown_client,
        "invalid_client" => "the client secret is not the present one: store it with `hallpass secret put`",
        _ => return None,
    };
    Some(Judgement { verdict: IssueVerdict::CredentialRefused, hint: Some(hint) })
}

/// The platform's error document says the description twice, under two names.
pub(super) fn refused(status: StatusCode, error: &'static str, description: &'static str) -> LoginAnswer {
    #[derive(Serialize)]
    struct Refused {
        error: &'static str,
        description: &'static str,
        error_description: &'static str,
    }
    answer(status, &Refused { error, description, error_description: description })
}

const UNKNOWN_IN_REGION: &str = "this region does not know the client id: regions are islands, so check `region` first, then the stored `client_id`";
const UNKNOWN_IN_ORGANIZATION: &str =
    "this organisation does not know the client id: check `organization` first, then the stored `client_id`";

#[cfg(test)]
mod tests {
    use super::{guide, standard};
    use crate::oauth2::read_answer;
    use crate::platform::Messages as _;
    use bytes::Bytes;
    use hallpass_core::{Credential, IssueFault, IssueVerdict, Moment, Secret, Version};
    use http::Response;
    use std::time::Duration;

    const NOW: Moment = Moment { wall: Duration::from_secs(1_700_000_000), monotonic: Duration::ZERO };

    fn fault(status: u16, body: &'static str) -> IssueFault {
        let answer = Response::builder()
            .status(status)
            .header("retry-after", "7")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        read_answer(&answer, NOW, &standard()).unwrap_err()
    }

    fn credential(id: &str, secret: &str) -> Credential {
        let stored = Secret::from(serde_json::json!({"client_id": id, "client_secret": secret}).to_string());
        Credential::parse(&stored, Version::new("1"), &["client_id", "client_secret"]).unwrap()
    }

    #[test]
    fn the_request_is_that_of_the_vendor_sdks() {
        let url = "https://login.mypurecloud.com/oauth/token".parse().unwrap();
        let request = standard().request(&url, &credential("an id", "s%+=:é")).unwrap();
        assert_eq!(request.uri(), "https://login.mypurecloud.com/oauth/token");
        assert_eq!(request.body(), &Secret::from("grant_type=client_credentials"));
        assert_eq!(request.headers()["authorization"], "Basic YW4gaWQ6cyUrPTrDqQ==");
        assert!(!format!("{request:?}").contains("YW4g"), "the header is marked sensitive");
    }

    #[test]
    fn a_scope_follows_the_guides_own_fields() {
        let url = "https://acme.mygenesys.com/api/v2/oauth/token".parse().unwrap();
        let scope = "users:read routing:queue:read".parse().unwrap();
        let request = guide(Some(&scope)).request(&url, &credential("i", "s")).unwrap();
        let expected = "grant_type=client_credentials&client_id=i&client_secret=s&scope=users%3Aread+routing%3Aqueue%3Aread";
        assert_eq!(request.body(), &Secret::from(expected));
    }

    #[test]
    fn the_body_decides_before_the_status() {
        let (refused, terminal) = (IssueVerdict::CredentialRefused, IssueVerdict::Refused);
        let throttled = IssueVerdict::Throttled { retry_after: Some(Duration::from_secs(7)) };
        let passing = IssueVerdict::Passing { retry_after: Some(Duration::from_secs(7)) };
        let cases = [
            (400, r#"{"error":"invalid_client","description":"client not found"}"#, refused),
            (401, r#"{"error":"invalid_client","description":"authentication failed"}"#, refused),
            (403, r#"{"error":"invalid_client"}"#, refused),
            (200, r#"{"error":"invalid_client"}"#, refused),
            (400, r#"{"error":"invalid_request","description":"rate limit exceeded; try later"}"#, throttled),
            (400, r#"{"error":"invalid_request","error_description":"Rate limit exceeded; x"}"#, throttled),
            (429, "", throttled),
            (429, r#"{"error":"invalid_client"}"#, throttled),
            (503, "<html>", throttled),
            (400, r#"{"error":"unsupported_grant_type"}"#, terminal),
            (400, r#"{"error":"invalid_grant"}"#, terminal),
            (404, "not here", terminal),
            (302, "", terminal),
            (401, "", terminal),
            (200, r#"{"access_token":"a","token_type":"mac"}"#, terminal),
            (500, "{}", passing),
            (500, r#"{"error":"server_error"}"#, passing),
            (200, "", passing),
            (200, "<html>", passing),
        ];
        for (status, body, verdict) in cases {
            assert_eq!(fault(status, body).verdict, verdict, "{status} {body}");
        }
    }

    #[test]
    fn an_unknown_client_is_explained_by_the_region_and_echoed_secrets_are_dropped() {
        let fault =
            fault(400, r#"{"error":"invalid_client","error_description":"client not found: canary"}"#);
        assert!(fault.hint.unwrap().contains("regions are islands"));
        assert!(!format!("{fault:?}").contains("canary"));
    }
}
