//! Crashes in the middle of a revocation, and revocations in the middle of everything else.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_lifecycle::rotation::{Consent, Order, Outcome, Plan, Stop};
use hallpass_testkit::proving;

use crate::drills::points_of;
use crate::revoke::{revoke_one, revoked};
use crate::world::{Crash, Ended, Position, Shape, Sim, plan, run_one, stop_of};

/// Long enough for every lease to run out.
const AWAY: Duration = Duration::from_secs(600);

fn current_works(shape: Shape, consent: &Consent) -> bool {
    shape != Shape::OneClient && !consent.disable_first
}

/// Nothing that leaked works or can be switched on again, and what is CURRENT works.
pub(crate) fn assert_ended(sim: &Sim, context: &str) {
    sim.assert_well(context);
    assert!(!sim.can_come_back(), "{context}: a slot still has what leaked");
    let world = sim.lock();
    let document = world.shelf.document().unwrap();
    assert_eq!(document.revocation, None, "{context}");
    assert!(document.revoked.is_some_and(|revoked| revoked.ended.is_some()), "{context}");
    drop(world);
    let rest = sim.lock().at_rest();
    assert_eq!((rest.stages, rest.orphans), ([Some(true), None, None], 0), "{context}");
}

/// Dies at that point of a revocation; another machine, which knows nothing, goes on by its schedule.
fn with_crash(sim: &Sim, plan: &Plan, consent: &Consent, point: usize) -> Ended {
    let ended = revoke_one(sim, plan, consent, "one", Crash::At(point));
    if ended != Ended::Crashed {
        return ended;
    }
    sim.pass(AWAY);
    let marked = sim.lock().shelf.document().is_some_and(|document| document.revocation.is_some());
    let over = sim.lock().shelf.document().is_some_and(|document| document.revoked.is_some());
    match (marked, over) {
        // The last write had its effect.
        (false, true) => revoked(),
        (true, _) => run_one(sim, plan, Order::Due, "two", Crash::Never),
        // Nothing was marked yet: whoever typed it types it again.
        (false, false) => revoke_one(sim, plan, consent, "two", Crash::Never),
    }
}

fn orders() -> [Consent; 2] {
    [Consent::default(), Consent { disable_first: true, ..Consent::default() }]
}

const ALL: [Shape; 5] =
    [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys, Shape::NoSwitch, Shape::OneClient];

#[test]
fn a_crash_at_every_point_of_a_revocation_leaves_what_leaked_dead_and_a_secret_that_works() {
    let (mut drills, mut named) = (0, BTreeSet::new());
    for (shape, consent) in ALL.into_iter().flat_map(|shape| orders().map(|consent| (shape, consent))) {
        let sim = Sim::new(shape);
        sim.leak(current_works(shape, &consent));
        assert_eq!(revoke_one(&sim, &plan(shape), &consent, "one", Crash::Never), revoked(), "{shape:?}");
        assert_ended(&sim, "undisturbed");
        let trace = sim.lock().trace.clone();
        let rest = sim.lock().at_rest();
        named.extend(trace.iter().map(|(step, position)| (shape, consent.disable_first, *step, *position)));
        for point in 1..=trace.len() {
            let sim = Sim::new(shape);
            sim.leak(current_works(shape, &consent));
            let ended = with_crash(&sim, &plan(shape), &consent, point);
            let context =
                format!("{shape:?}, {consent:?}, died at {point}: {:?}: {ended:?}", trace[point - 1]);
            assert_eq!(ended, revoked(), "{context}");
            assert_ended(&sim, &context);
            assert_eq!(sim.lock().at_rest().slots, rest.slots, "{context}");
            drills += 1;
        }
    }
    let named = named.len();
    println!(
        "figure: {drills} crashes of revocations at {named} combinations of platform, order, step and position, 0 violations"
    );
}

#[test]
fn a_revocation_in_the_middle_of_any_rotation_ends_everything_that_the_entry_held() {
    let mut drills = 0;
    for (shape, consent) in Shape::SAFE.into_iter().flat_map(|shape| orders().map(|consent| (shape, consent)))
    {
        let sim = Sim::new(shape);
        stop_of(&sim, &plan(shape), Order::Run);
        let points = points_of(&sim);
        for (index, point) in points.into_iter().enumerate() {
            let sim = Sim::new(shape);
            run_one(&sim, &plan(shape), Order::Run, "one", Crash::At(point));
            sim.pass(AWAY);
            sim.leak(current_works(shape, &consent));
            // Every third of them dies again, somewhere in the revocation.
            let ended = if index % 3 == 2 || proving() {
                with_crash(&sim, &plan(shape), &consent, 7 * index % 150)
            } else {
                revoke_one(&sim, &plan(shape), &consent, "two", Crash::Never)
            };
            let context = format!("{shape:?}, {consent:?}, in the middle at {point}: {ended:?}");
            assert_eq!(ended, revoked(), "{context}");
            assert_ended(&sim, &context);
            drills += 1;
        }
    }
    println!("figure: {drills} revocations in the middle of rotations, 0 violations");
}

#[test]
fn a_revocation_in_the_middle_of_going_back_brings_nothing_back() {
    let mut drills = 0;
    for shape in [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys] {
        let plan = plan(shape);
        let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
        let turned = |sim: &Sim, crash: Crash| {
            assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
            sim.pass(plan.overlap.total());
            assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
            sim.lock().trace.clear();
            run_one(sim, &halfway, Order::Abort, "one", crash)
        };
        let sim = Sim::new(shape);
        turned(&sim, Crash::Never);
        let points = points_of(&sim);
        for (index, point) in points.into_iter().enumerate() {
            for order in orders() {
                let sim = Sim::new(shape);
                turned(&sim, Crash::At(point));
                sim.pass(AWAY);
                let works = sim.lock().at_rest().stages[0] == Some(true);
                sim.leak(works && current_works(shape, &order));
                let ended = if index % 2 == 1 {
                    with_crash(&sim, &plan, &order, 11 * index % 150)
                } else {
                    revoke_one(&sim, &plan, &order, "two", Crash::Never)
                };
                let context = format!("{shape:?}, {order:?}, going back at {point}: {ended:?}");
                assert_eq!(ended, revoked(), "{context}");
                assert_ended(&sim, &context);
                drills += 1;
            }
        }
    }
    println!("figure: {drills} revocations in the middle of going back, 0 violations");
}

#[test]
fn every_effect_of_a_revocation_done_twice_leaves_what_doing_it_once_leaves() {
    for shape in ALL {
        let once = Sim::new(shape);
        once.leak(current_works(shape, &Consent::default()));
        assert_eq!(revoke_one(&once, &plan(shape), &Consent::default(), "one", Crash::Never), revoked());
        let sim = Sim::new(shape);
        sim.leak(current_works(shape, &Consent::default()));
        sim.lock().twice = true;
        assert_eq!(revoke_one(&sim, &plan(shape), &Consent::default(), "one", Crash::Never), revoked());
        assert_ended(&sim, "every effect twice");
        assert_eq!(sim.lock().at_rest(), once.lock().at_rest(), "{shape:?}");
    }
}

#[test]
fn what_leaked_never_comes_back_with_the_rotations_that_follow() {
    for (shape, consent) in Shape::SAFE.into_iter().flat_map(|shape| orders().map(|consent| (shape, consent)))
    {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.leak(current_works(shape, &consent));
        assert_eq!(revoke_one(&sim, &plan, &consent, "one", Crash::Never), revoked());
        for _ in 0..3 {
            assert!(
                !matches!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(_)),
                "there is nothing to go back to"
            );
            sim.pass(Duration::from_secs(91 * 86_400));
            let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
            assert!(matches!(stop_of(&sim, &halfway, Order::Due), Stop::Waiting(..)), "{shape:?}");
            sim.pass(plan.overlap.total());
            stop_of(&sim, &halfway, Order::Due);
            stop_of(&sim, &plan, Order::Abort);
            sim.pass(Duration::from_secs(91 * 86_400));
            assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Rotated), "{shape:?}");
            sim.assert_well("it came back");
            assert!(!sim.can_come_back(), "{shape:?}");
        }
    }
}

#[test]
fn every_point_of_a_revocation_is_one_of_a_step() {
    let sim = Sim::new(Shape::TwoClients);
    revoke_one(&sim, &plan(Shape::TwoClients), &Consent::default(), "one", Crash::Never);
    let positions: BTreeSet<Position> = sim.lock().trace.iter().map(|(_, position)| *position).collect();
    assert_eq!(positions.len(), 3, "before, after, and before the journal");
}
