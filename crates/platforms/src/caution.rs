//! Whether a profile's caution concerns an integration: it does where a secret would really go to the vendor in a form that the vendor does not document.

use std::net::IpAddr;

use hallpass_outbound::{AddressGuard, Origin};

use crate::registry::profile;
use crate::settings::PlatformSettings;

/// What speaks against the profile of `settings` where it asks for tokens. `None` when nothing does, or when that is a private place: an emulator, or a
/// stand-in that really answers to this form.
#[must_use]
pub fn caution(settings: &PlatformSettings) -> Option<&'static str> {
    let private = settings.token_url.as_ref().is_some_and(|url| is_private(url.origin()));
    profile(&settings.platform, &settings.profile)?.caution.filter(|_| !private)
}

/// Whether the host is a loopback or private address, or a name that no public server can have. Nothing is resolved.
fn is_private(origin: &Origin) -> bool {
    let host = origin.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return AddressGuard::default().judge(address).is_err();
    }
    let end = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    PRIVATE_ENDS.contains(&end)
}

/// Reserved by RFC 6761 and 6762, and `internal` by ICANN.
const PRIVATE_ENDS: [&str; 4] = ["localhost", "local", "test", "internal"];

#[cfg(test)]
mod tests {
    use super::caution;
    use crate::registry::REGISTRY;
    use crate::settings::PlatformSettings;

    fn of(platform: &str, profile: &str, token_url: &str) -> Option<&'static str> {
        let token_url = (!token_url.is_empty()).then(|| token_url.parse().unwrap());
        let (platform, profile) = (platform.to_owned(), profile.to_owned());
        caution(&PlatformSettings { platform, profile, token_url, ..PlatformSettings::default() })
    }

    #[test]
    fn a_guides_form_is_cautioned_against_wherever_it_could_meet_the_vendor() {
        for platform in ["genesys", "cxone"] {
            for public in ["", "https://api.nice-incontact.com/oauth2/token", "https://203.0.113.7/t"] {
                assert!(of(platform, "guide", public).unwrap().contains("`standard`"), "{platform} {public}");
            }
            for private in [
                "http://127.0.0.1:9/t",
                "http://[::1]:9/t",
                "https://10.1.2.3/t",
                "https://localhost:8443/t",
                "https://Login.Corp.INTERNAL/t",
                "https://idp.local./t",
            ] {
                assert_eq!(of(platform, "guide", private), None, "{private}");
            }
        }
    }

    #[test]
    fn whoever_follows_the_vendor_hears_nothing() {
        for profile in REGISTRY.iter().filter(|profile| profile.name != "guide") {
            assert_eq!(of(profile.platform, profile.name, ""), None, "{profile:?}");
        }
        assert_eq!(of("unheard-of", "guide", ""), None);
    }
}
