//! Functions that get the secret by their environment: a copy, encrypted for each, beside the store.

use std::sync::Arc;

use hallpass::clouds::{Clouds, FunctionTarget, FunctionVariable};
use hallpass_core::{BoxFuture, Fault, FaultCode, Sleep, Stage, Store};
use hallpass_lifecycle::rotation::{Publish, Published};

use crate::config::PublishConfig;

impl PublishConfig {
    /// What it names.
    pub(crate) fn target(&self) -> FunctionTarget {
        FunctionTarget {
            function: self.function.as_str().into(),
            variable: self.variable.as_str().into(),
            key: self.key.as_str().into(),
            alias: self.alias.as_deref().map(Into::into),
        }
    }
}

/// One variable of one function, filled from the store.
#[derive(Debug)]
pub(super) struct Function {
    variable: FunctionVariable,
    store: Arc<dyn Store>,
    sleep: Arc<dyn Sleep>,
}

impl Function {
    pub(super) fn new(
        clouds: &Clouds,
        config: &PublishConfig,
        store: &Arc<dyn Store>,
        sleep: &Arc<dyn Sleep>,
    ) -> Self {
        let (region, endpoint) = (config.region.as_deref(), config.endpoint.as_deref());
        let variable = clouds.function_variable(config.target(), region, endpoint);
        Self { variable, store: Arc::clone(store), sleep: Arc::clone(sleep) }
    }
}

impl Publish for Function {
    fn publish<'a>(&'a self, published: &'a Published) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let stored = self.store.read(&published.entry, Stage::Current).await?;
            if stored.version != published.version {
                // The engine looks again and decides anew: what was promoted is current no more.
                let detail = format!("`{}`: its current version is another by now", published.entry);
                return Err(Fault::new(FaultCode::VersionConflict, detail));
            }
            let what = format!("{} {}", published.fingerprint, published.version.as_str());
            self.variable.publish(&stored.value, &what, &*self.sleep).await
        })
    }
}
