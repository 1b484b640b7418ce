//! The login of programs that use the client-credentials grant: client id = integration, client secret = pass.

use std::time::Duration;

use hallpass_core::{LocalLogin, LoginAnswer, LoginAttempt, LoginReading, LoginRequest, Secret};
use http::{Method, StatusCode};
use serde::Serialize;

use super::messages::{Fields, answer, client, text};

/// `POST` to one of `paths`, with Basic credentials or with `client_id` and `client_secret` in the form.
#[derive(Debug)]
pub(crate) struct ClientCredentialsLogin {
    /// The platform's token paths.
    pub(crate) paths: &'static [&'static str],
    /// How the platform spells the type of its tokens.
    pub(crate) token_type: &'static str,
    /// The scope that is said to be granted, where the platform says one.
    pub(crate) scope: Option<String>,
    /// How the platform says no.
    pub(crate) refused: fn(StatusCode, &'static str, &'static str) -> LoginAnswer,
}

impl LocalLogin for ClientCredentialsLogin {
    fn is_login_path(&self, path: &str) -> bool {
        self.paths.contains(&path)
    }

    fn read(&self, request: &LoginRequest<'_>) -> LoginReading {
        match read(request) {
            Ok(attempt) => LoginReading::Attempt(attempt),
            Err((status, error, description)) => {
                LoginReading::Answer((self.refused)(status, error, description))
            }
        }
    }

    fn granted(&self, _request: &LoginRequest<'_>, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        let granted = Granted {
            access_token: text(pass),
            token_type: self.token_type,
            expires_in: lifetime.as_secs(),
            scope: self.scope.as_deref(),
        };
        answer(StatusCode::OK, &granted)
    }

    fn refused(&self, _request: &LoginRequest<'_>) -> LoginAnswer {
        (self.refused)(StatusCode::UNAUTHORIZED, "invalid_client", "authentication failed")
    }
}

/// The error document of RFC 6749 5.2.
#[derive(Serialize)]
pub(crate) struct Refused {
    error: &'static str,
    error_description: &'static str,
}

impl Refused {
    /// An answer with this document.
    pub(crate) fn answer(
        status: StatusCode,
        error: &'static str,
        error_description: &'static str,
    ) -> LoginAnswer {
        answer(status, &Self { error, error_description })
    }
}

#[derive(Serialize)]
struct Granted<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

type Malformed = (StatusCode, &'static str, &'static str);

fn read(request: &LoginRequest<'_>) -> Result<LoginAttempt, Malformed> {
    if *request.method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "method not allowed"));
    }
    let bad = |error, description| (StatusCode::BAD_REQUEST, error, description);
    let fields = Fields::of(request).ok_or(bad("invalid_request", "a field occurs twice"))?;
    match fields.text("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(bad("unsupported_grant_type", "unsupported grant type")),
        None => return Err(bad("invalid_request", "grant type missing")),
    }
    client(request.headers, &fields).ok_or(bad("invalid_client", "client credentials missing"))
}

#[cfg(test)]
mod tests {
    use super::{ClientCredentialsLogin, Refused};
    use hallpass_core::{IntegrationName, LocalLogin as _, LoginReading, LoginRequest, Secret};
    use http::{HeaderMap, Method};
    use std::time::Duration;

    const LOGIN: ClientCredentialsLogin = ClientCredentialsLogin {
        paths: &["/oauth/token"],
        token_type: "Bearer",
        scope: None,
        refused: Refused::answer,
    };

    fn read(method: &Method, authorization: &[&str], body: &str) -> LoginReading {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append("authorization", value.parse().unwrap());
        }
        let integration: IntegrationName = "queue-sync".parse().unwrap();
        LOGIN.read(&LoginRequest {
            method,
            path: "/oauth/token",
            headers: &headers,
            body: body.as_bytes(),
            integration: &integration,
            base_url: "http://127.0.0.1:1/queue-sync",
        })
    }

    #[test]
    fn a_login_is_read_from_the_header_and_from_the_form() {
        // base64 of `queue-sync:a:b`
        let cases: [(&[&str], &str); 2] = [
            (&["Basic cXVldWUtc3luYzphOmI="], "grant_type=client_credentials"),
            (&[], "grant_type=client_credentials&client_id=queue-sync&client_secret=a%3Ab"),
        ];
        for (authorization, body) in cases {
            let reading = read(&Method::POST, authorization, body);
            let LoginReading::Attempt(attempt) = reading else { panic!("{reading:?}") };
            assert_eq!(attempt.client_id.as_deref(), Some("queue-sync"));
            assert_eq!(attempt.client_secret, Secret::from("a:b"));
        }
    }

    #[test]
    fn everything_else_is_answered_in_the_platforms_own_form() {
        let grant = "grant_type=client_credentials";
        let form = "grant_type=client_credentials&client_id=queue-sync&client_secret=p";
        let good = "Basic cXVldWUtc3luYzphOmI=";
        let cases: [(&Method, &[&str], &str, u16); 10] = [
            (&Method::GET, &[good], grant, 405),
            (&Method::POST, &[good], "", 400),
            (&Method::POST, &[good], "grant_type=password", 400),
            (&Method::POST, &[good], "grant_type=client_credentials&grant_type=client_credentials", 400),
            (&Method::POST, &[good], form, 400),
            (&Method::POST, &[], grant, 400),
            (&Method::POST, &[], "grant_type=client_credentials&client_secret=p", 400),
            (&Method::POST, &[good, good], grant, 400),
            (&Method::POST, &["Bearer x"], grant, 400),
            (&Method::POST, &["Basic ???"], grant, 400),
        ];
        for (method, authorization, body, status) in cases {
            let LoginReading::Answer(answer) = read(method, authorization, body) else {
                panic!("{authorization:?} {body}")
            };
            assert_eq!(answer.status(), status, "{authorization:?} {body}");
            assert!(answer.body().starts_with(b"{\"error\":"));
        }
    }

    #[test]
    fn the_grant_has_the_members_of_the_platforms_own() {
        let (integration, headers) = ("queue-sync".parse().unwrap(), HeaderMap::new());
        let request = LoginRequest {
            method: &Method::POST,
            path: "/oauth/token",
            headers: &headers,
            body: b"",
            integration: &integration,
            base_url: "http://127.0.0.1:1/queue-sync",
        };
        let granted = |scope: Option<&str>| {
            let login = ClientCredentialsLogin { scope: scope.map(str::to_owned), ..LOGIN };
            let answer = login.granted(&request, &Secret::from("pass"), Duration::from_secs(86_400));
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        assert_eq!(granted(None), r#"{"access_token":"pass","token_type":"Bearer","expires_in":86400}"#);
        assert_eq!(
            granted(Some("a b")),
            r#"{"access_token":"pass","token_type":"Bearer","expires_in":86400,"scope":"a b"}"#
        );
    }
}
