//! Every platform and profile there is, and how to connect to one.

use std::fmt;
use std::sync::Arc;

use hallpass_core::{Clock, Fault, FaultCode, Platform, Sleep};
use hallpass_outbound::{Origin, Transport};

use crate::genesys;
use crate::token_url::TokenUrl;

/// Where an integration's platform is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A region by its key, such as `us-east-1`.
    Region(String),
    /// Explicit addresses: an emulator, a private gateway.
    Urls {
        /// The token endpoint.
        token: TokenUrl,
        /// The API.
        api: Origin,
    },
}

/// What a platform needs to do its one kind of I/O.
#[derive(Clone, Debug)]
pub struct PlatformParts {
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// For the limit on a token request.
    pub sleep: Arc<dyn Sleep>,
    /// For reading `Retry-After` dates.
    pub clock: Arc<dyn Clock>,
}

/// A platform, and the only origin its API calls go to.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The platform.
    pub platform: Arc<dyn Platform>,
    /// Its API.
    pub api: Origin,
}

/// Connects to `platform` in `profile` at `place`. Nothing is sent yet.
///
/// # Errors
/// `configuration-invalid` when there is no such platform, profile or region; the detail names the known ones.
pub fn connect(
    platform: &str,
    profile: &str,
    place: Place,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let entry = REGISTRY.iter().find(|entry| entry.platform == platform && entry.profile == profile);
    let entry = entry.ok_or_else(|| unknown("platform and profile", &known_profiles()))?;
    (entry.connect)(place, parts)
}

/// The profiles of `platform` in this build; empty when the platform is not known.
pub fn profiles(platform: &str) -> impl Iterator<Item = &'static str> + '_ {
    REGISTRY.iter().filter(move |entry| entry.platform == platform).map(|entry| entry.profile)
}

/// The regions of `platform`, by key.
#[must_use]
pub fn regions(platform: &str) -> Vec<&'static str> {
    REGISTRY.iter().find(|entry| entry.platform == platform).map_or_else(Vec::new, |entry| (entry.regions)())
}

struct Entry {
    platform: &'static str,
    profile: &'static str,
    regions: fn() -> Vec<&'static str>,
    connect: fn(Place, PlatformParts) -> Result<Connected, Fault>,
}

/// One line for each platform and profile.
const REGISTRY: &[Entry] = &[Entry {
    platform: "genesys",
    profile: "standard",
    regions: genesys::region_keys,
    connect: genesys::connect,
}];

pub(crate) fn unknown(what: &str, known: &[impl fmt::Display]) -> Fault {
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    Fault::new(FaultCode::ConfigurationInvalid, format!("unknown {what}; known: {}", known.join(", ")))
}

fn known_profiles() -> Vec<String> {
    REGISTRY.iter().map(|entry| format!("{} {}", entry.platform, entry.profile)).collect()
}
