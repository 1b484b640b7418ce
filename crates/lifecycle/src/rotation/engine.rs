//! The shell: does what was decided, and says what came of it.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::audit::AuditSink;
use hallpass_core::sync::Arc;
use hallpass_core::{
    Clock, DocumentStore, EntryName, Fault, FaultCode, Randomness, Remedy, SecretAdmin, Sleep, Stage, Store,
    Version,
};

use super::decide::next;
use super::document::Document;
use super::effect::{Change, Effect, Next, Stop, Trouble};
use super::event::{Begun, Event, Failure, Order};
use super::hands::{Acks, Progress, Publish, Verify};
use super::journal::Journal;
use super::perform::{Hand, Performer};
use super::plan::Plan;
use super::recorder::Recorder;
use super::seen::{Held, Seen};
use super::state::{State, apply};
use super::time::WallTime;

/// How many effects may follow each other without any time passing. A rotation has about fifty; more means that decision and effect disagree,
/// and then a loop would burn a platform's quota.
const WITHOUT_PAUSE: u32 = 400;

/// Rotates one integration's secret.
///
/// Dropping the future of [`Engine::run`] anywhere is what a crash is: the next run goes on from what is there.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) parts: Parts,
    pub(super) plan: Plan,
}

/// What the engine works with.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where the secret rests, and beside it the document: the primary, never a replica.
    pub store: Arc<dyn Store>,
    /// Where the document rests instead, for a store that cannot compare ([`hallpass_core::CompareAndSet::ByDocument`]).
    pub document: Option<Arc<dyn DocumentStore>>,
    /// The slots of the integration.
    pub admin: Arc<dyn SecretAdmin>,
    /// Tries secrets.
    pub verify: Arc<dyn Verify>,
    /// Tells consumers.
    pub publish: Arc<dyn Publish>,
    /// What consumers say.
    pub acks: Arc<dyn Acks>,
    /// The record for people.
    pub journal: Arc<dyn Journal>,
    /// What an auditor reads.
    pub audit: Arc<dyn AuditSink>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
    /// Names of processes and rotations.
    pub randomness: Arc<dyn Randomness>,
    /// This machine, as an operator would recognise it in `lease-held`.
    pub machine: String,
}

impl Engine {
    /// An engine for `plan`. Does nothing yet.
    #[must_use]
    pub fn new(parts: Parts, plan: Plan) -> Self {
        Self { parts, plan }
    }

    /// Carries out `order` as far as it goes now, and says why it ended there.
    pub async fn run(&self, order: Order) -> Stop {
        let (traits, apart) = (self.parts.store.traits(), self.parts.document.is_some());
        let checked = match order {
            // Windows that do not fit matter to those who wait for them.
            Order::Revoke => self.plan.check_store(traits, apart),
            _ => self.plan.check(traits, apart),
        };
        if let Err(fault) = checked {
            return Stop::Refused(Trouble::of(&fault));
        }
        let mut recorder = Recorder::new(&self.parts, &self.plan.entries.secret);
        recorder.open().await;
        let begun =
            Begun { holder: format!("{}/{}", self.parts.machine, self.draw(4)), order, id: self.draw(8) };
        let (mut state, mut hand, mut restless) = (State::default(), None, 0);
        let mut event = Event::Begun(begun);
        loop {
            recorder.record(&event).await;
            state = match apply(&state, &event) {
                Ok(state) => state,
                Err(refusal) => return self.bug(&format!("an event does not fit: {refusal:?}")),
            };
            let next = next(&state, self.now(), &self.plan);
            restless = if matches!(next.effect, Effect::Wait(_)) { 0 } else { restless + 1 };
            match next.effect {
                Effect::Stop(stop) => return stop,
                _ if restless > WITHOUT_PAUSE => return self.bug("it makes no progress"),
                _ => event = self.step(&state, &next, &mut hand).await,
            }
        }
    }

    /// Whether the plan can be carried out with this store, and with the document where it is.
    ///
    /// # Errors
    /// `rotation-refused` with the reason.
    pub fn check(&self) -> Result<(), Fault> {
        self.plan.check(self.parts.store.traits(), self.parts.document.is_some())
    }

    /// What store and platform say now. Changes nothing.
    ///
    /// # Errors
    /// What they say when they cannot be read, and a document that cannot be understood.
    pub async fn observe(&self) -> Result<Seen, Fault> {
        let at = self.now();
        let document = self.document().await?;
        let secret = &self.plan.entries.secret;
        let member = self.plan.capabilities.slot_member;
        let mut stages = Vec::with_capacity(3);
        // PENDING before CURRENT: what is promoted in between then shows twice rather than not at all.
        for stage in [Stage::Pending, Stage::Current, Stage::Previous] {
            let stored = self.read(secret, stage).await?;
            stages.push(stored.map(|stored| Held::of(&stored, member)));
        }
        let (previous, current, pending) =
            (stages.pop().flatten(), stages.pop().flatten(), stages.pop().flatten());
        let written = match self.parts.store.describe(secret).await {
            Ok(info) => info.written.map(WallTime::at),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => None,
            Err(fault) => return Err(fault),
        };
        let mut slots = self.parts.admin.list().await?;
        slots.sort_by(|one, other| one.id.cmp(&other.id));
        let seen: BTreeSet<_> = slots.iter().map(|slot| &slot.id).collect();
        if seen.len() != slots.len() {
            return Err(Fault::new(FaultCode::UpstreamAnswerBad, "the platform lists one slot twice"));
        }
        Ok(Seen { at, document, current, previous, pending, written, slots })
    }

    async fn step(&self, state: &State, next: &Next, hand: &mut Option<Hand>) -> Event {
        self.parts.progress.begins(next.step, &next.effect);
        let performed = match self.audit(state, next, "begins") {
            Ok(()) => Performer { engine: self, state }.perform(next, hand).await,
            Err(fault) => Err(fault),
        };
        let event = performed.unwrap_or_else(|fault| self.failed(state, &next.effect, &fault));
        let outcome = if matches!(event, Event::Failed(_)) { "failed" } else { "done" };
        if let Err(fault) = self.audit(state, next, outcome) {
            // The next change is not made without an audit log; this one is done.
            self.parts.progress.warns(&fault);
        }
        self.parts.progress.ended(next.step, &event);
        event
    }

    fn failed(&self, state: &State, effect: &Effect, fault: &Fault) -> Event {
        if matches!(effect, Effect::Publish(..)) && state.has_leaks() && !state.unpublished {
            self.parts.progress.warns(fault);
            return Event::Unpublished(Trouble::of(fault));
        }
        let now = self.now();
        let lost = fault.code() == FaultCode::VersionConflict;
        // 1, 2, 4 seconds and so on, unless somebody says how long.
        let pause = fault.retry_after().unwrap_or(Duration::from_secs(1 << state.failures.min(6)));
        let again = (fault.remedy() == Remedy::RetryLater && !lost).then(|| now.after(pause));
        let parting = matches!(effect, Effect::Write(Change::Release));
        Event::Failed(Failure { trouble: Trouble::of(fault), at: now, again, lost, parting })
    }

    pub(super) fn now(&self) -> WallTime {
        WallTime::at(self.parts.clock.now().wall)
    }

    /// Reads a stage; `None` when there is nothing.
    pub(super) async fn read(
        &self,
        entry: &EntryName,
        stage: Stage,
    ) -> Result<Option<hallpass_core::StoredSecret>, Fault> {
        match self.parts.store.read(entry, stage).await {
            Ok(stored) => Ok(Some(stored)),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The document and its version; `None` where there is none yet.
    pub(super) async fn document(&self) -> Result<Option<(Version, Document)>, Fault> {
        let stored = match &self.parts.document {
            Some(apart) => apart.read().await?,
            None => self.read(&self.plan.entries.checkpoint, Stage::Current).await?,
        };
        stored.map(|stored| Ok((stored.version, Document::parse(&stored.value)?))).transpose()
    }

    /// Replaces the document, if it is still the version `expected`.
    pub(super) async fn replace(
        &self,
        document: &Document,
        expected: Option<&Version>,
    ) -> Result<Version, Fault> {
        if let Some(apart) = &self.parts.document {
            return apart.replace(document.stored(), expected).await;
        }
        let entry = &self.plan.entries.checkpoint;
        let version = self.parts.store.put_pending(entry, document.stored()).await?;
        self.parts.store.promote(entry, &version, expected).await?;
        Ok(version)
    }

    pub(super) fn draw(&self, bytes: usize) -> String {
        let mut drawn = vec![0; bytes];
        self.parts.randomness.fill(&mut drawn);
        drawn.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bug(&self, what: &str) -> Stop {
        let fault =
            Fault::new(FaultCode::Internal, format!("rotation of `{}`: {what}", self.plan.integration));
        Stop::Failed(Trouble::of(&fault))
    }
}
