//! Genesys Cloud, profile `standard`: what the vendor's own SDKs do.

mod login;
mod region;
mod token;

use std::time::Duration;

use std::sync::Arc;

use hallpass_core::{
    BoxFuture, Credential, Fault, Grant, IssueFault, IssueVerdict, LocalLogin, Platform, RejectionVerdict,
};
use hallpass_outbound::{Bounds, exchange, full};
use http::HeaderMap;

use crate::oauth2::judge_challenge;
use crate::place::{Connected, Place, PlatformParts};
use crate::token_url::TokenUrl;

pub(crate) use region::keys as region_keys;

/// Connects the profile `standard` at `place`.
pub(crate) fn connect(place: Place, parts: PlatformParts) -> Result<Connected, Fault> {
    let (token_url, api) = match place {
        Place::Region(key) => {
            let region = region::find(&key)?;
            (TokenUrl::at(region.login, TOKEN_PATH), region.api)
        }
        Place::Urls { token, api } => (token, api),
    };
    Ok(Connected { platform: Arc::new(Genesys { token_url, parts }), upstreams: Arc::new(api) })
}

#[derive(Debug)]
struct Genesys {
    token_url: TokenUrl,
    parts: PlatformParts,
}

impl Platform for Genesys {
    fn name(&self) -> &'static str {
        "genesys"
    }

    fn required_members(&self) -> &'static [&'static str] {
        &["client_id", "client_secret"]
    }

    fn issue<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Grant, IssueFault>> {
        Box::pin(async move {
            let request = token::request(&self.token_url, credential)?.map(full);
            let answer = exchange(&*self.parts.transport, &*self.parts.sleep, request, TOKEN_BOUNDS).await;
            let answer = answer.map_err(|fault| IssueFault {
                verdict: IssueVerdict::Passing { retry_after: None },
                detail: format!("the token endpoint: {fault}"),
                hint: None,
            })?;
            token::read(&answer, self.parts.clock.now())
        })
    }

    /// Genesys Cloud sends no challenge and says `bad.credentials` for expired, revoked and mistyped tokens alike, so a 401 without a challenge is
    /// about the token.
    fn judge_rejection(&self, headers: &HeaderMap, _body: &[u8]) -> RejectionVerdict {
        judge_challenge(headers)
    }

    fn local_login(&self) -> &dyn LocalLogin {
        &login::GenesysLogin
    }
}

const TOKEN_PATH: &str = "/oauth/token";

/// A token answer is a few hundred bytes and comes within a second; the bounds keep a hanging or endless one from holding the flight.
const TOKEN_BOUNDS: Bounds = Bounds { within: Duration::from_secs(10), bytes: 64 * 1024 };
