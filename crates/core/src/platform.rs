//! What the token core and the gateway need to know about a platform.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;

use crate::credential::Credential;
use crate::login::LocalLogin;
use crate::runtime::BoxFuture;
use crate::secret::Secret;

/// One platform in one profile, ready to ask for tokens at one token endpoint.
pub trait Platform: Send + Sync + fmt::Debug {
    /// Its name in configuration, such as `genesys`.
    fn name(&self) -> &'static str;

    /// The members a stored credential must have.
    fn required_members(&self) -> &'static [&'static str];

    /// Sends exactly one token request with `credential`.
    ///
    /// Dropping the future may leave a token granted at the platform that nobody holds; it expires there by itself. Calling twice
    /// yields two tokens and harms nothing.
    fn issue<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Grant, IssueFault>>;

    /// What a 401 of the platform's API says about the token that was sent. `body` is what arrived of it, possibly nothing.
    fn judge_rejection(&self, headers: &HeaderMap, body: &[u8]) -> RejectionVerdict;

    /// The messages of its local login.
    fn local_login(&self) -> &dyn LocalLogin;

    /// What somebody should know about the tokens it grants, for the status page; nothing secret.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A granted token, as the platform's answer states it.
#[derive(Debug)]
pub struct Grant {
    /// The access token.
    pub access_token: Secret,
    /// `expires_in` where it could be read: see [`crate::token::read_lifetime`]. `None` counts as short-lived.
    pub lifetime: Option<Duration>,
    /// The scopes granted, where the platform says.
    pub scope: Option<String>,
}

/// A token request that yielded no token.
#[derive(Clone, Debug)]
pub struct IssueFault {
    /// What it means.
    pub verdict: IssueVerdict,
    /// What happened, lower case, without anything secret: the platform's own words only where they are known to be harmless.
    pub detail: String,
    /// Better advice than the verdict's own, where the platform allows some.
    pub hint: Option<&'static str>,
}

/// What a refused or failed token request means, read from the answer's body rather than its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueVerdict {
    /// The client id or secret is wrong, as far as the platform can tell.
    CredentialRefused,
    /// Too many token requests; come back after this time, if one was given.
    Throttled {
        /// `Retry-After`, already read against the server's own date.
        retry_after: Option<Duration>,
    },
    /// The request itself is refused and would be refused again: wrong grant, wrong endpoint.
    Refused,
    /// A passing failure: timeout, reset, 5xx, an answer without a usable token.
    Passing {
        /// `Retry-After`, where one was given.
        retry_after: Option<Duration>,
    },
}

/// What a 401 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionVerdict {
    /// The token sent is not valid (any more): retire it and ask for another.
    TokenRejected,
    /// It is about something else, such as another authentication scheme: a new token would not help.
    NotAboutTheToken,
}
