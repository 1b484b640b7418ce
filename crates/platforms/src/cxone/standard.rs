//! Profile `standard`: what NICE recommends for back-end applications. An application's client and an access key together get a token at the global
//! host; the token's tenant decides where the API is.

use std::sync::Arc;

use hallpass_core::Fault;
use hallpass_outbound::Upstreams;

use super::discovery::Discovery;
use super::findings::Findings;
use super::login::CxoneLogin;
use super::messages::PasswordGrant;
use crate::login::at_upstreams;
use crate::parts::{Connected, PlatformParts};
use crate::platform::{ScopeWatch, TokenPlatform};
use crate::profile::{Profile, Regions, Way};
use crate::settings::{Issuer, Key, PlatformSettings, UpstreamPlace};
use crate::upstreams::upstreams;

pub(crate) static STANDARD: Profile = Profile {
    platform: "cxone",
    name: "standard",
    members: &["client_id", "client_secret", "access_key_id", "access_key_secret"],
    regions: Regions::None,
    ways: &[Way { required: &[], optional: &[Key::Issuer, Key::Tenant, Key::ApiUrl] }],
    extras: &[],
    discovers: &["api", "userhub"],
    caution: None,
    connect,
};

fn connect(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let issuer = settings.issuer.clone();
    let issuer: Issuer = issuer.unwrap_or_else(|| GLOBAL_HOST.parse().expect("a fixed host is an issuer"));
    let findings = Arc::new(Findings::default());
    let learned = |name: &str| match name {
        "api" => Some(Arc::new(findings.api.clone()) as Arc<dyn Upstreams>),
        "userhub" => Some(Arc::new(findings.userhub.clone()) as _),
        _ => None,
    };
    let upstreams = upstreams(settings, || Arc::new(findings.api.clone()), learned)?;
    let discovery = Discovery {
        issuer,
        tenant: settings.tenant.clone(),
        asks_for_places: asks_for_places(settings),
        findings: Arc::clone(&findings),
        parts: parts.clone(),
    };
    let platform = TokenPlatform {
        profile,
        endpoint: Box::new(discovery),
        messages: Box::new(PasswordGrant),
        login: at_upstreams(settings, CxoneLogin::new(settings, Some(findings), Arc::clone(&parts.clock))),
        scope: ScopeWatch::over(None),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams })
}

/// Whether some upstream is where the platform says.
fn asks_for_places(settings: &PlatformSettings) -> bool {
    let discovered = settings.upstreams.values().any(|place| *place == UpstreamPlace::Discovered);
    settings.api_url.is_none() && (settings.upstreams.is_empty() || discovered)
}

/// The identity host of all commercial regions. The government's is `cxone-gov.niceincontact.com`.
const GLOBAL_HOST: &str = "https://cxone.niceincontact.com";
