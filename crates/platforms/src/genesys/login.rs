//! The login of Genesys Cloud, as the sidecar answers it for the vendor's SDKs.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hallpass_core::{LocalLogin, LoginAnswer, LoginAttempt, LoginReading, LoginRequest, Secret};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde::Serialize;

/// `POST /oauth/token` with Basic credentials and the client-credentials grant.
#[derive(Clone, Copy, Debug)]
pub(super) struct GenesysLogin;

impl LocalLogin for GenesysLogin {
    fn is_login_path(&self, path: &str) -> bool {
        path == super::TOKEN_PATH
    }

    fn read(&self, request: &LoginRequest<'_>) -> LoginReading {
        if *request.method != Method::POST {
            return malformed(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "method not allowed");
        }
        match grant_type(request.body) {
            Some("client_credentials") => {}
            Some(_) => {
                return malformed(
                    StatusCode::BAD_REQUEST,
                    "unsupported_grant_type",
                    "unsupported grant type",
                );
            }
            None => return malformed(StatusCode::BAD_REQUEST, "invalid_request", "grant type missing"),
        }
        match basic(request.headers) {
            Some(attempt) => LoginReading::Attempt(attempt),
            None => malformed(StatusCode::BAD_REQUEST, "invalid_client", "client credentials missing"),
        }
    }

    fn granted(&self, _request: &LoginRequest<'_>, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        let access_token = pass.expose_str().unwrap_or_default();
        answer(
            StatusCode::OK,
            &Granted { access_token, token_type: "bearer", expires_in: lifetime.as_secs() },
        )
    }

    fn refused(&self, _request: &LoginRequest<'_>) -> LoginAnswer {
        refusal(StatusCode::UNAUTHORIZED, "invalid_client", "authentication failed")
    }
}

#[derive(Serialize)]
struct Granted<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: u64,
}

/// The platform's error document says the description twice, under two names.
#[derive(Serialize)]
struct Refused<'a> {
    error: &'a str,
    description: &'a str,
    error_description: &'a str,
}

fn grant_type(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&').find_map(|pair| pair.strip_prefix("grant_type="))
}

fn basic(headers: &HeaderMap) -> Option<LoginAttempt> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Secret::new(STANDARD.decode(encoded.trim()).ok()?);
    let colon = pair.expose().iter().position(|byte| *byte == b':')?;
    let (id, secret) = pair.expose().split_at(colon);
    let client_id = std::str::from_utf8(id).ok()?.to_owned();
    Some(LoginAttempt { client_id: Some(client_id), client_secret: Secret::new(secret[1..].to_vec()) })
}

fn malformed(status: StatusCode, error: &str, description: &str) -> LoginReading {
    LoginReading::Answer(refusal(status, error, description))
}

fn refusal(status: StatusCode, error: &str, description: &str) -> LoginAnswer {
    answer(status, &Refused { error, description, error_description: description })
}

fn answer(status: StatusCode, body: &impl Serialize) -> LoginAnswer {
    let body = serde_json::to_vec(body).expect("strings and numbers always serialise");
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::GenesysLogin;
    use hallpass_core::{IntegrationName, LocalLogin as _, LoginReading, LoginRequest, Secret};
    use http::{HeaderMap, Method};
    use std::time::Duration;

    fn request<'a>(
        integration: &'a IntegrationName,
        method: &'a Method,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> LoginRequest<'a> {
        LoginRequest {
            method,
            path: "/oauth/token",
            headers,
            body,
            integration,
            base_url: "http://127.0.0.1:1/queue-sync",
        }
    }

    fn read(method: &Method, authorization: &[&str], body: &[u8]) -> LoginReading {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append("authorization", value.parse().unwrap());
        }
        let integration = "queue-sync".parse().unwrap();
        GenesysLogin.read(&request(&integration, method, &headers, body))
    }

    #[test]
    fn the_login_of_the_vendor_sdks_is_read() {
        // base64 of `queue-sync:a:b`
        let reading = read(&Method::POST, &["Basic cXVldWUtc3luYzphOmI="], b"grant_type=client_credentials");
        let LoginReading::Attempt(attempt) = reading else { panic!("{reading:?}") };
        assert_eq!(attempt.client_id.as_deref(), Some("queue-sync"));
        assert_eq!(attempt.client_secret, Secret::from("a:b"));
    }

    #[test]
    fn everything_else_is_answered_in_the_platforms_own_form() {
        let grant: &[u8] = b"grant_type=client_credentials";
        let good = "Basic cXVldWUtc3luYzphOmI=";
        let cases: [(&Method, &[&str], &[u8], u16); 6] = [
            (&Method::GET, &[good], grant, 405),
            (&Method::POST, &[good], b"", 400),
            (&Method::POST, &[good], b"grant_type=password", 400),
            (&Method::POST, &[], grant, 400),
            (&Method::POST, &[good, good], grant, 400),
            (&Method::POST, &["Bearer x"], grant, 400),
        ];
        for (method, authorization, body, status) in cases {
            let LoginReading::Answer(answer) = read(method, authorization, body) else {
                panic!("{authorization:?}")
            };
            assert_eq!(answer.status(), status);
            assert!(answer.body().starts_with(b"{\"error\":"));
        }
    }

    #[test]
    fn the_grant_has_the_members_of_the_platforms_own() {
        let (integration, headers) = ("queue-sync".parse().unwrap(), HeaderMap::new());
        let request = request(&integration, &Method::POST, &headers, b"");
        let answer = GenesysLogin.granted(&request, &Secret::from("pass"), Duration::from_secs(86_400));
        assert_eq!(
            &answer.body()[..],
            br#"{"access_token":"pass","token_type":"bearer","expires_in":86400}"#
        );
    }
}
