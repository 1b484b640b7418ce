//! Whoever reads a secret for something else than a token does it on record.

use std::sync::Arc;

use hallpass_core::{EntryName, Store};
use hallpass_stores::{Reading, RecordedStore};

use crate::assemble::{App, Integration, Parts};

impl App {
    /// `store` for `by`, such as `rotation`: every answer about `entry` is recorded, of the integration if there is one.
    pub(crate) fn on_record(
        &self,
        store: Arc<dyn Store>,
        entry: &EntryName,
        integration: Option<&Integration>,
        by: &'static str,
    ) -> Arc<dyn Store> {
        let integration = integration.map(|one| one.client.name().clone());
        on_record(store, Reading { entry: entry.clone(), integration, by }, &self.parts)
    }
}

/// The same before there is an [`App`].
pub(crate) fn on_record(store: Arc<dyn Store>, reading: Reading, parts: &Parts) -> Arc<dyn Store> {
    Arc::new(RecordedStore::new(store, reading, Arc::clone(&parts.audit), Arc::clone(&parts.clock)))
}
