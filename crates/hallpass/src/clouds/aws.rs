//! References to AWS.

use std::sync::Arc;

use hallpass_clouds::aws::{
    FunctionTarget, FunctionVariable, KmsEnv, Rotating, SecretsExtension, SecretsManager, Settings,
};
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

pub(super) fn function_variable(
    target: FunctionTarget,
    (region, endpoint): (Option<&str>, Option<&str>),
    around: &Surroundings,
) -> FunctionVariable {
    FunctionVariable::open(place(region, endpoint, around), target)
}

fn settings(reference: &Reference, around: &Surroundings) -> Settings {
    let options = &reference.options;
    place(options.region.as_deref(), options.endpoint.as_deref(), around)
}

fn place(region: Option<&str>, endpoint: Option<&str>, around: &Surroundings) -> Settings {
    Settings {
        region: region.map(Into::into),
        endpoint: endpoint.map(Into::into),
        extra_roots: around.extra_roots.as_deref().map(Into::into),
        ..Settings::new(Arc::clone(&around.variables))
    }
}
