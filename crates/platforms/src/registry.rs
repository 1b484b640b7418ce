//! Every platform and profile there is, and how to connect to one.

use hallpass_core::Fault;

use crate::genesys;
use crate::place::{Connected, Place, PlatformParts, unknown};

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

fn known_profiles() -> Vec<String> {
    REGISTRY.iter().map(|entry| format!("{} {}", entry.platform, entry.profile)).collect()
}
