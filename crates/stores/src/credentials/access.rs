//! What one access to a secret is: checked, and on record.

use hallpass_core::audit::{AuditEvent, AuditSink};
use hallpass_core::sync::Arc;
use hallpass_core::{
    Credential, Environment, Fault, FaultCode, IntegrationName, Moment, Stage, StoredSecret,
};

use super::places::Place;
use crate::recorded::read_of;

/// Whose secret is read, what it must be like, and who keeps the record.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) integration: IntegrationName,
    pub(super) environment: Environment,
    pub(super) required: &'static [&'static str],
    pub(super) audit: Arc<dyn AuditSink>,
}

impl Access {
    /// Checks and records what reading `stage` of `place` came to. The outer fault is the audit's: what cannot be recorded is not used,
    /// wherever it came from.
    pub(super) fn conclude(
        &self,
        place: &Place,
        stage: Stage,
        outcome: Result<StoredSecret, Fault>,
        now: Moment,
    ) -> Result<Result<Credential, Fault>, Fault> {
        let (version, checked) = match outcome {
            Ok(stored) => (Some(stored.version.clone()), self.checked(&stored)),
            Err(fault) => (None, Err(fault)),
        };
        let event = match &checked {
            // Nothing was read, and a storm that the budget holds off from the store must not go into the record instead.
            Err(fault) if fault.code() == FaultCode::StoreBudgetSpent => return Ok(checked),
            Err(fault) => self.event(place, stage, now).fact("fault", fault.code().name()),
            Ok(credential) => {
                self.event(place, stage, now).fact("fingerprint", credential.fingerprint().to_string())
            }
        };
        self.audit.record(&match version {
            Some(version) => event.fact("version", version.as_str()),
            None => event,
        })?;
        Ok(checked)
    }

    /// Records that `place` was asked and its answer not waited for: the store may have given it all the same.
    pub(super) fn given_up(&self, place: &Place, now: Moment) -> Result<(), Fault> {
        self.audit
            .record(&self.event(place, Stage::Current, now).fact("given-up", "another place was quicker"))
    }

    fn checked(&self, stored: &StoredSecret) -> Result<Credential, Fault> {
        let credential = Credential::parse(&stored.value, stored.version.clone(), self.required)?;
        credential.belongs_to(&self.environment)?;
        Ok(credential)
    }

    fn event(&self, place: &Place, stage: Stage, now: Moment) -> AuditEvent {
        read_of(place.whereabouts(), stage, now).about(&self.integration)
    }
}
