//! The local login: how an unmodified vendor SDK logs in to the sidecar as if it were the platform.
//!
//! A platform knows the *form* of its own logins; whether the pass is right is the sidecar's decision. So this trait reads and
//! writes messages and decides nothing.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};

use crate::names::IntegrationName;
use crate::secret::Secret;

/// A request below `/INTEGRATION` that may be a login.
#[derive(Debug)]
pub struct LoginRequest<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its path below the integration, such as `/oauth/token`, without query.
    pub path: &'a str,
    /// Its headers, as received.
    pub headers: &'a HeaderMap,
    /// Its body, whole.
    pub body: &'a [u8],
    /// The integration at whose paths it arrived.
    pub integration: &'a IntegrationName,
    /// Where that integration is reached at the sidecar, such as `http://127.0.0.1:7780/queue-sync`: what documents that name endpoints must say.
    pub base_url: &'a str,
}

/// What a login claims: checked by the sidecar in constant time.
#[derive(Debug)]
pub struct LoginAttempt {
    /// The client id shown; must be the integration's name. `None` where the form has none, such as a refresh.
    pub client_id: Option<String>,
    /// The client secret shown; must be the pass.
    pub client_secret: Secret,
}

/// What a platform makes of a request.
#[derive(Debug)]
pub enum LoginReading {
    /// A login with these claims.
    Attempt(LoginAttempt),
    /// No login, but answered in the platform's own way: a malformed request by an error, a discovery document by itself. Nothing of it is secret.
    Answer(LoginAnswer),
}

/// An answer in the platform's own form.
pub type LoginAnswer = Response<Bytes>;

/// The login messages of one platform.
pub trait LocalLogin: Send + Sync + fmt::Debug {
    /// Whether `path` (below the integration) is one of the platform's token paths. Such a path is never forwarded.
    fn is_login_path(&self, path: &str) -> bool;

    /// Reads a request to one of those paths.
    fn read(&self, request: &LoginRequest<'_>) -> LoginReading;

    /// The platform's success, with the pass as access token.
    fn granted(&self, request: &LoginRequest<'_>, pass: &Secret, lifetime: Duration) -> LoginAnswer;

    /// The platform's refusal of unknown ids and wrong secrets. One answer for both: it must not tell which was wrong.
    fn refused(&self, request: &LoginRequest<'_>) -> LoginAnswer;
}
