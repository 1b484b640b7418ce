//! Profile `userhub`: an access key alone, at the UserHub of a region.

use std::sync::Arc;

use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::Origin;

use super::login::CxoneLogin;
use super::messages::AccessKeyLogin;
use crate::login::at_upstreams;
use crate::parts::{Connected, PlatformParts};
use crate::platform::{ScopeWatch, TokenPlatform};
use crate::profile::{Profile, Regions, Way};
use crate::settings::{Key, PlatformSettings};
use crate::token_url::TokenUrl;
use crate::upstreams::upstreams;

pub(crate) static USERHUB: Profile = Profile {
    platform: "cxone",
    name: "userhub",
    members: &["access_key_id", "access_key_secret"],
    regions: Regions::Shaped { fits: is_region, examples: &["na1", "au1", "eu1"] },
    ways: &[
        Way { required: &[Key::Region], optional: &[Key::ApiUrl] },
        Way { required: &[Key::TokenUrl, Key::ApiUrl], optional: &[] },
    ],
    extras: &[Key::Tenant],
    discovers: &["userhub"],
    caution: None,
    connect,
};

fn connect(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let missing = || Fault::new(FaultCode::ConfigurationInvalid, "`region` is missing");
    let token_url = match (&settings.region, &settings.token_url) {
        (Some(region), _) => TokenUrl::at(at(region, "nice-incontact.com", "")?, TOKEN_PATH),
        (None, Some(url)) => url.clone(),
        (None, None) => return Err(missing()),
    };
    let hub = token_url.origin().clone();
    // The family without the hyphen is the newer one for APIs; `api_url` says otherwise where a tenant is on the older one.
    let api = settings.region.as_deref().map(|region| at(region, "niceincontact.com", "api-")).transpose()?;
    let api = api.or_else(|| settings.api_url.clone());
    let named = |name: &str| (name == "userhub").then(|| Arc::new(hub.clone()) as _);
    let upstreams = match api {
        Some(api) => upstreams(settings, || Arc::new(api), named)?,
        None if settings.upstreams.is_empty() => return Err(missing()),
        None => upstreams(settings, || Arc::new(hub.clone()), named)?,
    };
    let platform = TokenPlatform {
        profile,
        endpoint: Box::new(super::discovery::OfTenant::new(token_url, settings.tenant.clone())),
        messages: Box::new(AccessKeyLogin),
        login: at_upstreams(settings, CxoneLogin::new(settings, None, Arc::clone(&parts.clock))),
        scope: ScopeWatch::over(None),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams })
}

fn at(region: &str, domain: &str, before: &str) -> Result<Origin, Fault> {
    let origin = format!("https://{before}{region}.{domain}").parse();
    origin.map_err(|_| Fault::new(FaultCode::ConfigurationInvalid, "`region`: expected one such as `na1`"))
}

/// Two letters and a number, as all that occur in public code are.
fn is_region(text: &str) -> bool {
    let (letters, digits) = text.split_at_checked(2).unwrap_or(("", ""));
    letters.bytes().all(|byte| byte.is_ascii_lowercase())
        && (1..=2).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// UserHub's login of access keys.
const TOKEN_PATH: &str = "/authentication/v1/token/access-key";

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn a_region_is_two_letters_and_a_number() {
        for good in ["na1", "au1", "eu12"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "n1", "na", "NA1", "na1.evil.example", "na123", "é1", "us-east-1"] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
