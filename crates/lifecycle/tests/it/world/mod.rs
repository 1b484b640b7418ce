//! A world in one process: a platform with slots, a store, consumers, time that moves only when everybody waits, and crashes.
//!
//! Every operation yields before its effect and after it, so that a scheduler can stop a rotator at either point, put another in between, or drop
//! it there for good. After every operation that changes something the world looks whether some consumer was left without a secret that works.

mod consumers;
mod document;
mod leak;
mod run;
mod store;

pub(crate) mod hands;
pub(crate) mod platform;

pub(crate) use consumers::Consumer;
pub(crate) use document::SimDocument;
pub(crate) use hands::engine;
pub(crate) use leak::Leak;
pub(crate) use platform::{Platform, Shape, stored};
pub(crate) use run::{Crash, Draws, Ended, Rotator, block_on, run_all, run_one, stop_of};
pub(crate) use store::{Shelf, SimStore};

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use hallpass_core::{BoxFuture, Clock, Moment, Randomness, Sleep};
use hallpass_lifecycle::rotation::{Entries, Overlap, Pace, Plan, Step, WallTime, Wanted};

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) platform: Platform,
    pub(crate) shelf: Shelf,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) journal: Vec<u8>,
    /// What the operations are doing, in order: the step and the position in it.
    pub(crate) trace: Vec<(Step, Position)>,
    pub(crate) step: Step,
    /// What went wrong for a consumer, if something did.
    pub(crate) violations: Vec<String>,
    /// Whether the secret being rotated is the one that administers.
    pub(crate) own_identity: bool,
    /// Whether the administrator lacks a permission.
    pub(crate) denied: bool,
    pub(crate) published: u32,
    /// What copies at the platform hold. Whoever reads one never looks at the store.
    pub(crate) copies: BTreeMap<String, (String, String)>,
    /// Copies that cannot be written now.
    pub(crate) copies_denied: BTreeSet<String>,
    /// How often one was written.
    pub(crate) copies_written: u32,
    pub(crate) verifications: Vec<WallTime>,
    /// Whether new secrets cannot be tried for now.
    pub(crate) unreachable: bool,
    /// Whether everything that may be done twice is.
    pub(crate) twice: bool,
    /// What leaked, while it is watched.
    pub(crate) leak: Option<Leak>,
    /// Whether telling the consumers fails.
    pub(crate) deaf: bool,
    pub(crate) doubled: u32,
    waited: u32,
    drawn: u64,
    sleeping_until: Option<Duration>,
}

/// Where in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Position {
    /// It has not had its effect.
    Before,
    /// It has, and nobody has seen the reply.
    ReplyLost,
    /// The reply was seen and is about to be written into the journal.
    NotJournalled,
}

pub(crate) const START: Duration = Duration::from_secs(1_800_000_000);

/// A handle on the world.
#[derive(Clone, Debug)]
pub(crate) struct Sim(Arc<Mutex<World>>);

impl Sim {
    /// A platform of that shape with one secret in use, and two consumers that look every five minutes at a replica a minute behind.
    pub(crate) fn new(shape: Shape) -> Self {
        let (platform, value) = Platform::new(shape);
        let mut shelf = Shelf::default();
        shelf.start_with("queue-sync", value.as_bytes().to_vec(), START - Duration::from_secs(90 * 86_400));
        let world = World {
            now: START,
            platform,
            shelf,
            consumers: vec![Consumer::new("a", "prod"), Consumer::new("b", "prod")],
            journal: Vec::new(),
            trace: Vec::new(),
            step: Step::Lease,
            violations: Vec::new(),
            own_identity: false,
            denied: false,
            published: 0,
            copies: BTreeMap::new(),
            copies_denied: BTreeSet::new(),
            copies_written: 0,
            verifications: Vec::new(),
            unreachable: false,
            twice: false,
            leak: None,
            deaf: false,
            doubled: 0,
            waited: 0,
            drawn: 0,
            sleeping_until: None,
        };
        let sim = Self(Arc::new(Mutex::new(world)));
        sim.lock().consumers_look();
        sim
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> WallTime {
        WallTime::at(self.lock().now)
    }

    /// How many secrets were ended, and how many made.
    pub(crate) fn counts(&self) -> (usize, u32) {
        let world = self.lock();
        (world.platform.ended.len(), world.platform.generated)
    }

    /// Moves time, and with it the consumers.
    pub(crate) fn pass(&self, duration: Duration) {
        let end = self.lock().now + duration;
        self.lock().advance_to(end);
    }

    /// Lets others act here, or a crash happen.
    pub(crate) fn point(&self, position: Position) -> Yield {
        let mut world = self.lock();
        let step = world.step;
        world.trace.push((step, position));
        Yield(false)
    }

    /// One operation that may be done twice; of the two outcomes the second is seen, as if the reply to the first were lost.
    pub(crate) async fn repeatable<T>(&self, mut effect: impl FnMut(&mut World) -> T) -> T {
        if self.lock().twice {
            let mut world = self.lock();
            world.doubled += 1;
            effect(&mut world);
            world.look();
        }
        self.operation(effect).await
    }

    /// One operation: a point, the effect, a point.
    pub(crate) async fn operation<T>(&self, effect: impl FnOnce(&mut World) -> T) -> T {
        self.point(Position::Before).await;
        let outcome = {
            let mut world = self.lock();
            let outcome = effect(&mut world);
            world.look();
            outcome
        };
        self.point(Position::ReplyLost).await;
        outcome
    }

    /// No violation so far.
    pub(crate) fn assert_well(&self, context: &str) {
        assert_eq!(self.lock().violations, Vec::<String>::new(), "{context}");
    }
}

/// Yields once.
pub(crate) struct Yield(bool);

impl Yield {
    pub(crate) fn once() -> Self {
        Self(false)
    }
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl World {
    /// Until when whoever was polled last sleeps, if it does and did not pass a point.
    pub(crate) fn wakes(&mut self) -> Option<Duration> {
        self.sleeping_until.take()
    }

    /// Moves time in steps no longer than a consumer's interval.
    pub(crate) fn advance_to(&mut self, end: Duration) {
        while self.now < end {
            self.now = (self.now + consumers::INTERVAL).min(end);
            self.consumers_look();
        }
    }

    /// Whether every consumer that keeps the rules holds a secret that works.
    pub(crate) fn look(&mut self) {
        if self.leak.is_some() {
            return self.watch_leak();
        }
        for consumer in &self.consumers {
            if consumer.keeps_the_rules() && !self.platform.accepts_pair(&consumer.pair, self.now) {
                let what = format!(
                    "{}: `{}` holds a dead secret at {:?}",
                    self.step.name(),
                    consumer.name,
                    self.now - START
                );
                self.violations.push(what);
            }
        }
        for (copy, pair) in &self.copies {
            if !self.platform.accepts_pair(pair, self.now) {
                let what = format!("{}: copy `{copy}` holds a dead secret", self.step.name());
                self.violations.push(what);
            }
        }
    }
}

impl Clock for Sim {
    fn now(&self) -> Moment {
        let wall = self.lock().now;
        Moment { wall, monotonic: wall.saturating_sub(START) }
    }
}

impl Sleep for Sim {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let until = self.lock().now + duration;
        let sim = self.clone();
        Box::pin(std::future::poll_fn(move |_| {
            let mut world = sim.lock();
            if world.now >= until {
                return Poll::Ready(());
            }
            world.sleeping_until = Some(until);
            Poll::Pending
        }))
    }
}

impl Randomness for Sim {
    fn unit(&self) -> f64 {
        0.5
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut world = self.lock();
        world.drawn += 1;
        let drawn = world.drawn.to_be_bytes();
        for (index, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = drawn.iter().rev().nth(index).copied().unwrap_or(0);
        }
    }
}

/// The plan that the tests start from: rules as in production, waits of hours.
pub(crate) fn plan(shape: Shape) -> Plan {
    let minutes = |count: u64| Duration::from_secs(60 * count);
    Plan {
        integration: "queue-sync".parse().unwrap(),
        entries: Entries::beside("queue-sync".parse().unwrap(), ".rotation").unwrap(),
        environment: "prod".parse().unwrap(),
        compare_and_set: shape.compare_and_set(),
        capabilities: shape.capabilities(),
        wanted: Wanted::Auto,
        accept_downtime_risk: false,
        own_identity: false,
        every: minutes(90 * 1440),
        min_interval: minutes(240),
        overlap: Overlap {
            store_lag: minutes(1),
            cache: minutes(5),
            token_lifetime: minutes(60),
            skew: minutes(1),
            activation: shape.capabilities().activation_delay,
            sandbox_life: minutes(14 * 60),
        },
        platform_window: None,
        quiet: minutes(70),
        watch: minutes(24 * 60),
        patience: minutes(7 * 1440),
        arithmetic_suffices: false,
        stay: Duration::from_secs(365 * 86_400),
        copies: BTreeSet::new(),
        pace: Pace::default(),
    }
}

/// What is there once everything rests, with names that do not depend on how often something was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AtRest {
    /// CURRENT, PREVIOUS, PENDING: whether the platform accepts each.
    pub(crate) stages: [Option<bool>; 3],
    /// How many slots are usable, and how many are not.
    pub(crate) slots: (usize, usize),
    /// How many usable slots no stage names.
    pub(crate) orphans: usize,
    pub(crate) rotation: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) consumers_on_current: Vec<bool>,
    pub(crate) environment: Option<String>,
    pub(crate) copies_of_current: Vec<bool>,
}

impl World {
    /// Copies of CURRENT under these names.
    pub(crate) fn keep_copies(&mut self, names: &[&str]) {
        let value = self.shelf.entries["queue-sync"].current.clone().unwrap().1;
        let pair = platform::credential_of(&value).unwrap();
        self.copies = names.iter().map(|name| ((*name).to_owned(), pair.clone())).collect();
    }

    pub(crate) fn at_rest(&self) -> AtRest {
        let entry = self.shelf.entries.get("queue-sync").cloned().unwrap_or_default();
        let accepted = |held: &Option<(u64, Vec<u8>)>| {
            held.as_ref().map(|(_, value)| self.platform.accepts(value, self.now))
        };
        let named: Vec<String> = [&entry.current, &entry.previous, &entry.pending]
            .into_iter()
            .flatten()
            .filter_map(|(_, value)| platform::credential_of(value))
            .map(|(slot, _)| slot)
            .collect();
        let active: Vec<_> = self.platform.slots.iter().filter(|(_, slot)| slot.active).collect();
        let document = self.shelf.document();
        let environment = entry.current.as_ref().and_then(|(_, value)| {
            let value: serde_json::Value = serde_json::from_slice(value).ok()?;
            Some(value.get("environment")?.as_str()?.to_owned())
        });
        AtRest {
            stages: [accepted(&entry.current), accepted(&entry.previous), accepted(&entry.pending)],
            slots: (active.len(), self.platform.slots.len() - active.len()),
            orphans: active.iter().filter(|(id, slot)| !named.contains(id) && !slot.foreign).count(),
            rotation: document
                .as_ref()
                .and_then(|document| Some(format!("{:?}", document.rotation.as_ref()?))),
            outcome: document.and_then(|document| Some(document.last?.outcome.name().to_owned())),
            consumers_on_current: self
                .consumers
                .iter()
                .map(|consumer| entry.current.as_ref().is_some_and(|(_, value)| *value == consumer.held))
                .collect(),
            environment,
            copies_of_current: self
                .copies
                .values()
                .map(|pair| {
                    let current =
                        entry.current.as_ref().and_then(|(_, value)| platform::credential_of(value));
                    current.as_ref() == Some(pair)
                })
                .collect(),
        }
    }
}

/// The points at which the reply of a step's effects is lost, in an undisturbed run.
pub(crate) fn points_in(shape: Shape, step: Step) -> Vec<usize> {
    let sim = Sim::new(shape);
    run_one(&sim, &plan(shape), hallpass_lifecycle::rotation::Order::Run, "one", Crash::Never);
    let world = sim.lock();
    let lost = world.trace.iter().enumerate().filter(|(_, point)| **point == (step, Position::ReplyLost));
    lost.map(|(index, _)| index + 1).collect()
}
