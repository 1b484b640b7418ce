//! References to Google Cloud.

use std::sync::Arc;

use hallpass_clouds::gcp::{Limits, Place, SecretManager, Settings};
use hallpass_core::{Fault, FaultCode, Store};
use hallpass_stores::Reference;

use super::Surroundings;

pub(super) fn open(reference: &Reference, around: &Surroundings) -> Result<Arc<dyn Store>, Fault> {
    Ok(Arc::new(SecretManager::open(Settings {
        place: place(reference)?,
        endpoint: reference.options.endpoint.as_deref().map(str::to_owned),
        variables: Arc::clone(&around.variables),
        limits: Limits::default(),
    })))
}

/// The project of a reference, or its location.
pub(super) fn place(reference: &Reference) -> Result<Place, Fault> {
    Place::parse(reference.house.as_deref().unwrap_or_default()).map_err(|_| {
        Fault::new(FaultCode::ReferenceMalformed, "`gcp-sm:` with a project that no project is named like")
            .with_hint("write gcp-sm:projects/P/secrets/S, or gcp-sm:projects/P/locations/L/secrets/S")
    })
}
