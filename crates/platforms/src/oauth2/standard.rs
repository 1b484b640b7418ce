//! The platform `oauth2`: any server with a token endpoint that knows the client-credentials grant.

use std::sync::Arc;

use hallpass_core::Fault;

use super::client_credentials::ClientCredentials;
use super::metadata::PublishedEndpoint;
use crate::login::{ClientCredentialsLogin, Refused, at_upstreams};
use crate::parts::{Connected, PlatformParts};
use crate::platform::{Endpoint, ScopeWatch, TokenPlatform};
use crate::profile::{Profile, Regions, Way};
use crate::settings::{ClientAuth, Key, PlatformSettings};
use crate::upstreams::fixed_upstreams;

/// RFC 6749 as it is written; what servers want besides is configuration.
pub(crate) static STANDARD: Profile = Profile {
    platform: "oauth2",
    name: "standard",
    members: &["client_id", "client_secret"],
    regions: Regions::None,
    ways: &[
        Way { required: &[Key::TokenUrl, Key::ApiUrl], optional: &[] },
        Way { required: &[Key::Issuer, Key::ApiUrl], optional: &[] },
    ],
    extras: &[Key::ClientAuth, Key::Scope, Key::Audience, Key::Resource, Key::Parameters],
    discovers: &[],
    caution: None,
    connect,
};

fn connect(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let endpoint: Box<dyn Endpoint> = match (&settings.token_url, &settings.issuer) {
        (None, Some(issuer)) => Box::new(PublishedEndpoint::of(issuer.clone(), parts.clone())),
        (Some(url), _) => Box::new(url.clone()),
        (None, None) => {
            return Err(Fault::new(hallpass_core::FaultCode::ConfigurationInvalid, "`token_url` is missing"));
        }
    };
    let messages = ClientCredentials {
        auth: settings.client_auth.unwrap_or(ClientAuth::Basic),
        fields: fields(settings),
        asks_for_json: true,
        judge: |_| None,
        doubt: Some("check `token_url` or `issuer`"),
    };
    let login = ClientCredentialsLogin {
        paths: &["/oauth/token", "/oauth2/token"],
        token_type: "Bearer",
        scope: settings.scope.as_ref().map(ToString::to_string),
        refused: Refused::answer,
    };
    let platform = TokenPlatform {
        profile,
        endpoint,
        messages: Box::new(messages),
        login: at_upstreams(settings, login),
        scope: ScopeWatch::over(settings.scope.clone()),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams: fixed_upstreams(settings, None)? })
}

/// Scope (RFC 6749 4.4.2), audience (as several vendors have it), resource (RFC 8707), then what else is configured.
fn fields(settings: &PlatformSettings) -> Vec<(String, String)> {
    let named = [
        ("scope", settings.scope.as_ref().map(ToString::to_string)),
        ("audience", settings.audience.as_ref().map(ToString::to_string)),
        ("resource", settings.resource.as_ref().map(ToString::to_string)),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let more = settings.parameters.iter().map(|(name, value)| (name.to_string(), value.clone()));
    named.chain(more).collect()
}
