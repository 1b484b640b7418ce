//! Profile `guide`: `https://api.nice-incontact.com/oauth2/token` with id and secret in the form, as older integration guides have it. The vendor
//! documents neither the address nor the grant.

use std::sync::Arc;

use hallpass_core::Fault;
use hallpass_outbound::Origin;

use super::login::CxoneLogin;
use crate::login::at_upstreams;
use crate::oauth2::ClientCredentials;
use crate::parts::{Connected, PlatformParts};
use crate::platform::{ScopeWatch, TokenPlatform};
use crate::profile::{Profile, Regions, Way};
use crate::settings::{ClientAuth, Key, PlatformSettings};
use crate::token_url::TokenUrl;
use crate::upstreams::fixed_upstreams;

pub(crate) static GUIDE: Profile = Profile {
    platform: "cxone",
    name: "guide",
    members: &["client_id", "client_secret"],
    regions: Regions::None,
    ways: &[
        Way { required: &[], optional: &[Key::ApiUrl] },
        Way { required: &[Key::TokenUrl, Key::ApiUrl], optional: &[] },
    ],
    extras: &[Key::Scope],
    discovers: &[],
    caution: Some(
        "the vendor documents another token request, an access key together with an application: use the profile `standard`",
    ),
    connect,
};

fn connect(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let origin: Origin = "https://api.nice-incontact.com".parse().expect("a fixed host is an origin");
    let token_url =
        settings.token_url.clone().unwrap_or_else(|| TokenUrl::at(origin.clone(), "/oauth2/token"));
    let upstreams = fixed_upstreams(settings, Some(origin))?;
    let platform = TokenPlatform {
        profile,
        endpoint: Box::new(token_url),
        messages: Box::new(messages(settings)),
        login: at_upstreams(settings, CxoneLogin::new(settings, None, Arc::clone(&parts.clock))),
        scope: ScopeWatch::over(settings.scope.clone()),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams })
}

/// The request of the guides, to the letter: `grant_type`, `client_id` and `client_secret` in this order and one header. A configured scope follows.
fn messages(settings: &PlatformSettings) -> ClientCredentials {
    let scope = settings.scope.as_ref().map(|scope| ("scope".to_owned(), scope.to_string()));
    ClientCredentials {
        auth: ClientAuth::Post,
        fields: scope.into_iter().collect(),
        asks_for_json: false,
        judge: |_| None,
        doubt: Some(
            "the vendor documents no token endpoint at `api.nice-incontact.com/oauth2/token`: use the profile \"standard\" or \"userhub\", or name `token_url` and `api_url`",
        ),
    }
}
