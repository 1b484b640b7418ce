//! Asking CXone for a token, and what its refusals mean. Pure: no I/O in here.

use hallpass_core::{Credential, IssueFault, IssueVerdict, Secret};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use serde::Serialize;

use crate::oauth2::{Judgement, Refusal, TokenForm, member};
use crate::platform::Messages;
use crate::settings::ClientAuth;
use crate::token_url::TokenUrl;

/// The password grant of a back-end application: user name and password are the halves of an access key, Basic is the application's client. The discovery
/// document offers `client_secret_basic` only, and its ids have nothing that encoding would change, so RFC 6749 2.3.1 is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct PasswordGrant;

impl Messages for PasswordGrant {
    fn request(&self, url: &TokenUrl, credential: &Credential) -> Result<Request<Secret>, IssueFault> {
        let fields = [
            ("username", member(credential, "access_key_id")),
            ("password", member(credential, "access_key_secret")),
        ];
        let form =
            TokenForm { auth: ClientAuth::Basic, grant: "password", fields: &fields, asks_for_json: true };
        form.request(url, credential)
    }

    /// Which of the two pairs is wrong is in the error; how a deactivated key is refused is documented nowhere, so it is taken for a wrong one.
    fn judge(&self, refusal: &Refusal<'_>) -> Option<Judgement> {
        let hint = match refusal.error()? {
            "invalid_client" => {
                "the application is refused: check `client_id` and `client_secret`, which are not the access key"
            }
            "invalid_grant" => KEY_REFUSED,
            _ => return None,
        };
        Some(Judgement { verdict: IssueVerdict::CredentialRefused, hint: Some(hint) })
    }

    fn doubt(&self) -> Option<&'static str> {
        Some(HYPHEN)
    }
}

/// The login of an access key at UserHub: JSON, no client.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccessKeyLogin;

impl Messages for AccessKeyLogin {
    fn request(&self, url: &TokenUrl, credential: &Credential) -> Result<Request<Secret>, IssueFault> {
        let text = |name| std::str::from_utf8(member(credential, name)).unwrap_or_default();
        let (id, secret) = (text("access_key_id"), text("access_key_secret"));
        // Six bytes are the most that JSON makes of one: `\u0000`.
        let mut body = Vec::with_capacity(64 + 6 * (id.len() + secret.len()));
        let written =
            serde_json::to_writer(&mut body, &AccessKey { access_key_id: id, access_key_secret: secret });
        written.map_err(|_| IssueFault {
            verdict: IssueVerdict::Refused,
            detail: "the credential cannot stand in JSON".into(),
            hint: None,
        })?;
        let mut request = Request::new(Secret::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.uri();
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json.clone());
        request.headers_mut().insert(ACCEPT, json);
        Ok(request)
    }

    /// The bodies of its refusals are documented nowhere; the status is all there is.
    fn judge(&self, refusal: &Refusal<'_>) -> Option<Judgement> {
        let refused = matches!(refusal.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        refused.then_some(Judgement {
            verdict: IssueVerdict::CredentialRefused,
            hint: Some(KEY_REFUSED_IN_REGION),
        })
    }

    fn doubt(&self) -> Option<&'static str> {
        Some(HYPHEN)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccessKey<'a> {
    access_key_id: &'a str,
    access_key_secret: &'a str,
}

const KEY_REFUSED: &str = "the access key is refused: its id and its secret look alike (52 characters and `====`), so check that they are not swapped; a key that was deactivated, or whose user was, is refused alike";
const KEY_REFUSED_IN_REGION: &str = "the access key is refused: a region does not know the keys of another, so check `region`; id and secret look alike (52 characters and `====`), so check that they are not swapped; a key that was deactivated, or whose user was, is refused alike";
/// Two families of hosts differ by one hyphen, and the wrong one answers 404.
pub(super) const HYPHEN: &str = "check the host: `cxone.niceincontact.com` and most `api-AREA.niceincontact.com` have no hyphen, UserHub at `AREA.nice-incontact.com` has one";

#[cfg(test)]
mod tests {
    use super::{AccessKeyLogin, PasswordGrant};
    use crate::oauth2::read_answer;
    use crate::platform::Messages;
    use bytes::Bytes;
    use hallpass_core::{Credential, IssueFault, IssueVerdict, Moment, Secret, Version};
    use http::Response;
    use serde_json::json;
    use std::time::Duration;

    const NOW: Moment = Moment { wall: Duration::from_secs(1_700_000_000), monotonic: Duration::ZERO };

    fn credential(key_id: &str, key_secret: &str) -> Credential {
        let members = json!({
            "client_id": "app@nice", "client_secret": "a+b", "access_key_id": key_id, "access_key_secret": key_secret,
        });
        Credential::parse(&Secret::from(members.to_string()), Version::new("1"), &[]).unwrap()
    }

    #[test]
    fn the_password_grant_sends_the_key_in_the_form_and_the_client_as_basic() {
        let url = "https://cxone.niceincontact.com/auth/token".parse().unwrap();
        let cases = [
            ("AAAA====", "BBBB====", "username=AAAA%3D%3D%3D%3D&password=BBBB%3D%3D%3D%3D"),
            ("a:b%", "c+d é", "username=a%3Ab%25&password=c%2Bd+%C3%A9"),
        ];
        for (id, secret, fields) in cases {
            let request = PasswordGrant.request(&url, &credential(id, secret)).unwrap();
            assert_eq!(
                (request.method().as_str(), request.uri().to_string()),
                ("POST", "https://cxone.niceincontact.com/auth/token".to_owned())
            );
            assert_eq!(request.body(), &Secret::from(format!("grant_type=password&{fields}")));
            // base64 of `app%40nice:a%2Bb`
            assert_eq!(request.headers()["authorization"], "Basic YXBwJTQwbmljZTphJTJCYg==");
            assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
        }
    }

    #[test]
    fn the_login_of_an_access_key_is_json_and_untouched() {
        let url = "https://na1.nice-incontact.com/authentication/v1/token/access-key".parse().unwrap();
        let request = AccessKeyLogin.request(&url, &credential("A====", "q\"ü%+:")).unwrap();
        assert_eq!(request.uri(), "https://na1.nice-incontact.com/authentication/v1/token/access-key");
        let expected = r#"{"accessKeyId":"A====","accessKeySecret":"q\"ü%+:"}"#;
        assert_eq!(request.body(), &Secret::from(expected));
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(request.headers()["content-type"], "application/json");
    }

    fn fault(messages: &dyn Messages, status: u16, body: &'static str) -> IssueFault {
        let answer = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
        read_answer(&answer, NOW, messages).unwrap_err()
    }

    #[test]
    fn refusals_of_the_password_grant() {
        let throttled = IssueVerdict::Throttled { retry_after: None };
        let (refused, terminal) = (IssueVerdict::CredentialRefused, IssueVerdict::Refused);
        let cases = [
            (
                401,
                r#"{"error":"invalid_client","error_description":"canary"}"#,
                refused,
                "not the access key",
            ),
            (400, r#"{"error":"invalid_client","errorDescription":"canary"}"#, refused, "not the access key"),
            (400, r#"{"error":"invalid_grant","errorDescription":"canary"}"#, refused, "swapped"),
            (401, r#"{"error":"invalid_grant"}"#, refused, "swapped"),
            (400, r#"{"error":"invalid_request"}"#, terminal, ""),
            (400, r#"{"error":"unsupported_grant_type"}"#, terminal, ""),
            (404, "<html>canary", terminal, "hyphen"),
            (429, r#"{"message":"canary","route":"/auth/token"}"#, throttled, ""),
            (500, "", IssueVerdict::Passing { retry_after: None }, ""),
        ];
        for (status, body, verdict, hint) in cases {
            let fault = fault(&PasswordGrant, status, body);
            assert_eq!(fault.verdict, verdict, "{status} {body}");
            assert!(fault.hint.unwrap_or_default().contains(hint), "{status} {body} {fault:?}");
            assert!(!format!("{fault:?}").contains("canary"));
        }
    }

    #[test]
    fn refusals_of_userhub() {
        let throttled = IssueVerdict::Throttled { retry_after: None };
        let cases = [
            (400, "", IssueVerdict::CredentialRefused, "swapped"),
            (
                401,
                r#"{"timestamp":1,"status":401,"error":"Unauthorized","message":"canary","path":"/x"}"#,
                IssueVerdict::CredentialRefused,
                "`region`",
            ),
            (403, "{}", IssueVerdict::Refused, ""),
            (404, "", IssueVerdict::Refused, "hyphen"),
            (429, r#"{"message":"canary","route":"/x"}"#, throttled, ""),
            (503, "", throttled, ""),
            (502, "", IssueVerdict::Passing { retry_after: None }, ""),
        ];
        for (status, body, verdict, hint) in cases {
            let fault = fault(&AccessKeyLogin, status, body);
            assert_eq!(fault.verdict, verdict, "{status} {body}");
            assert!(fault.hint.unwrap_or_default().contains(hint), "{status} {body} {fault:?}");
            assert!(!format!("{fault:?}").contains("canary"));
        }
    }
}
