//! The shell: looks, asks what is next, does it once, looks again.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::{ClientCall, ClientDeed, Fault, FaultCode, Generated, SlotId, Stage};

use super::decide::{Goal, Me, Next, next};
use super::document::Document;
use super::effect::{Change, Effect};
use super::hands::{Done, Parts};
use super::plan::{Planned, lacked as lacked_by, plan};
use super::seen::Seen;
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// One integration's provisioning.
#[derive(Debug)]
pub struct Engine {
    pub(super) parts: Parts,
    pub(super) wanted: Wanted,
}

/// What only a run in this process knows.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) seen: Seen,
    pub(super) in_hand: Option<Generated>,
    /// What was made here and may not be listed yet.
    pub(super) made: BTreeSet<SlotId>,
    pub(super) made_roles: BTreeSet<String>,
    /// Whether it was asked what the administering identity holds.
    pub(super) own_asked: bool,
    /// Whether the administering identity was given a role just now, which takes a while until it is known everywhere.
    pub(super) held: bool,
    /// Whether the platform's listing has to be read again: at first, and whenever an answer was lost.
    pub(super) stale: bool,
    done: usize,
    missed: u8,
}

impl Engine {
    /// The provisioning of `wanted`; nothing is read or sent yet.
    #[must_use]
    pub fn new(parts: Parts, wanted: Wanted) -> Self {
        Self { parts, wanted }
    }

    /// What would be done. Store and platform are read, and nothing is changed.
    ///
    /// # Errors
    /// `provision-refused` for what is asked for and is too much, or names what does not exist; what store and platform say.
    pub async fn plan(&self, goal: Goal) -> Result<Planned, Fault> {
        let wanted = self.resolved(goal).await?;
        let mut run = Run { stale: true, ..Run::default() };
        self.look(&wanted, &mut run).await?;
        let drawn = self.nonce();
        let (effects, end) = loop {
            match plan(goal, &wanted, &run.seen, self.me(&drawn)) {
                (_, Some(Next::Do(question))) => self.question(&question, &mut run).await?,
                planned => break planned,
            }
        };
        let refused = end.and_then(|end| if let Next::Refuse(fault) = end { Some(fault) } else { None });
        let effects: Vec<_> = effects.into_iter().filter(Effect::is_news).collect();
        let gives =
            |effect: &Effect| matches!(effect, Effect::Create | Effect::CreateIdle | Effect::Update { .. });
        let makes = effects.iter().any(gives);
        // Whether it may be known is a permission of its own, and not knowing is no reason to stop.
        let own = if makes { self.parts.admin.own_grants().await.ok().flatten() } else { None };
        let wanted = wanted.given(&run.seen).into_owned();
        let lacked = own.filter(|_| wanted.own_role.is_none());
        let lacked = lacked.map(|own| lacked_by(&wanted, &own)).unwrap_or_default();
        let calls = self.calls(goal, &wanted, &effects);
        Ok(Planned { wanted, seen: run.seen, effects, refused, calls, lacked })
    }

    /// Goes to `goal` as far as it can now. Dropping the future is what a crash is: the next run goes on.
    ///
    /// # Errors
    /// As [`Engine::plan`], `lease-held` naming who has it, and what could not be done.
    pub async fn run(&self, goal: Goal) -> Result<Done, Fault> {
        let wanted = self.resolved(goal).await?;
        let mut run = Run { stale: true, ..Run::default() };
        let ended = self.go(goal, &wanted, &mut run).await;
        if ended.is_err() {
            // Best effort: whoever corrects what was wrong shall not have to wait for a lease that nobody uses.
            self.part(&wanted, &mut run).await.ok();
        }
        ended
    }

    async fn go(&self, goal: Goal, wanted: &Wanted, run: &mut Run) -> Result<Done, Fault> {
        loop {
            if let Err(fault) = self.look(wanted, run).await {
                self.patience(run, fault).await?;
                continue;
            }
            let drawn = self.nonce();
            match next(goal, wanted, &run.seen, self.me(&drawn)) {
                Next::Do(question) if question.is_question() => {
                    if let Err(fault) = self.question(&question, run).await {
                        self.patience(run, fault).await?;
                    }
                }
                Next::Do(effect) => self.step(wanted, run, &effect).await?,
                Next::Wait(until) => {
                    let left = until.since(self.now());
                    if left > wanted.stay {
                        return Ok(Done::Waiting(left));
                    }
                    self.parts.witness.waits(left);
                    self.parts.sleep.sleep(left.max(Duration::from_millis(1))).await;
                    run.stale = true;
                }
                Next::Done => return Ok(Done::Settled(run.done)),
                Next::Refuse(fault) => return Err(fault),
            }
        }
    }

    /// One effect, on record before and after.
    async fn step(&self, wanted: &Wanted, run: &mut Run, effect: &Effect) -> Result<(), Fault> {
        if effect.is_news() {
            self.parts.witness.begins(effect);
        }
        self.record(effect, "begins")?;
        match self.perform(wanted, run, effect).await {
            Ok(()) => {
                run.done += usize::from(effect.is_news());
                run.missed = 0;
                if effect.is_news() {
                    self.parts.witness.done(effect);
                }
                self.record(effect, "done")
            }
            Err(fault) => {
                self.record(effect, fault.code().name())?;
                run.stale = true;
                self.patience(run, fault).await
            }
        }
    }

    /// Gives the lease back after a failure, and takes back an announcement that is known to have had no effect.
    async fn part(&self, wanted: &Wanted, run: &mut Run) -> Result<(), Fault> {
        let Some(stored) = self.read(&wanted.entries.document, Stage::Current).await? else { return Ok(()) };
        let document = Document::parse(&stored.value)?;
        if document.lease.as_ref().is_none_or(|lease| lease.holder != self.parts.machine) {
            return Ok(());
        }
        let open = document.open.as_ref().map(|open| &open.nonce);
        let change = if open == run.seen.unsent.as_ref() { Change::Close } else { Change::Release };
        run.seen.document = Some((stored.version, document));
        self.perform(wanted, run, &Effect::Write(change)).await
    }

    /// Waits after a failure that may pass, a few times. What it may have done is looked for, never assumed.
    async fn patience(&self, run: &mut Run, fault: Fault) -> Result<(), Fault> {
        use FaultCode as F;
        let passing = matches!(
            fault.code(),
            F::UpstreamTimeout
                | F::UpstreamAnswerBad
                | F::UpstreamThrottled
                | F::VersionConflict
                | F::StoreThrottled
        );
        // The vendor's Terraform provider waits ten seconds after a change of rights: until then the platform may not know of it.
        let passing = passing || (run.held && fault.code() == F::AdminDenied);
        run.missed += 1;
        let pause = fault.retry_after().unwrap_or(if run.held { PAUSE_AFTER_GRANT } else { PAUSE });
        if !passing || run.missed > TRIES || pause > self.wanted.stay {
            return Err(fault);
        }
        self.parts.witness.warns(&fault);
        self.parts.sleep.sleep(pause).await;
        Ok(())
    }

    fn calls(&self, goal: Goal, wanted: &Wanted, effects: &[Effect]) -> BTreeSet<ClientCall> {
        let reads = [
            Some(ClientDeed::Find),
            (goal == Goal::Apply).then_some(ClientDeed::Resolve),
            (goal == Goal::Apply && wanted.own_role.is_some()).then_some(ClientDeed::Permissions),
        ];
        let deeds = reads.into_iter().flatten().chain(effects.iter().filter_map(Effect::deed));
        deeds.filter_map(|deed| self.parts.admin.call(deed)).collect()
    }

    fn record(&self, effect: &Effect, outcome: &str) -> Result<(), Fault> {
        let event = AuditEvent::new(self.parts.clock.now(), AuditKind::ProvisioningStep)
            .about(&self.wanted.integration)
            .fact("what", effect.to_string())
            .fact("outcome", outcome);
        self.parts.audit.record(&event)
    }

    pub(super) fn me<'a>(&'a self, drawn: &'a str) -> Me<'a> {
        Me { holder: &self.parts.machine, now: self.now(), drawn }
    }

    pub(super) fn now(&self) -> WallTime {
        WallTime::at(self.parts.clock.now().wall)
    }

    fn nonce(&self) -> String {
        let mut bytes = [0_u8; 8];
        self.parts.randomness.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// How often in a row something may go wrong for a passing cause.
const TRIES: u8 = 3;
/// What is waited where nobody says how long: about what a platform takes to settle.
const PAUSE: Duration = Duration::from_secs(2);
/// A third of what rights take to be known everywhere, and some more.
const PAUSE_AFTER_GRANT: Duration = Duration::from_secs(5);
