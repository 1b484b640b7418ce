//! The shell: looks, asks what is next, does it once, looks again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::{
    ClientAdmin, ClientCall, ClientDeed, ClientQuery, Clock, Credential, EntryName, Fault, FaultCode,
    Generated, Randomness, Secret, Sleep, SlotId, Stage, Store, StoredSecret,
};

use super::decide::{Goal, Me, Next, next};
use super::document::Document;
use super::effect::{Change, Effect};
use super::findings::refusals;
use super::mark::Mark;
use super::plan::{Planned, lacked, plan};
use super::seen::{Held, Seen};
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// What an engine is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where secret and document rest.
    pub store: Arc<dyn Store>,
    /// The platform, as the administering identity.
    pub admin: Arc<dyn ClientAdmin>,
    /// Where every effect is recorded.
    pub audit: Arc<dyn AuditSink>,
    /// Who watches.
    pub witness: Arc<dyn Witness>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
    /// Where nonces come from.
    pub randomness: Arc<dyn Randomness>,
    /// This machine, as an operator would recognise it in `lease-held`.
    pub machine: String,
}

/// Watches what is done.
pub trait Witness: Send + Sync + fmt::Debug {
    /// This is begun.
    fn begins(&self, effect: &Effect);

    /// Something has to show or pass, for so long.
    fn waits(&self, _left: Duration) {}

    /// Something went wrong that is looked into and tried again.
    fn warns(&self, _fault: &Fault) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn begins(&self, _effect: &Effect) {}
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Done {
    /// Everything is as it shall be; so many effects brought it there.
    Settled(usize),
    /// Something may still show; the same command goes on after that time.
    Waiting(Duration),
}

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
                (_, Some(Next::Do(Effect::Ask(id)))) => self.ask(&id, &mut run).await,
                planned => break planned,
            }
        };
        let refused = end.and_then(|end| if let Next::Refuse(fault) = end { Some(fault) } else { None });
        let effects: Vec<_> = effects.into_iter().filter(Effect::is_news).collect();
        let makes = effects.iter().any(|effect| matches!(effect, Effect::Create | Effect::Update { .. }));
        // Whether it may be known is a permission of its own, and not knowing is no reason to stop.
        let own = if makes { self.parts.admin.own_grants().await.ok().flatten() } else { None };
        let lacked = own.map(|own| lacked(&wanted, &own)).unwrap_or_default();
        let calls = self.calls(goal, &effects);
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
                Next::Do(Effect::Ask(id)) => self.ask(&id, run).await,
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
        run.missed += 1;
        let pause = fault.retry_after().unwrap_or(PAUSE);
        if !passing || run.missed > TRIES || pause > self.wanted.stay {
            return Err(fault);
        }
        self.parts.witness.warns(&fault);
        self.parts.sleep.sleep(pause).await;
        Ok(())
    }

    /// What is there now: the store always, the platform's listing where it may have changed without us.
    async fn look(&self, wanted: &Wanted, run: &mut Run) -> Result<(), Fault> {
        let document = match self.read(&wanted.entries.document, Stage::Current).await? {
            Some(stored) => Some((stored.version, Document::parse(&stored.value)?)),
            None => None,
        };
        let previous = self.read(&wanted.entries.secret, Stage::Previous).await?;
        run.seen.document = document;
        run.seen.current = self.held(wanted, Stage::Current).await?;
        run.seen.pending = self.held(wanted, Stage::Pending).await?;
        run.seen.previous = previous.map(|stored| stored.version);
        run.seen.in_hand = run.in_hand.as_ref().map(|made| made.slot.clone());
        let held = [&run.seen.current, &run.seen.pending];
        let stored = held.into_iter().filter_map(|held| held.as_ref()?.client.clone());
        let made = run.seen.noted().and_then(|noted| Some(noted.made.as_ref()?.id.clone()));
        let mut ids: std::collections::BTreeSet<SlotId> =
            stored.chain(wanted.also.iter().cloned()).chain(made).collect();
        ids.extend(run.seen.clients.keys().cloned());
        ids.extend(run.seen.in_hand.clone());
        let prefix = Mark::prefix(&wanted.environment, &wanted.integration);
        let listed = run.stale.then(|| (wanted.name.clone(), prefix));
        let mut found: BTreeMap<_, _> = BTreeMap::new();
        for mut client in self.parts.admin.find(&ClientQuery { listed, ids }).await? {
            if let Some(known) =
                run.seen.clients.get(&client.id).filter(|_| run.seen.asked.contains(&client.id))
            {
                client.last_used = known.last_used;
            }
            found.insert(client.id.clone(), client);
        }
        run.seen.clients = found;
        run.stale = false;
        Ok(())
    }

    async fn held(&self, wanted: &Wanted, stage: Stage) -> Result<Option<Held>, Fault> {
        let Some(stored) = self.read(&wanted.entries.secret, stage).await? else { return Ok(None) };
        let credential = Credential::parse(&stored.value, stored.version.clone(), &[])?;
        credential.belongs_to(&wanted.environment)?;
        let client = credential.member(wanted.nature.slot_member).and_then(Secret::expose_str);
        Ok(Some(Held { version: stored.version, client: client.map(SlotId::new) }))
    }

    pub(super) async fn read(&self, entry: &EntryName, stage: Stage) -> Result<Option<StoredSecret>, Fault> {
        match self.parts.store.read(entry, stage).await {
            Ok(stored) => Ok(Some(stored)),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn ask(&self, id: &SlotId, run: &mut Run) {
        let last_used = self.parts.admin.last_used(id).await;
        if let Some(client) = run.seen.clients.get_mut(id) {
            client.last_used = last_used;
        }
        run.seen.asked.insert(id.clone());
    }

    /// What is wanted, with the ids of its roles; refused before anything is sent where it is too much.
    async fn resolved(&self, goal: Goal) -> Result<Wanted, Fault> {
        let mut wanted = self.wanted.clone();
        if !self.parts.store.traits().compare_and_set {
            let detail =
                format!("a store `{}` cannot keep two machines apart", self.parts.store.traits().scheme);
            return Err(Fault::new(FaultCode::ProvisionRefused, detail)
                .with_hint("keep the secret in a store that hallpass can write, such as `local:`"));
        }
        // What is too much may still be removed.
        if goal == Goal::Destroy {
            return Ok(wanted);
        }
        if let Some(first) = refusals(&wanted).first() {
            let detail = format!("`integrations.{}.{}`: {}", wanted.integration, first.key, first.detail);
            return Err(Fault::new(FaultCode::ProvisionRefused, detail).with_hint(first.hint.clone()));
        }
        if wanted.nature.takes_grants {
            wanted.granted = self.parts.admin.resolve(&wanted.grants).await?;
        }
        Ok(wanted)
    }

    fn calls(&self, goal: Goal, effects: &[Effect]) -> std::collections::BTreeSet<ClientCall> {
        let reads = [Some(ClientDeed::Find), (goal == Goal::Apply).then_some(ClientDeed::Resolve)];
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
