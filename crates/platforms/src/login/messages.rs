//! Reading logins and writing answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hallpass_core::{LoginAnswer, LoginAttempt, LoginRequest, Secret};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::form;

/// The fields of a received form.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(Secret, Secret)>);

impl Fields {
    /// Those of `request`, or `None` when they cannot be told for certain.
    pub(crate) fn of(request: &LoginRequest<'_>) -> Option<Self> {
        form::read(request.body).map(Self)
    }

    /// The value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| known.expose() == name.as_bytes()).map(|(_, value)| value)
    }

    /// The value of `name` as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.expose_str()
    }
}

/// Who logs in as a client: by `Basic`, or by the fields `client_id` and `client_secret`. `None` for neither, and for both at once, which RFC 6749 2.3
/// forbids.
pub(crate) fn client(headers: &HeaderMap, fields: &Fields) -> Option<LoginAttempt> {
    match (headers.contains_key(AUTHORIZATION), fields.get("client_secret")) {
        (true, None) => basic(headers),
        (false, Some(secret)) => attempt(fields.text("client_id")?, secret.clone()),
        _ => None,
    }
}

/// A login as `id` with `secret`.
pub(crate) fn attempt(id: &str, secret: Secret) -> Option<LoginAttempt> {
    Some(LoginAttempt { client_id: Some(id.to_owned()), client_secret: secret })
}

/// `Basic id:secret`. Names of integrations and passes have no character that form-encoding changes, so both readings of RFC 6749 2.3.1 are one here.
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
    attempt(std::str::from_utf8(id).ok()?, Secret::new(secret[1..].to_vec()))
}

/// The pass as text: it is made of letters, digits, `-` and `_`.
pub(crate) fn text(pass: &Secret) -> &str {
    pass.expose_str().unwrap_or_default()
}

/// A JSON answer that nobody keeps (RFC 6749 5.1).
pub(crate) fn answer(status: StatusCode, body: &impl Serialize) -> LoginAnswer {
    let body = serde_json::to_vec(body).expect("strings and numbers always serialise");
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
