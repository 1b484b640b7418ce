//! Genesys Cloud: profile `standard`, what the vendor's own SDKs do, and profile `guide`, the literal form of older integration guides.

pub(crate) mod admin;
mod messages;
mod region;

use std::sync::Arc;

use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::Origin;

use crate::login::{ClientCredentialsLogin, at_upstreams};
use crate::parts::{Connected, PlatformParts};
use crate::platform::{ScopeWatch, TokenPlatform};
use crate::profile::{Profile, Regions, Way};
use crate::settings::{Key, PlatformSettings};
use crate::token_url::TokenUrl;
use crate::upstreams::fixed_upstreams;

/// The regions of the vendor's SDKs, a Basic header, and a body without anything but the grant.
pub(crate) static STANDARD: Profile = Profile {
    platform: "genesys",
    name: "standard",
    members: &["client_id", "client_secret"],
    regions: Regions::Listed(region::keys),
    ways: &[
        Way { required: &[Key::Region], optional: &[] },
        Way { required: &[Key::TokenUrl, Key::ApiUrl], optional: &[] },
    ],
    extras: &[],
    discovers: &[],
    caution: None,
    connect: connect_standard,
};

/// `https://ORGANIZATION.mygenesys.com/api/v2/oauth/token` with id and secret in the form. The vendor documents neither; guides do.
pub(crate) static GUIDE: Profile = Profile {
    platform: "genesys",
    name: "guide",
    members: &["client_id", "client_secret"],
    regions: Regions::None,
    ways: &[
        Way { required: &[Key::Organization], optional: &[Key::ApiUrl] },
        Way { required: &[Key::TokenUrl, Key::ApiUrl], optional: &[] },
    ],
    extras: &[Key::Scope],
    discovers: &[],
    caution: Some(
        "the vendor documents another token request, at the region's login host with a Basic header: use the profile `standard`",
    ),
    connect: connect_guide,
};

fn connect_standard(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let (token_url, api) = match (&settings.region, &settings.token_url) {
        (Some(key), _) => {
            let region = region::find(key)?;
            (TokenUrl::at(region.login, TOKEN_PATH), Some(region.api))
        }
        (None, Some(url)) => (url.clone(), None),
        (None, None) => return Err(Fault::new(FaultCode::ConfigurationInvalid, "`region` is missing")),
    };
    let login = login(None);
    let messages = messages::standard();
    let upstreams = fixed_upstreams(settings, api)?;
    let platform = TokenPlatform {
        profile,
        endpoint: Box::new(token_url),
        messages: Box::new(messages),
        login: at_upstreams(settings, login),
        scope: ScopeWatch::over(None),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams })
}

fn connect_guide(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let (token_url, api) = match (&settings.organization, &settings.token_url) {
        (Some(name), _) => {
            let origin = format!("https://{name}.mygenesys.com").parse::<Origin>();
            let origin =
                origin.map_err(|fault| Fault::new(FaultCode::ConfigurationInvalid, fault.to_string()))?;
            (TokenUrl::at(origin.clone(), GUIDE_TOKEN_PATH), Some(origin))
        }
        (None, Some(url)) => (url.clone(), None),
        (None, None) => return Err(Fault::new(FaultCode::ConfigurationInvalid, "`organization` is missing")),
    };
    let upstreams = fixed_upstreams(settings, api)?;
    let platform = TokenPlatform {
        profile,
        endpoint: Box::new(token_url),
        messages: Box::new(messages::guide(settings.scope.as_ref())),
        login: at_upstreams(
            settings,
            login(Some(settings.scope.as_ref().map_or(String::new(), ToString::to_string))),
        ),
        scope: ScopeWatch::over(settings.scope.clone()),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams })
}

/// Both profiles answer at both paths: a program written after a guide then works in front of the real platform, and the other way round.
fn login(scope: Option<String>) -> ClientCredentialsLogin {
    ClientCredentialsLogin {
        paths: &[TOKEN_PATH, GUIDE_TOKEN_PATH],
        token_type: "bearer",
        scope,
        refused: messages::refused,
    }
}

/// On the login host of a region.
const TOKEN_PATH: &str = "/oauth/token";
/// On the organisation's host. The vendor's `/api/v2/oauth/` is the administration of clients and has no such member.
const GUIDE_TOKEN_PATH: &str = "/api/v2/oauth/token";

#[cfg(test)]
mod tests {
    use super::{GUIDE_TOKEN_PATH, TOKEN_PATH, login};
    use hallpass_core::{IntegrationName, LocalLogin as _, LoginReading, LoginRequest, Secret};
    use http::{HeaderMap, Method};
    use std::time::Duration;

    #[test]
    fn programs_of_sdks_and_of_guides_log_in_at_both_paths() {
        let integration: IntegrationName = "queue-sync".parse().unwrap();
        for (path, scope) in [(TOKEN_PATH, None), (GUIDE_TOKEN_PATH, Some("a:b".to_owned()))] {
            let login = login(scope);
            assert!(login.is_login_path(path) && !login.is_login_path("/api/v2/oauth/clients"));
            let request = LoginRequest {
                method: &Method::POST,
                path,
                headers: &HeaderMap::new(),
                body: b"grant_type=client_credentials&client_id=queue-sync&client_secret=pass",
                integration: &integration,
                base_url: "http://127.0.0.1:1/queue-sync",
            };
            assert!(matches!(login.read(&request), LoginReading::Attempt(_)));
            let granted = login.granted(&request, &Secret::from("pass"), Duration::from_secs(60));
            let expected: &[u8] = match path {
                TOKEN_PATH => br#"{"access_token":"pass","token_type":"bearer","expires_in":60}"#,
                _ => br#"{"access_token":"pass","token_type":"bearer","expires_in":60,"scope":"a:b"}"#,
            };
            assert_eq!(&granted.body()[..], expected);
            let refused = login.refused(&request);
            assert_eq!(refused.status(), 401);
            assert!(refused.body().starts_with(br#"{"error":"invalid_client","description":""#));
        }
    }
}
