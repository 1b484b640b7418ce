//! Running rotators: one at a time to its end or to a crash, or several in an order that is drawn.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hallpass_lifecycle::rotation::{Order, Plan, Stop};

use super::{Sim, engine};

/// Where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Never.
    Never,
    /// At the n-th point, counted from 0: it is never polled again.
    At(usize),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With this.
    With(Stop),
    /// By a crash.
    Crashed,
}

/// Somebody who does something in the world.
pub(crate) struct Rotator<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    outcome: Option<T>,
    until: Option<Duration>,
    /// Points left before it dies; none: it does not.
    left: Option<usize>,
    dead: bool,
}

impl<T> Rotator<T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'static, dies_after: Option<usize>) -> Self {
        Self { future: Box::pin(future), outcome: None, until: None, left: dies_after, dead: false }
    }

    pub(crate) fn outcome(self) -> Option<T> {
        self.outcome
    }

    fn is_over(&self) -> bool {
        self.dead || self.outcome.is_some()
    }
}

/// What one rotator says at its end, where there is one.
pub(crate) fn stop_of(sim: &Sim, plan: &Plan, order: Order) -> Stop {
    match run_one(sim, plan, order, "one", Crash::Never) {
        Ended::With(stop) => stop,
        Ended::Crashed => unreachable!("nothing crashes it"),
    }
}

/// Runs any future of this world to its end.
pub(crate) fn block_on<T>(sim: &Sim, future: impl Future<Output = T> + 'static) -> T {
    let mut rotators = [Rotator::new(future, None)];
    run_all(sim, &mut rotators, &mut Draws::new(0), |_| ());
    let [rotator] = rotators;
    rotator.outcome().expect("it ends")
}

/// Runs one rotator to its end; time moves whenever it waits.
pub(crate) fn run_one(sim: &Sim, plan: &Plan, order: Order, machine: &str, crash: Crash) -> Ended {
    let engine = engine(sim, plan, machine);
    let dies_after = match crash {
        Crash::Never => None,
        Crash::At(point) => Some(point),
    };
    let rotator = Rotator::new(async move { engine.run(order).await }, dies_after);
    let mut rotators = [rotator];
    run_all(sim, &mut rotators, &mut Draws::new(0), |_| ());
    let [rotator] = rotators;
    rotator.outcome().map_or(Ended::Crashed, Ended::With)
}

/// Polls whoever can go on, in an order that is drawn, until nobody can; then moves time to the first who waits. `between` is called after each.
pub(crate) fn run_all<T>(
    sim: &Sim,
    rotators: &mut [Rotator<T>],
    draws: &mut Draws,
    mut between: impl FnMut(&Sim),
) {
    let mut context = Context::from_waker(Waker::noop());
    for turn in 0.. {
        assert!(turn < 2_000_000, "it goes on for ever");
        let now = sim.lock().now;
        let ready: Vec<usize> = (0..rotators.len())
            .filter(|index| {
                !rotators[*index].is_over() && rotators[*index].until.is_none_or(|until| until <= now)
            })
            .collect();
        let Some(index) = draws.pick(&ready) else {
            let waiting = rotators.iter().filter(|rotator| !rotator.is_over());
            match waiting.filter_map(|rotator| rotator.until).min() {
                Some(until) => sim.lock().advance_to(until),
                None => return,
            }
            continue;
        };
        let rotator = &mut rotators[index];
        if rotator.left == Some(0) {
            rotator.dead = true;
            continue;
        }
        sim.lock().sleeping_until = None;
        let points = sim.lock().trace.len();
        if let Poll::Ready(outcome) = rotator.future.as_mut().poll(&mut context) {
            rotator.outcome = Some(outcome);
        }
        let mut world = sim.lock();
        let passed = world.trace.len() - points;
        // A guard sleeps as well, but whoever passed a point is not only waiting.
        rotator.until = if passed == 0 { world.sleeping_until.take() } else { None };
        rotator.left = rotator.left.map(|left| left.saturating_sub(passed));
        let now = world.now;
        drop(world);
        if draws.freeze_one_in > 0 && draws.below(draws.freeze_one_in) == 0 {
            rotator.until = Some(now + Duration::from_secs(301 + draws.below(900) as u64));
        }
        between(sim);
    }
}

/// Drawn numbers, the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    state: u64,
    /// After one in so many polls whoever was polled is frozen for longer than a lease lasts; 0: never.
    pub(crate) freeze_one_in: usize,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1, freeze_one_in: 0 }
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // xorshift64*: plenty for schedules, and nothing to depend on.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let drawn = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).unwrap() % limit.max(1)
    }

    fn pick(&mut self, from: &[usize]) -> Option<usize> {
        if from.is_empty() { None } else { Some(from[self.below(from.len())]) }
    }
}
