//! The moment of a word: a token was granted, so the secret is in use here.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::{Clock, Environment, Fault};
use hallpass_lifecycle::rotation::{Ack, WallTime};

use super::{Courier, Said};
use crate::assemble::App;

/// Passes every event on, and hands the courier a word whenever a token was granted. Never waits for it.
#[derive(Debug)]
pub(crate) struct Acknowledge {
    pub(crate) sink: Arc<dyn AuditSink>,
    /// Set once everything is wired, before the first token can be granted: the courier counts with the integrations, and they record here.
    pub(crate) courier: Arc<OnceLock<Arc<Courier>>>,
    pub(crate) consumer: String,
    pub(crate) environment: Environment,
    pub(crate) clock: Arc<dyn Clock>,
}

impl AuditSink for Acknowledge {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        // A token that could not be recorded is not used, so nobody vouches for it.
        self.sink.record(event)?;
        if event.kind() == AuditKind::TokenGranted {
            self.tell(event);
        }
        Ok(())
    }
}

impl App {
    /// Waits until what this process acknowledged has arrived: pauses are cut short, and what fails then is given up. False if something did not arrive within `limit`. A gateway does so
    /// by itself when it stops.
    pub async fn acknowledged(&self, limit: Duration) -> bool {
        match &self.courier {
            Some(courier) => courier.flush(limit).await,
            None => true,
        }
    }
}

impl Acknowledge {
    fn tell(&self, event: &AuditEvent) {
        let (Some(courier), Some(integration), Some(Ok(fingerprint))) =
            (self.courier.get(), event.integration(), event.fact_named("fingerprint").map(str::parse))
        else {
            return;
        };
        let (consumer, environment) = (self.consumer.clone(), self.environment.clone());
        let ack = Ack { consumer, fingerprint, environment, at: WallTime::at(self.clock.now().wall) };
        courier.tell(Said { integration: integration.to_owned(), ack });
    }
}
