//! Going back.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Cause, Order, Outcome, Plan, Stop};

use crate::world::{Draws, Shape, Sim, plan, stop_of};

fn watching(sim: &Sim, plan: &Plan) {
    let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
    assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
    sim.pass(plan.overlap.total());
    assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
}

#[test]
fn p10_the_old_secret_is_switched_off_before_it_is_deleted_and_an_undo_brings_it_back() {
    let mut slowest = Duration::ZERO;
    for seed in 0..20 {
        let mut draws = Draws::new(seed);
        let shape = [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys][draws.below(3)];
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let old = sim.lock().consumers[0].held.clone();
        watching(&sim, &plan);
        sim.pass(plan.watch.mul_f64(f64::from(u32::try_from(draws.below(90)).unwrap()) / 100.0));
        assert!(!accepts(&sim, &old), "it is off");
        // Whatever the reason: the new secret does not do.
        let asked = sim.lock().now;
        let quick = Plan { stay: Duration::from_secs(60), ..plan.clone() };
        assert!(matches!(stop_of(&sim, &quick, Order::Abort), Stop::Waiting(..)), "seed {seed}");
        let took = sim.lock().now - asked;
        slowest = slowest.max(took);
        assert!(took <= Duration::from_secs(30), "seed {seed}: {took:?}");
        let current = sim.lock().shelf.entries["queue-sync"].current.clone().unwrap().1;
        let (was, is) = (pair(&old), pair(&current));
        assert_eq!(was, is, "seed {seed}: the old secret is CURRENT again");
        assert!(accepts(&sim, &current), "seed {seed}: and it works");

        assert_eq!(
            stop_of(&sim, &plan, Order::Run),
            Stop::Finished(Outcome::Undone),
            "{shape:?}, seed {seed}"
        );
        sim.assert_well("after an undo");
        let rest = sim.lock().at_rest();
        assert_eq!((rest.stages, rest.orphans), ([Some(true), None, None], 0));
    }
    println!("figure: 20 of 20 undone, the slowest in {} s", slowest.as_secs());
}

fn accepts(sim: &Sim, value: &[u8]) -> bool {
    let world = sim.lock();
    world.platform.accepts(value, world.now)
}

fn pair(value: &[u8]) -> (String, String) {
    crate::world::platform::credential_of(value).unwrap()
}

#[test]
fn p10_nothing_is_deleted_that_was_not_switched_off_for_the_whole_watch_window() {
    for shape in [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys] {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated));
        let ended = sim.lock().platform.ended.clone();
        let of_the_old: Vec<Duration> =
            ended.iter().filter(|(_, slot)| slot == "slot-1").map(|(at, _)| *at).collect();
        assert_eq!(of_the_old.len(), 2, "{shape:?}: off, then gone");
        assert!(of_the_old[1] - of_the_old[0] >= plan.watch, "{shape:?}");
    }
}

#[test]
fn a_new_secret_that_stops_working_once_the_old_one_is_off_brings_the_old_one_back() {
    for shape in [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys] {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
        assert!(matches!(stop_of(&sim, &halfway, Order::Run), Stop::Waiting(..)));
        let old = sim.lock().shelf.entries["queue-sync"].previous.clone().unwrap().1;
        sim.pass(plan.overlap.total());
        sim.lock().platform.canary_fails = true;
        let stop = stop_of(&sim, &plan, Order::Run);
        assert!(
            matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::NewRefused),
            "{shape:?}: {stop:?}"
        );
        assert!(accepts(&sim, &old), "{shape:?}");
        let fault = stop.fault("queue-sync", sim.now()).unwrap();
        assert_eq!(fault.hint(), "see to it, then type `hallpass rotate abort queue-sync`");
        sim.lock().platform.canary_fails = false;
        assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Undone), "{shape:?}");
        sim.assert_well("undone");
    }
}

#[test]
fn before_the_promotion_giving_up_clears_away_what_was_made() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let slots = sim.lock().platform.slots.len();
        sim.lock().platform.canary_fails = true;
        assert!(
            matches!(stop_of(&sim, &plan, Order::Run), Stop::Stuck(stuck) if stuck.cause == Cause::CanaryFailed)
        );
        assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Abandoned), "{shape:?}");
        let rest = sim.lock().at_rest();
        assert_eq!((rest.stages, rest.orphans), ([Some(true), None, None], 0), "{shape:?}");
        assert_eq!(sim.lock().platform.slots.len(), slots, "{shape:?}");
        sim.assert_well("abandoned");
    }
}

#[test]
fn an_old_secret_that_is_dead_cannot_be_gone_back_to_and_then_the_new_one_stays() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    watching(&sim, &plan);
    sim.lock().platform.slots.get_mut("slot-1").unwrap().secret = "reset by hand".into();
    let stop = stop_of(&sim, &plan, Order::Abort);
    assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::UndoImpossible), "{stop:?}");
    sim.assert_well("the consumers kept the new one");
    assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated));
    let rest = sim.lock().at_rest();
    assert_eq!((rest.stages, rest.orphans), ([Some(true), None, None], 0));
}

#[test]
fn an_old_secret_that_goes_on_working_is_not_deleted_but_told() {
    for shape in [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys] {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.lock().platform.never_revokes = true;
        let stop = stop_of(&sim, &plan, Order::Run);
        assert!(
            matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::OldAccepted),
            "{shape:?}: {stop:?}"
        );
        assert!(sim.lock().platform.slots.contains_key("slot-1"), "{shape:?}");
        sim.lock().platform.never_revokes = false;
        assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated), "{shape:?}");
        sim.assert_well("after the platform woke up");
    }
}
