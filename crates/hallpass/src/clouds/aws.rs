//! References to AWS.

use std::sync::Arc;

use hallpass_clouds::aws::{KmsEnv, SecretsExtension, SecretsManager, Settings};
use hallpass_core::Store;
use hallpass_stores::{Reference, Scheme};

use super::Surroundings;

pub(super) fn open(reference: &Reference, around: &Surroundings) -> Arc<dyn Store> {
    let variables = Arc::clone(&around.variables);
    if reference.scheme == Scheme::AwsExtension {
        return Arc::new(SecretsExtension::open(variables));
    }
    let settings = Settings {
        region: reference.options.region.clone(),
        endpoint: reference.options.endpoint.clone(),
        extra_roots: around.extra_roots.as_deref().map(Into::into),
        ..Settings::new(variables)
    };
    match reference.scheme {
        Scheme::AwsKmsEnv => Arc::new(KmsEnv::open(settings)),
        _ => Arc::new(SecretsManager::open(settings)),
    }
}
