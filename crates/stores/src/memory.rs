//! A store in memory: for tests, for `quickstart`, and the plainest reading of what a store is.

use hallpass_core::sync::{Arc, Mutex, lock};
use hallpass_core::{
    BoxFuture, Clock, CompareAndSet, EntryInfo, EntryName, Fault, Secret, Stage, Store, StoreTraits,
    StoredSecret, Version,
};

use crate::shelf::Shelf;

/// Keeps everything in this process and loses it with the process.
#[derive(Debug)]
pub struct MemoryStore {
    shelf: Mutex<Shelf>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store that takes the times of its versions from `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { shelf: Mutex::default(), clock }
    }
}

impl Store for MemoryStore {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "memory", writable: true, compare_and_set: CompareAndSet::Own }
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move { lock(&self.shelf).read(entry, stage) })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async move { Ok(lock(&self.shelf).list()) })
    }

    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        Box::pin(async move { Ok(Some(lock(&self.shelf).names())) })
    }

    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(async move {
            let written = self.clock.now().wall;
            let mint = |count: u64| Version::new(&count.to_string());
            Ok(lock(&self.shelf).put_pending(entry, value, written, mint))
        })
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { lock(&self.shelf).promote(entry, pending, expected).map(drop) })
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { lock(&self.shelf).discard(entry, version).map(drop) })
    }
}
