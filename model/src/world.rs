//! The world, and what may happen in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hallpass_core::{Capabilities, CompareAndSet, EntryName, Fingerprint, SlotId, Version};
use hallpass_lifecycle::rotation::{
    Ack, AckReport, Begun, Change, Consent, Document, Effect, Entries, Event, Held, Next, Order, Outcome,
    Overlap, Pace, Plan, State, Stop, WallTime, Wanted, apply, mark, next,
};
use stateright::{Model as Checked, Property};

/// A tick is longer than a lease.
const TICK: Duration = Duration::from_secs(400);

/// What kind of platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Two secrets at most, made and deleted.
    Keys,
    /// Two standing clients, of which one is reset.
    Clients,
}

/// What is left out on purpose, so that the check has something to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Nobody asks the consumers.
    NoAcks,
    /// A new secret counts as good without being tried.
    NoVerify,
    /// What an interrupted run left is not seen.
    NoReconcile,
    /// The document is written without comparing.
    NoCompareAndSet,
    /// A call decided on under the lease is made after it.
    NoGuard,
    /// The same of a promotion alone, in a store that cannot compare.
    LatePromotion,
}

/// What is to be tried, and how much of it.
#[derive(Clone, Debug)]
pub struct Model {
    /// The platform.
    pub shape: Shape,
    /// What keeps two writers of the store apart. Where it cannot compare, looking and writing are two events.
    pub store: CompareAndSet,
    /// The flaw.
    pub flaw: Flaw,
    /// How many rotators there are.
    pub rotators: usize,
    /// How many consumers there are.
    pub consumers: usize,
    /// How often a rotator may be started in all.
    pub runs: u8,
    /// How often one may die.
    pub crashes: u8,
    /// How often time may pass.
    pub ticks: u8,
    /// How many of the secrets made first never work.
    pub bad: u8,
    /// Whether a person may say that a rotation is to be given up, as long as nothing is promoted.
    pub aborts: bool,
    /// How often everything that the entry holds may leak, and is to be revoked.
    pub leaks: u8,
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) now: WallTime,
    pub(crate) document: Option<(u64, Document)>,
    pub(crate) current: Value,
    pub(crate) previous: Option<Value>,
    pub(crate) pending: Option<Value>,
    pub(crate) versions: u64,
    replica: Value,
    pub(crate) slots: BTreeMap<SlotId, Secret>,
    pub(crate) made: u8,
    consumers: Vec<Consumer>,
    rotators: Vec<Rotator>,
    runs: u8,
    crashes: u8,
    ticks: u8,
    leaks: u8,
    leaked: BTreeSet<(SlotId, u8)>,
    /// What leaked and was ended.
    dead: BTreeSet<(SlotId, u8)>,
}

/// A version of the entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Value {
    pub(crate) version: u64,
    pub(crate) slot: SlotId,
    pub(crate) secret: u8,
}

/// A slot at the platform.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Secret {
    pub(crate) number: u8,
    pub(crate) active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Consumer {
    slot: SlotId,
    secret: u8,
}

/// A process, as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Rotator {
    state: Option<State>,
    decided: Option<Next>,
    hand: Option<(SlotId, u8)>,
    /// In the middle of a promotion: it has looked, and is about to write this.
    looked: Option<Value>,
}

impl Rotator {
    /// Whether it is dead or has ended.
    fn rests(&self) -> bool {
        self.state.is_none() || matches!(&self.decided, Some(Next { effect: Effect::Stop(_), .. }))
    }
}

/// What may happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A rotator starts.
    Start(usize),
    /// A rotator starts, to give up what was begun.
    Abort(usize),
    /// It does what it decided, sees what came of it, and decides what is next: it may be frozen for long before it does that.
    Do(usize),
    /// It does what it decided, and dies before it sees what came of it.
    DoAndDie(usize),
    /// It dies.
    Die(usize),
    /// Somebody finds out that everything the entry holds has leaked, and consents to its end.
    Leak,
    /// The replica catches up.
    Replicate,
    /// A consumer reads the replica and says what it has.
    Read(usize),
    /// Time passes: every lease runs out.
    Tick,
}

impl Value {
    pub(crate) fn held(&self) -> Held {
        Held {
            version: Version::new(&self.version.to_string()),
            slot: Some(self.slot.clone()),
            fingerprint: Some(print(&self.slot, self.secret)),
            environment: None,
        }
    }
}

pub(crate) fn print(slot: &SlotId, secret: u8) -> Fingerprint {
    Fingerprint::of(slot.as_str().as_bytes(), &[secret])
}

fn named(text: &str) -> EntryName {
    text.parse().expect("the model's names are entry names")
}

impl World {
    /// Whether the platform gives a token.
    fn accepts(&self, model: &Model, slot: &SlotId, secret: u8) -> bool {
        // The secret in use at the beginning has the number 0; the first ones made may be bad.
        let works = secret == 0 || secret > model.bad;
        works && self.slots.get(slot).is_some_and(|found| found.active && found.number == secret)
    }

    pub(crate) fn is_good(&self, model: &Model, value: &Value) -> bool {
        self.accepts(model, &value.slot, value.secret)
    }

    pub(crate) fn report(&self, model: &Model) -> AckReport {
        if model.flaw == Flaw::NoAcks {
            return AckReport::default();
        }
        AckReport {
            registered: (0..self.consumers.len()).map(|index| index.to_string()).collect(),
            acks: self
                .consumers
                .iter()
                .enumerate()
                .map(|(index, consumer)| self.said(index, consumer))
                .collect(),
        }
    }

    /// Nothing happens before the lease of the dead has run out.
    fn die(&mut self, index: usize) {
        self.crashes += 1;
        self.rotators[index] = DEAD;
        self.now = self.now.after(TICK);
    }

    fn read(&mut self, index: usize) {
        self.consumers[index] = Consumer { slot: self.replica.slot.clone(), secret: self.replica.secret };
    }

    /// A consumer says all the time what it has: a word that is late only keeps the old secret longer.
    fn said(&self, index: usize, consumer: &Consumer) -> Ack {
        Ack {
            consumer: index.to_string(),
            fingerprint: print(&consumer.slot, consumer.secret),
            environment: "prod".parse().expect("a name"),
            at: self.now,
        }
    }

    /// The mark is set as the engine sets it: from what is there, by compare-and-set, without the lease.
    fn leak(&mut self, model: &Model) -> Option<()> {
        let plan = model.plan();
        let before = self.document.as_ref().map(|(_, document)| document.clone());
        let before = before.unwrap_or_else(|| Document::new(plan.entries.secret, plan.environment));
        let seen = self.seen(model);
        let marked = mark(before, &seen, &Consent::default(), ("leak", "m"), self.now).ok()?;
        let stages = [Some(&self.current), self.previous.as_ref(), self.pending.as_ref()];
        self.leaked.extend(stages.into_iter().flatten().map(|value| (value.slot.clone(), value.secret)));
        let written = self.document.as_ref().map_or(0, |(number, _)| *number) + 1;
        self.document = Some((written, marked));
        self.leaks += 1;
        Some(())
    }

    /// Remembers what leaked and was ended: its slot has another secret or is gone, or it was noted to be off.
    ///
    /// A pending secret that leaked before it was ever switched on may be switched on by the call that was on its way, and is ended then.
    fn bury(&mut self) {
        let revocation = self
            .document
            .as_ref()
            .and_then(|(_, document)| document.revocation.as_ref().or(document.revoked.as_ref()));
        let is_off = |slot: &SlotId, secret: u8| {
            revocation.is_some_and(|revocation| {
                let fingerprint = print(slot, secret);
                revocation.leaked.iter().any(|leaked| {
                    leaked.slot == *slot && leaked.fingerprint == fingerprint && leaked.off.is_some()
                })
            })
        };
        let is_there =
            |slot: &SlotId, secret: u8| self.slots.get(slot).is_some_and(|found| found.number == secret);
        let ended =
            self.leaked.iter().filter(|(slot, secret)| is_off(slot, *secret) || !is_there(slot, *secret));
        let ended: Vec<_> = ended.cloned().collect();
        self.dead.extend(ended);
    }

    /// Whether some slot still has what leaked, switched on or not.
    fn holds_leaked(&self) -> bool {
        self.leaked.iter().any(|(id, secret)| self.slots.get(id).is_some_and(|slot| slot.number == *secret))
    }

    /// Slots that work and that no stage of the entry names.
    fn orphans(&self) -> usize {
        let stages = [Some(&self.current), self.previous.as_ref(), self.pending.as_ref()];
        let named = |id: &SlotId| stages.iter().flatten().any(|value| value.slot == *id);
        self.slots.iter().filter(|(id, slot)| slot.active && !named(id)).count()
    }
}

impl Model {
    /// Rules as shipped, times of a model: nothing but acknowledgements decides when to retire.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let nothing = Duration::ZERO;
        let keys = self.shape == Shape::Keys;
        Plan {
            integration: "m".parse().expect("a name"),
            entries: Entries::beside(named("m"), ".rotation").expect("a short name"),
            environment: "prod".parse().expect("a name"),
            compare_and_set: self.store,
            capabilities: Capabilities {
                slot_member: "id",
                max_live: keys.then_some(2),
                can_create: keys,
                can_reset: !keys,
                can_disable: true,
                shows_last_use: false,
                activation_delay: nothing,
                revoke_delay: nothing,
                tokens_outlive_secret: None,
                min_interval: nothing,
                longest_overlap: None,
            },
            wanted: Wanted::Auto,
            accept_downtime_risk: false,
            own_identity: false,
            every: Duration::from_secs(1_000_000),
            min_interval: Duration::from_secs(1_000_000),
            overlap: Overlap {
                store_lag: nothing,
                cache: nothing,
                token_lifetime: nothing,
                skew: nothing,
                activation: nothing,
                sandbox_life: nothing,
            },
            platform_window: None,
            quiet: nothing,
            watch: nothing,
            patience: Duration::from_secs(1_000_000),
            arithmetic_suffices: self.flaw == Flaw::NoAcks,
            stay: Duration::from_secs(1_000_000),
            copies: BTreeSet::new(),
            pace: Pace { skew: nothing, ..Pace::default() },
        }
    }

    fn begin(&self, world: &mut World, index: usize, order: Order) {
        world.runs += 1;
        let begun = Begun { holder: format!("{index}/{}", world.runs), order, id: world.runs.to_string() };
        let state = apply(&State::default(), &Event::Begun(begun)).ok();
        world.rotators[index] = Rotator { state, decided: None, hand: None, looked: None };
    }

    fn starts(&self, world: &World, index: usize, actions: &mut Vec<Action>) {
        actions.push(Action::Start(index));
        if self.aborts && world.runs > 0 {
            actions.push(Action::Abort(index));
        }
    }

    fn decide(&self, world: &mut World, index: usize) {
        let (now, plan) = (world.now, self.plan());
        let rotator = &mut world.rotators[index];
        if rotator.looked.is_some() {
            return;
        }
        rotator.decided = rotator.state.as_ref().map(|state| next(state, now, &plan));
        // Going back after the promotion rests on how long a replica may lag, and here it may lag for ever: a person gives up only what nobody has yet.
        if matches!(&rotator.decided, Some(Next { effect: Effect::Write(Change::Undo(..)), .. })) {
            *rotator = DEAD;
        }
    }

    /// Does what was decided; `seen` says whether the rotator lives to see it.
    fn perform(&self, world: &mut World, index: usize, seen: bool) {
        let rotator = world.rotators[index].clone();
        let (Some(state), Some(decided)) = (rotator.state, rotator.decided) else { return };
        let mut hand = rotator.hand;
        if let Some(looked) = world.look(self, &state, &decided.effect, rotator.looked.as_ref()) {
            let rotator = &mut world.rotators[index];
            if seen {
                rotator.looked = Some(looked)
            } else {
                *rotator = DEAD
            }
            return;
        }
        let event = world.perform(self, &state, &decided.effect, &mut hand, rotator.looked);
        let state = apply(&state, &event).ok().filter(|_| seen);
        let alive = state.is_some();
        world.rotators[index] =
            if alive { Rotator { state, decided: None, hand, looked: None } } else { DEAD };
    }

    /// Whether one machine, left alone with consumers that read, brings this world to its end.
    fn recovers(&self, world: &World) -> bool {
        let mut world = world.clone();
        world.rotators = vec![DEAD];
        for order in [Order::Run, Order::Sweep] {
            world.now = world.now.after(TICK);
            self.begin(&mut world, 0, order);
            self.decide(&mut world, 0);
            let mut stopped = None;
            for _ in 0..300 {
                let effect = world.rotators[0].decided.as_ref().map(|decided| decided.effect.clone());
                match effect {
                    Some(Effect::Stop(stop)) => {
                        stopped = Some(stop);
                        break;
                    }
                    Some(Effect::Wait(until)) => world.now = world.now.max(until),
                    _ => {}
                }
                world.replica = world.current.clone();
                (0..world.consumers.len()).for_each(|consumer| world.read(consumer));
                self.perform(&mut world, 0, true);
                self.decide(&mut world, 0);
            }
            let fine = match stopped {
                Some(Stop::Finished(Outcome::Rotated | Outcome::Revoked) | Stop::Nothing) => true,
                Some(Stop::Finished(Outcome::Abandoned)) => self.aborts,
                // It had ended before, and the next one is not due.
                Some(Stop::Refused(trouble)) => trouble.detail.contains("not settled yet"),
                _ => false,
            };
            if !fine {
                return false;
            }
        }
        world.orphans() == 0 && world.is_good(self, &world.current) && !world.holds_leaked()
    }
}

const DEAD: Rotator = Rotator { state: None, decided: None, hand: None, looked: None };

impl Checked for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let first = SlotId::new("s0");
        let current = Value { version: 1, slot: first.clone(), secret: 0 };
        let mut slots = BTreeMap::from([(first.clone(), Secret { number: 0, active: true })]);
        if self.shape == Shape::Clients {
            slots.insert(SlotId::new("t"), Secret { number: u8::MAX, active: false });
        }
        let consumer = Consumer { slot: first, secret: 0 };
        vec![World {
            now: WallTime::at(Duration::from_secs(1_800_000_000)),
            document: None,
            replica: current.clone(),
            current,
            previous: None,
            pending: None,
            versions: 1,
            slots,
            made: 0,
            consumers: vec![consumer; self.consumers],
            rotators: vec![DEAD; self.rotators],
            runs: 0,
            crashes: 0,
            ticks: 0,
            leaks: 0,
            leaked: BTreeSet::new(),
            dead: BTreeSet::new(),
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (index, rotator) in world.rotators.iter().enumerate() {
            let stopped = rotator.state.is_some() && rotator.rests();
            match (&rotator.state, &rotator.decided) {
                (None, _) if world.runs < self.runs => self.starts(world, index, actions),
                (Some(_), _) if stopped && world.runs < self.runs => self.starts(world, index, actions),
                (Some(_), _) if !stopped => {
                    actions.push(Action::Do(index));
                    if world.crashes < self.crashes {
                        actions.push(Action::DoAndDie(index));
                        actions.push(Action::Die(index));
                    }
                }
                _ => {}
            }
        }
        if world.leaks < self.leaks {
            actions.push(Action::Leak);
        }
        if world.replica != world.current {
            actions.push(Action::Replicate);
        }
        for (index, consumer) in world.consumers.iter().enumerate() {
            if consumer.slot != world.replica.slot || consumer.secret != world.replica.secret {
                actions.push(Action::Read(index));
            }
        }
        if world.ticks < self.ticks {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Start(index) => {
                self.begin(&mut world, index, Order::Run);
                self.decide(&mut world, index);
            }
            Action::Abort(index) => {
                self.begin(&mut world, index, Order::Abort);
                self.decide(&mut world, index);
            }
            Action::Do(index) => {
                self.perform(&mut world, index, true);
                self.decide(&mut world, index);
            }
            Action::DoAndDie(index) => {
                self.perform(&mut world, index, false);
                world.die(index);
            }
            Action::Die(index) => world.die(index),
            Action::Leak => world.leak(self)?,
            Action::Replicate => world.replica = world.current.clone(),
            Action::Read(index) => world.read(index),
            Action::Tick => {
                world.ticks += 1;
                world.now = world.now.after(TICK);
            }
        }
        world.bury();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every consumer holds a secret that works", |model: &Self, world: &World| {
                // Once something leaked, whoever is refused has to read again; that there is something to read is the next property.
                !world.leaked.is_empty()
                    || world
                        .consumers
                        .iter()
                        .all(|consumer| world.accepts(model, &consumer.slot, consumer.secret))
            }),
            Property::always("what leaked never comes back", |model: &Self, world: &World| {
                !world.dead.iter().any(|(slot, secret)| world.accepts(model, slot, *secret))
            }),
            Property::always("CURRENT works", |model: &Self, world: &World| {
                world.is_good(model, &world.current)
            }),
            Property::always(
                "whatever died, one machine brings it to its end",
                |model: &Self, world: &World| {
                    let at_rest = world.rotators.iter().all(Rotator::rests);
                    !at_rest || world.runs == 0 || model.recovers(world)
                },
            ),
            Property::sometimes("a rotation ends", |_: &Self, world: &World| {
                world.document.as_ref().is_some_and(|(_, document)| document.last.is_some())
            }),
        ]
    }
}
