//! References to Azure.

use std::sync::Arc;

use hallpass_clouds::azure::{AppConfiguration, ConfigurationDocument, KeyVault, Lifetimes, Settings};
use hallpass_core::{DocumentStore, Fault, Store};
use hallpass_stores::{Reference, Scheme};

use super::Surroundings;

pub(super) fn document(
    reference: &Reference,
    around: &Surroundings,
) -> Result<Arc<dyn DocumentStore>, Fault> {
    let label = reference.options.label.as_deref();
    let document = ConfigurationDocument::open(&settings(reference, around), label, reference.entry.clone())?;
    Ok(Arc::new(document))
}

pub(super) fn open(reference: &Reference, around: &Surroundings) -> Result<Arc<dyn Store>, Fault> {
    let settings = settings(reference, around);
    match reference.scheme {
        Scheme::AzureAppconfig => {
            Ok(Arc::new(AppConfiguration::open(&settings, reference.options.label.as_deref())?))
        }
        _ => Ok(Arc::new(KeyVault::open(&settings)?)),
    }
}

fn settings(reference: &Reference, around: &Surroundings) -> Settings {
    let origin = reference.house.as_deref().unwrap_or_default();
    let theirs = |(other, period): &(Reference, _)| {
        let same = other.scheme == Scheme::AzureKv && other.house == reference.house;
        same.then(|| (other.entry.to_string(), *period))
    };
    Settings {
        lifetimes: Lifetimes::new(around.periods.iter().filter_map(theirs)),
        extra_roots: around.extra_roots.clone(),
        ..Settings::new(origin, Arc::clone(&around.variables), Arc::clone(&around.clock))
    }
}
