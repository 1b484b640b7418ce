//! References to Azure.

use std::sync::Arc;

use hallpass_clouds::azure::{AppConfiguration, KeyVault, Lifetimes, Settings};
use hallpass_core::{Fault, Store};
use hallpass_stores::{Reference, Scheme};

use super::Surroundings;

pub(super) fn open(reference: &Reference, around: &Surroundings) -> Result<Arc<dyn Store>, Fault> {
    let origin = reference.house.as_deref().unwrap_or_default();
    let theirs = |(other, period): &(Reference, _)| {
        let same = other.scheme == Scheme::AzureKv && other.house == reference.house;
        same.then(|| (other.entry.to_string(), *period))
    };
    let settings = Settings {
        lifetimes: Lifetimes::new(around.periods.iter().filter_map(theirs)),
        extra_roots: around.extra_roots.clone(),
        ..Settings::new(origin, Arc::clone(&around.variables), Arc::clone(&around.clock))
    };
    match reference.scheme {
        Scheme::AzureAppconfig => {
            Ok(Arc::new(AppConfiguration::open(&settings, reference.options.label.as_deref())?))
        }
        _ => Ok(Arc::new(KeyVault::open(&settings)?)),
    }
}
