//! Which platform it is and where: the one file that knows how the platforms are described.

use hallpass_core::{Fault, FaultCode};
use hallpass_platforms::{Connected, Place as PlatformPlace, PlatformParts};

/// A platform as it was described, word for word: two descriptions that differ are two integrations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) platform: String,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) token_url: Option<String>,
    pub(super) api_url: Option<String>,
}

impl Place {
    /// Connects. Nothing is sent yet.
    pub(super) fn connect(&self, parts: PlatformParts) -> Result<Connected, Fault> {
        if self.platform.is_empty() {
            return Err(missing("there is no platform", "name one with `platform`, such as `genesys`"));
        }
        let profile = self.profile.as_deref().unwrap_or("standard");
        hallpass_platforms::connect(&self.platform, profile, self.parse()?, parts)
    }

    fn parse(&self) -> Result<PlatformPlace, Fault> {
        match (&self.region, &self.token_url, &self.api_url) {
            (Some(region), None, None) => Ok(PlatformPlace::Region(region.clone())),
            (None, Some(token), Some(api)) => Ok(PlatformPlace::Urls {
                token: token.parse().map_err(|fault| wrong("token URL", &fault))?,
                api: api.parse().map_err(|fault| wrong("API URL", &fault))?,
            }),
            (None, None, None) => Err(missing("there is no place", "name it with `region` or `urls`")),
            _ => Err(missing("there is a region and there are URLs", "name one of them")),
        }
    }
}

fn wrong(what: &str, fault: &dyn std::error::Error) -> Fault {
    Fault::new(FaultCode::ConfigurationInvalid, format!("the {what}: {fault}"))
        .with_hint("https, or plain http to a loopback address")
}

fn missing(detail: &str, hint: &str) -> Fault {
    Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint)
}
