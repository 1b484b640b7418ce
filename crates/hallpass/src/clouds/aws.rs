//! References to AWS.

use std::sync::Arc;

use hallpass_clouds::aws::{KmsEnv, Rotating, SecretsExtension, SecretsManager, Settings};
use hallpass_core::Store;
use hallpass_stores::{Reference, Scheme};

use super::Surroundings;

pub(super) fn open(reference: &Reference, around: &Surroundings) -> Arc<dyn Store> {
    if reference.scheme == Scheme::AwsExtension {
        return Arc::new(SecretsExtension::open(Arc::clone(&around.variables)));
    }
    let settings = settings(reference, around);
    match reference.scheme {
        Scheme::AwsKmsEnv => Arc::new(KmsEnv::open(settings)),
        _ => Arc::new(SecretsManager::open(settings)),
    }
}

pub(super) fn rotating(reference: &Reference, token: &str, around: &Surroundings) -> Rotating {
    Rotating::open(settings(reference, around), reference.entry.clone(), token)
}

fn settings(reference: &Reference, around: &Surroundings) -> Settings {
    Settings {
        region: reference.options.region.clone(),
        endpoint: reference.options.endpoint.clone(),
        extra_roots: around.extra_roots.as_deref().map(Into::into),
        ..Settings::new(Arc::clone(&around.variables))
    }
}
