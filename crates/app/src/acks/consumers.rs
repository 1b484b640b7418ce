//! What the rotation reads: who must say something, and what was said.

use std::collections::BTreeSet;
use std::sync::Arc;

use hallpass_core::{BoxFuture, Fault, Remedy};
use hallpass_lifecycle::rotation::{AckReport, Acks};

use super::AckPlace;

/// The consumers of one integration.
#[derive(Clone, Debug)]
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

/// What the engine reads: a place that does not answer right now is one where nobody has spoken, which keeps the old secret alive with the consumers named, and in the end calls a
/// person. A place that refuses, or one without registered consumers, whose strangers would go unheard, stays a fault.
#[derive(Debug)]
pub(crate) struct Unheard(pub(crate) Consumers);

impl Acks for Unheard {
    fn read(&self) -> BoxFuture<'_, Result<AckReport, Fault>> {
        Box::pin(async move {
            let Self(consumers) = self;
            match consumers.read().await {
                Err(fault) if fault.remedy() == Remedy::RetryLater && !consumers.registered.is_empty() => {
                    let integration = consumers.integration.as_str();
                    tracing::warn!(integration, hint = fault.hint(), %fault, "nobody knows what the consumers say");
                    Ok(AckReport { registered: consumers.registered.clone(), acks: Vec::new() })
                }
                read => read,
            }
        })
    }
}
