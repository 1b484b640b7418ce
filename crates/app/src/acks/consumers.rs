//! What the rotation reads: who must say something, and what was said.

use std::collections::BTreeSet;
use std::sync::Arc;

use hallpass_core::{BoxFuture, Fault};
use hallpass_lifecycle::rotation::{AckReport, Acks};

use super::AckPlace;

/// The consumers of one integration.
#[derive(Debug)]
pub(crate) struct Consumers {
    pub(crate) place: Arc<dyn AckPlace>,
    pub(crate) integration: String,
    pub(crate) registered: BTreeSet<String>,
}

impl Acks for Consumers {
    fn read(&self) -> BoxFuture<'_, Result<AckReport, Fault>> {
        Box::pin(async move {
            let acks = self.place.read(&self.integration, &self.registered).await?;
            Ok(AckReport { registered: self.registered.clone(), acks })
        })
    }
}
