//! A store that cannot compare: what the announcement in the document keeps from happening, and that it would happen without.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hallpass_core::{Fault, Store, Version};
use hallpass_lifecycle::rotation::{Order, Outcome, Step, Stop};

use crate::world::{
    Crash, Draws, Ended, Position, Rotator, Shape, Sim, SimStore, engine, plan, run_all, run_one, stop_of,
};

const VAULTS: [Shape; 2] = [Shape::TwoClientsInVault, Shape::CappedKeysInVault];

/// Longer than a lease, and than an announcement.
const FROZEN: Duration = Duration::from_secs(700);

/// The points of an undisturbed run between the first and the last of its promotion's exchanges.
fn promotion(shape: Shape) -> Vec<usize> {
    let sim = Sim::new(shape);
    assert!(matches!(run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never), Ended::With(_)));
    let trace = sim.lock().trace.clone();
    let inside = |point: &(usize, &(Step, Position))| point.1.0 == Step::Promote;
    trace.iter().enumerate().filter(inside).map(|(index, _)| index + 1).collect()
}

type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// Goes on with `task` until it has passed so many points; time moves where it only waits. What it ended with, if it did.
fn poll_to<T>(sim: &Sim, task: &mut Task<T>, point: usize) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        let passed = sim.lock().trace.len();
        if passed >= point {
            return None;
        }
        sim.lock().wakes();
        if let Poll::Ready(ended) = task.as_mut().poll(&mut context) {
            return Some(ended);
        }
        let mut world = sim.lock();
        let waits = world.wakes().filter(|_| world.trace.len() == passed);
        if let Some(until) = waits {
            world.advance_to(until);
        }
    }
}

/// One rotator stops at that point for longer than its lease; meanwhile a person gives the rotation up, and then the first goes on.
fn frozen_at(shape: Shape, point: usize) -> (Sim, Option<Stop>) {
    let sim = Sim::new(shape);
    let plan = plan(shape);
    let first = engine(&sim, &plan, "one");
    let mut future: Task<Stop> = Box::pin(async move { first.run(Order::Run).await });
    let mut ended = poll_to(&sim, &mut future, point);
    sim.pass(FROZEN);
    stop_of(&sim, &plan, Order::Abort);
    let context = format!("{shape:?}, frozen at {point}");
    sim.assert_well(&context);
    if ended.is_none() {
        let mut rotators = [Rotator::new(future, None)];
        run_all(&sim, &mut rotators, &mut Draws::new(0), |_| ());
        let [rotator] = rotators;
        ended = rotator.outcome();
    }
    sim.assert_well(&context);
    (sim, ended)
}

#[test]
fn p08_a_promotion_that_thaws_too_late_writes_nothing() {
    let mut frozen = 0;
    for shape in VAULTS {
        let points = promotion(shape);
        assert!(points.len() >= 12, "{shape:?}: {points:?}");
        for point in points {
            let (sim, stop) = frozen_at(shape, point);
            let context = format!("{shape:?}, frozen at {point}: {stop:?}");
            let rest = sim.lock().at_rest();
            assert_eq!(rest.stages[0], Some(true), "{context}: CURRENT works");
            sim.pass(FROZEN);
            let last = stop_of(&sim, &plan(shape), Order::Resume);
            let over = matches!(&last, Stop::Finished(_) | Stop::Nothing);
            let early = matches!(&last, Stop::Refused(trouble) if trouble.detail.contains("not settled yet"));
            assert!(over || early, "{context}: {last:?}");
            stop_of(&sim, &plan(shape), Order::Sweep);
            sim.assert_well(&context);
            let rest = sim.lock().at_rest();
            assert_eq!((rest.stages[0], rest.stages[2], rest.orphans), (Some(true), None, 0), "{context}");
            frozen += 1;
        }
    }
    println!(
        "figure: {frozen} points of promotions at which a rotator was frozen and overtaken, 0 violations"
    );
}

/// The same promotion without the engine's guard: polled whenever somebody likes.
#[test]
fn without_the_guard_a_promotion_that_thaws_late_makes_a_dead_secret_current() {
    for shape in VAULTS {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        // Up to the announcement, and dead there: what follows is what its future would have done.
        let point = promotion(shape)[3];
        run_one(&sim, &plan, Order::Run, "one", Crash::At(point));
        let document = sim.lock().shelf.document().unwrap();
        let rotation = document.rotation.unwrap();
        let (pending, expected) = (rotation.pending.unwrap().version, rotation.intent.version);
        let late = Arc::new(Mutex::new(None::<Result<(), Fault>>));
        let store = SimStore::new(&sim);
        let outcome = Arc::clone(&late);
        let mut promoting: Task<()> = Box::pin(async move {
            let entry = "queue-sync".parse().unwrap();
            let promoted = store.promote(&entry, &pending, Some(&expected)).await;
            *outcome.lock().unwrap() = Some(promoted);
        });
        let mut context = Context::from_waker(Waker::noop());
        // It looks at CURRENT and PENDING, and freezes before it writes.
        assert!(promoting.as_mut().poll(&mut context).is_pending());
        assert!(promoting.as_mut().poll(&mut context).is_pending());
        sim.pass(FROZEN);
        assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Abandoned), "{shape:?}");
        while promoting.as_mut().poll(&mut context).is_pending() {}
        assert!(late.lock().unwrap().take().unwrap().is_ok(), "nothing in the vault stops it");
        assert_eq!(sim.lock().at_rest().stages[0], Some(false), "{shape:?}: CURRENT is dead");
    }
}

/// A rotator is stopped at that point, a person sets a hold, and both go on in an order that is drawn. What was CURRENT when the hold stood, and what is in the end.
fn held_at(shape: Shape, (point, frozen): (usize, Duration), seed: u64) -> (Sim, [Option<Version>; 2]) {
    let sim = Sim::new(shape);
    let plan = plan(shape);
    let (first, person) = (engine(&sim, &plan, "one"), engine(&sim, &plan, "person"));
    let mut one: Task<()> = Box::pin(async move { drop(first.run(Order::Run).await) });
    assert!(poll_to(&sim, &mut one, point).is_none(), "{shape:?}: it goes on");
    sim.pass(frozen);
    let standing: Arc<Mutex<Option<Version>>> = Arc::default();
    let (seen, note) = (sim.clone(), Arc::clone(&standing));
    let holding = async move {
        person.hold("by hand").await.unwrap();
        *note.lock().unwrap() = seen.lock().shelf.current_version();
    };
    let mut rotators = [Rotator::new(one, None), Rotator::new(Box::pin(holding) as Task<()>, None)];
    run_all(&sim, &mut rotators, &mut Draws::new(seed), |_| ());
    let (then, now) = (standing.lock().unwrap().clone(), sim.lock().shelf.current_version());
    (sim, [then, now])
}

#[test]
fn p06_a_hold_that_stands_keeps_a_promotion_from_coming_too() {
    let mut held = 0;
    for shape in VAULTS {
        for point in promotion(shape) {
            for seed in 0..50 {
                // Half of them so late that no earlier announcement is waited for any more, and within the lease.
                let frozen = Duration::from_secs(130 * (seed % 2));
                let (sim, [then, now]) = held_at(shape, (point, frozen), seed);
                let context = format!("{shape:?}, held at {point} after {frozen:?}, seed {seed}");
                assert!(then.is_some(), "{context}: the hold stands");
                assert_eq!(then, now, "{context}: nothing was promoted");
                sim.assert_well(&context);
                held += 1;
            }
        }
    }
    println!("figure: {held} holds in the middle of a promotion, 0 promotions once they stood");
}

#[test]
fn a_promotion_that_shows_late_is_waited_for_and_nothing_is_given_up() {
    for shape in VAULTS {
        let undisturbed = Sim::new(shape);
        stop_of(&undisturbed, &plan(shape), Order::Run);
        for lag in [1, 20, 90, 170] {
            let sim = Sim::new(shape);
            sim.lock().shelf.lag = Duration::from_secs(lag);
            let stop = stop_of(&sim, &plan(shape), Order::Run);
            assert_eq!(stop, Stop::Finished(Outcome::Rotated), "{shape:?}, {lag} s behind");
            sim.assert_well(&format!("{shape:?}, {lag} s behind"));
            assert_eq!(
                sim.counts(),
                undisturbed.counts(),
                "{shape:?}, {lag} s behind: one secret was made, one ended"
            );
        }
    }
}
