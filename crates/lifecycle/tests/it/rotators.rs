//! Two rotators at once, each losing its lease where chance has it.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Order, Outcome, Plan, Stop};
use hallpass_testkit::proving;

use crate::world::{Draws, Rotator, Shape, Sim, engine, plan, run_all, stop_of};

fn rotator(sim: &Sim, plan: &Plan, machine: &str) -> Rotator<Stop> {
    let engine = engine(sim, plan, machine);
    Rotator::new(async move { engine.run(Order::Run).await }, None)
}

/// Runs two rotators against each other; freezes are long enough for the other to take over.
fn duel(seed: u64) -> (Shape, Sim, Vec<Option<Stop>>) {
    let mut draws = Draws::new(seed);
    draws.freeze_one_in = 4 + draws.below(120);
    let shape = Shape::SAFE[draws.below(Shape::SAFE.len())];
    let sim = Sim::new(shape);
    let plan = plan(shape);
    let mut rotators = [rotator(&sim, &plan, "one"), rotator(&sim, &plan, "two")];
    run_all(&sim, &mut rotators, &mut draws, |_| ());
    (shape, sim, rotators.into_iter().map(Rotator::outcome).collect())
}

#[test]
fn p08_two_rotators_that_lose_their_lease_anywhere_never_leave_a_consumer_without_a_secret() {
    let seeds = if proving() { 10_000 } else { 500 };
    let (mut orphans, mut stuck, mut done) = (0, 0, 0);
    for seed in 0..seeds {
        let (shape, sim, stops) = duel(seed);
        let context = format!("{shape:?}, seed {seed}: {stops:?}");
        sim.assert_well(&context);
        let left = sim.lock().at_rest().orphans;
        // What the two left, a third brings to an end.
        sim.pass(Duration::from_secs(600));
        let last = stop_of(&sim, &plan(shape), Order::Resume);
        stuck += usize::from(matches!(last, Stop::Stuck(_)));
        done += usize::from(matches!(last, Stop::Finished(Outcome::Rotated) | Stop::Nothing));
        sim.assert_well(&context);
        assert!(left <= 2, "{context}: one is the pending secret, one an orphan");
        stop_of(&sim, &plan(shape), Order::Sweep);
        let rest = sim.lock().at_rest();
        assert_eq!(rest.stages[0], Some(true), "{context}");
        orphans += rest.orphans;
        assert_eq!(rest.orphans, 0, "{context}: {last:?}");
    }
    println!(
        "figure: {seeds} seeds, {done} at their end after a third run, {stuck} stuck, {orphans} orphans, 0 violations"
    );
    assert_eq!((done, stuck), (usize::try_from(seeds).unwrap(), 0));
}

#[test]
fn p08_neither_promotes_what_the_other_put() {
    for seed in 0..200 {
        let (shape, _, stops) = duel(10_000_000 + seed);
        // Who finished is CURRENT's maker: a rotation is finished once, and by one.
        let finished = stops.iter().flatten().filter(|stop| matches!(stop, Stop::Finished(_))).count();
        assert!(finished <= 1, "{shape:?}, seed {seed}: {stops:?}");
    }
}

#[test]
fn whoever_comes_second_is_told_who_has_the_lease() {
    let sim = Sim::new(Shape::Overlap);
    let plan = plan(Shape::Overlap);
    let other = hallpass_lifecycle::rotation::Lease {
        holder: "other/1".into(),
        term: 1,
        until: sim.now().after(Duration::from_secs(200)),
    };
    sim.lock().shelf.edit_document(|document| document.lease = Some(other));
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!(fault.code(), hallpass_core::FaultCode::LeaseHeld);
    assert_eq!(fault.detail(), "`other/1` has the lease for 3 min 20 s");
    assert_eq!(fault.retry_after(), Some(Duration::from_secs(200)));
    sim.pass(Duration::from_secs(200));
    assert_eq!(
        stop_of(&sim, &plan, Order::Run),
        Stop::Finished(Outcome::Rotated),
        "a dead machine's lease runs out"
    );
}
