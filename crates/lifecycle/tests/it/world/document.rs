//! The document where it rests apart from the secret: one value, replaced in one step.

use std::sync::Arc;

use hallpass_core::{BoxFuture, CompareAndSet, DocumentStore, Fault, Secret, StoredSecret, Version};

use super::Sim;
use super::store::{DOCUMENT, number};

/// The document of a [`Sim`] whose store cannot compare.
#[derive(Clone, Debug)]
pub(crate) struct SimDocument(pub(crate) Sim);

impl SimDocument {
    /// The document, where it rests apart.
    pub(crate) fn of(sim: &Sim) -> Option<Arc<dyn DocumentStore>> {
        let shape = sim.lock().platform.shape;
        (shape.compare_and_set() == CompareAndSet::ByDocument).then(|| Arc::new(Self(sim.clone())) as _)
    }
}

impl DocumentStore for SimDocument {
    fn read(&self) -> BoxFuture<'_, Result<Option<StoredSecret>, Fault>> {
        Box::pin(async move {
            let held = self.0.repeatable(|world| world.shelf.entries.get(DOCUMENT)?.current.clone()).await;
            let stored = |(version, value): (u64, Vec<u8>)| StoredSecret {
                value: Secret::new(value),
                version: Version::new(&version.to_string()),
            };
            Ok(held.map(stored))
        })
    }

    fn replace<'a>(
        &'a self,
        value: Secret,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(async move {
            // Never done twice: the second of two is a conflict, and whoever is told so reads again.
            let replaced = self.0.operation(|world| {
                world.shelf.replace(DOCUMENT, value.expose().to_vec(), expected.map(number))
            });
            let replaced = replaced.await.map_err(|code| Fault::new(code, "the document"))?;
            Ok(Version::new(&replaced.to_string()))
        })
    }
}
