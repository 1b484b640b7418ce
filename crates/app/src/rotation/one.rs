//! One integration's rotation, as commands and schedules carry it on.

use std::sync::Arc;

use hallpass_core::audit::AuditSink;
use hallpass_core::{Clock, Fault};
use hallpass_lifecycle::rotation::{
    Acks, Engine, HeldBack, Journal, Order, Plan, PlannedStep, Recorded, Status, Stop, Strategy, WallTime,
    outline, read_journal, status,
};

use super::lookout::Watch;

/// The rotation of one integration's secret.
#[derive(Debug)]
pub struct Rotation {
    pub(super) engine: Engine,
    pub(super) plan: Plan,
    pub(super) integration: String,
    pub(super) reference: String,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) acks: Arc<dyn Acks>,
    pub(super) watch: Watch,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) audit: Arc<dyn AuditSink>,
}

/// What would be done, before anything is.
#[derive(Clone, Debug)]
pub struct Planned {
    /// How.
    pub strategy: Strategy,
    /// The sixteen steps.
    pub steps: Vec<PlannedStep>,
    /// Where the secret is written.
    pub reference: String,
    /// How long consumers may go on with the old secret, term by term.
    pub overlap: String,
}

impl Rotation {
    /// The integration's name.
    #[must_use]
    pub fn integration(&self) -> &str {
        &self.integration
    }

    /// Carries out `order` as far as it goes now. Dropping the future is what a crash is: the next run goes on.
    pub async fn run(&self, order: Order) -> Stop {
        self.engine.run(order).await
    }

    /// What would be done. Store and platform are read, and nothing is changed.
    ///
    /// # Errors
    /// `rotation-refused` with the reason, where it would not begin; what store and platform say.
    pub async fn planned(&self) -> Result<Planned, Fault> {
        self.engine.check()?;
        let seen = self.engine.observe().await?;
        let (capabilities, slots) = (&self.plan.capabilities, seen.slots.len());
        let accepted = self.plan.accept_downtime_risk;
        let strategy = Strategy::choose(self.plan.wanted, capabilities, slots, accepted)?;
        Ok(Planned {
            strategy,
            steps: outline(&self.plan, strategy),
            reference: self.reference.clone(),
            overlap: self.plan.overlap.to_string(),
        })
    }

    /// Where it stands: versions, fingerprints, ages, step, next action, and the command to type.
    ///
    /// # Errors
    /// What store and platform say.
    pub async fn status(&self) -> Result<Status, Fault> {
        let seen = self.engine.observe().await?;
        // Without a word from the consumers the status is the poorer by their findings, and no less true.
        let acks = self.acks.read().await;
        let unheard = acks.as_ref().err().map(|fault| format!("{}: {}", fault.code().name(), fault.detail()));
        let told = status(&seen, acks.as_ref().ok(), self.now(), &self.plan);
        Ok(Status { unheard, ..told })
    }

    /// Everything that was done on this machine, oldest first.
    ///
    /// # Errors
    /// `journal-unreadable` with the reason.
    pub async fn history(&self) -> Result<Recorded, Fault> {
        let bytes = self.journal.read().await?;
        read_journal(&bytes, &self.plan.entries.secret).map_err(Fault::from)
    }

    /// Stops every change at the platform until [`Rotation::release`], by every machine. Setting it twice keeps the first reason.
    ///
    /// # Errors
    /// What the store says; `rotation-refused` where it cannot hold the flag.
    pub async fn hold(&self, reason: &str) -> Result<HeldBack, Fault> {
        self.engine.hold(reason).await
    }

    /// Takes the hold away. Nothing starts by that.
    ///
    /// # Errors
    /// As [`Rotation::hold`].
    pub async fn release(&self) -> Result<(), Fault> {
        self.engine.release().await
    }

    /// Now, by the wall clock, as the engine's times are told.
    #[must_use]
    pub fn now(&self) -> WallTime {
        WallTime::at(self.clock.now().wall)
    }
}
