//! Which platform it is and where: the one file that knows how the platforms are described.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use hallpass_core::{Fault, FaultCode};
use hallpass_platforms::PlatformSettings;

/// A platform as it was described, word for word: two descriptions that differ are two integrations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) platform: String,
    pub(super) profile: Option<String>,
    /// By the names that these keys have in a configuration file.
    pub(super) settings: BTreeMap<String, String>,
}

impl Place {
    /// As the platforms describe it.
    pub(super) fn settings(&self) -> Result<PlatformSettings, Fault> {
        if self.platform.is_empty() {
            return Err(
                invalid("there is no platform").with_hint("name one with `platform`, such as `genesys`")
            );
        }
        let mut settings = PlatformSettings {
            platform: self.platform.clone(),
            profile: self.profile.clone().unwrap_or_else(|| "standard".to_owned()),
            ..PlatformSettings::default()
        };
        for (key, value) in &self.settings {
            set(&mut settings, key, value)?;
        }
        Ok(settings)
    }
}

fn set(settings: &mut PlatformSettings, key: &str, value: &str) -> Result<(), Fault> {
    match key {
        "region" => settings.region = Some(value.to_owned()),
        "organization" => settings.organization = Some(parsed(key, value)?),
        "tenant" => settings.tenant = Some(parsed(key, value)?),
        "issuer" => settings.issuer = Some(parsed(key, value)?),
        "token_url" => settings.token_url = Some(parsed(key, value)?),
        "api_url" => settings.api_url = Some(parsed(key, value)?),
        "client_auth" => settings.client_auth = Some(parsed(key, value)?),
        "scope" => settings.scope = Some(parsed(key, value)?),
        "audience" => settings.audience = Some(parsed(key, value)?),
        "resource" => settings.resource = Some(parsed(key, value)?),
        _ => {
            let hint = "known are region, organization, tenant, issuer, token_url, api_url, client_auth, scope, audience and resource";
            return Err(invalid("there is a setting of the platform that does not exist").with_hint(hint));
        }
    }
    Ok(())
}

fn parsed<T>(key: &str, value: &str) -> Result<T, Fault>
where
    T: FromStr,
    T::Err: Display,
{
    value.parse().map_err(|fault| invalid(format!("`{key}`: {fault}")))
}

fn invalid(detail: impl Into<String>) -> Fault {
    Fault::new(FaultCode::ConfigurationInvalid, detail)
}
