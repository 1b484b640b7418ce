//! Every platform and profile there is, and how to connect to one.

use hallpass_core::Fault;

use crate::parts::{Connected, PlatformParts, unknown};
use crate::profile::Profile;
use crate::settings::PlatformSettings;
use crate::{cxone, genesys, oauth2};

/// Every platform and profile. The next one is a folder of its own and a line in here.
pub const REGISTRY: &[&Profile] = &[
    &genesys::STANDARD,
    &genesys::GUIDE,
    &cxone::STANDARD,
    &cxone::USERHUB,
    &cxone::GUIDE,
    &oauth2::STANDARD,
];

/// Connects as `settings` say. Nothing is sent yet.
///
/// # Errors
/// `configuration-invalid` when there is no such platform or profile, or the profile does not take what is given; the detail names what it takes.
pub fn connect(settings: &PlatformSettings, parts: PlatformParts) -> Result<Connected, Fault> {
    let profile = profile(&settings.platform, &settings.profile);
    let profile = profile.ok_or_else(|| {
        let known: Vec<_> = REGISTRY.iter().map(|each| format!("{} {}", each.platform, each.name)).collect();
        unknown("platform and profile", &known)
    })?;
    profile.check(settings)?;
    (profile.connect)(profile, settings, parts)
}

/// The profile `name` of `platform`, if this build has it.
#[must_use]
pub fn profile(platform: &str, name: &str) -> Option<&'static Profile> {
    REGISTRY.iter().find(|profile| profile.platform == platform && profile.name == name).copied()
}

/// The profiles of `platform`; none when the platform is not known.
pub fn profiles(platform: &str) -> impl Iterator<Item = &'static str> + '_ {
    REGISTRY.iter().filter(move |profile| profile.platform == platform).map(|profile| profile.name)
}

/// The names of all platforms, each once, in the order of the registry.
#[must_use]
pub fn platform_names() -> Vec<&'static str> {
    once_each(REGISTRY.iter().map(|profile| profile.platform))
}

/// The names of all profiles of whatever platform, each once, in the order of the registry.
#[must_use]
pub fn profile_names() -> Vec<&'static str> {
    once_each(REGISTRY.iter().map(|profile| profile.name))
}

fn once_each(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{REGISTRY, connect, platform_names, profile, profile_names};
    use crate::parts::PlatformParts;
    use crate::settings::{Key, PlatformSettings};
    use hallpass_core::FaultCode;
    use hallpass_core::test_support::ManualTime;
    use hallpass_outbound::test_support::ScriptedTransport;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn parts() -> PlatformParts {
        let time = ManualTime::default();
        PlatformParts {
            integration: "a".parse().unwrap(),
            transport: Arc::new(ScriptedTransport::new([])),
            sleep: Arc::new(time.clone()),
            clock: Arc::new(time),
        }
    }

    /// Settings with exactly the keys of `way`, each with a good value.
    fn settings(platform: &str, name: &str, keys: &[Key]) -> PlatformSettings {
        let has = |key| keys.contains(&key);
        let region =
            profile(platform, name).unwrap().region_names().first().map(|region| (*region).to_owned());
        PlatformSettings {
            platform: platform.into(),
            profile: name.into(),
            region: region.filter(|_| has(Key::Region)),
            organization: has(Key::Organization).then(|| "acme".parse().unwrap()),
            tenant: has(Key::Tenant).then(|| "a-1".parse().unwrap()),
            issuer: has(Key::Issuer).then(|| "https://idp.example".parse().unwrap()),
            token_url: has(Key::TokenUrl).then(|| "https://idp.example/token".parse().unwrap()),
            api_url: has(Key::ApiUrl).then(|| "https://api.example".parse().unwrap()),
            scope: has(Key::Scope).then(|| "a".parse().unwrap()),
            ..PlatformSettings::default()
        }
    }

    #[test]
    fn every_profile_connects_in_every_way_it_promises_and_in_no_other() {
        for profile in REGISTRY {
            for way in profile.ways {
                let all: Vec<_> = way.required.iter().chain(way.optional).copied().collect();
                for keys in [way.required, &all] {
                    let connected = connect(&settings(profile.platform, profile.name, keys), parts());
                    let connected = connected.unwrap_or_else(|fault| panic!("{profile:?} {keys:?}: {fault}"));
                    assert_eq!(connected.platform.name(), profile.platform);
                    assert_eq!(connected.platform.required_members(), profile.members);
                    assert_eq!(connected.upstreams.listing().len(), 1);
                }
                for missing in way.required {
                    let keys: Vec<_> = way.required.iter().copied().filter(|key| key != missing).collect();
                    let judged = connect(&settings(profile.platform, profile.name, &keys), parts());
                    let other = profile.ways.iter().any(|other| {
                        other.required.iter().all(|key| keys.contains(key))
                            && keys
                                .iter()
                                .all(|key| other.required.contains(key) || other.optional.contains(key))
                    });
                    assert_eq!(judged.is_ok(), other, "{profile:?} without {missing:?}");
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_what_is_unknown_is_answered_with_what_is_known() {
        let names: BTreeSet<_> = REGISTRY.iter().map(|profile| (profile.platform, profile.name)).collect();
        assert_eq!(names.len(), REGISTRY.len());
        assert_eq!(platform_names(), ["genesys", "cxone", "oauth2"]);
        assert_eq!(profile_names(), ["standard", "guide", "userhub"]);
        let unknown = PlatformSettings { platform: "canary".into(), ..PlatformSettings::default() };
        let fault = connect(&unknown, parts()).unwrap_err();
        assert_eq!(fault.code(), FaultCode::ConfigurationInvalid);
        assert!(fault.detail().contains("`cxone userhub`") && !fault.detail().contains("canary"));
        let foreign = settings("cxone", "standard", &[Key::Scope]);
        let fault = connect(&foreign, parts()).unwrap_err();
        assert!(fault.detail().contains("`scope`") && fault.hint().contains("takes `tenant`"), "{fault}");
    }
}
