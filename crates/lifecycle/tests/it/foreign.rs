//! Changes that somebody else makes while a rotation is under way.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Cause, Order, Outcome, Plan, Step, Stop};

use crate::world::{Crash, Shape, Sim, plan, run_one, stop_of, stored};

/// When somebody interferes.
#[derive(Clone, Copy, Debug)]
enum When {
    Soaking,
    Watching,
}

type Change = (&'static str, When, fn(&Sim), Cause);

fn old(sim: &Sim) -> String {
    sim.lock().shelf.document().unwrap().rotation.unwrap().intent.slot.to_string()
}

fn new(sim: &Sim) -> String {
    sim.lock().shelf.document().unwrap().rotation.unwrap().pending.unwrap().slot.to_string()
}

/// Resets a slot as somebody does in the console.
fn reset(sim: &Sim, slot: &str) {
    let mut world = sim.lock();
    let now = world.now;
    world.platform.make(Some(slot), now);
}

fn touch(sim: &Sim, slot: &str, active: bool) {
    let mut world = sim.lock();
    let slot = world.platform.slots.get_mut(slot).unwrap();
    slot.active = active;
    slot.revision += 1;
}

fn remove(sim: &Sim, slot: &str) {
    sim.lock().platform.slots.remove(slot);
}

fn another_slot(sim: &Sim) {
    let mut world = sim.lock();
    let now = world.now;
    world.platform.make_foreign("console", now);
}

fn another_secret(sim: &Sim) {
    let mut world = sim.lock();
    let now = world.now;
    let (id, secret) = world.platform.make(None, now);
    world.shelf.put_by_hand("queue-sync", stored(&id, &secret, 9).into_bytes(), now);
}

const CHANGES: [Change; 12] = [
    (
        "the new secret was reset in the console",
        When::Soaking,
        |sim| reset(sim, &new(sim)),
        Cause::NewSecretChanged,
    ),
    (
        "the new slot was switched off",
        When::Soaking,
        |sim| touch(sim, &new(sim), false),
        Cause::NewSecretChanged,
    ),
    ("the new slot was deleted", When::Soaking, |sim| remove(sim, &new(sim)), Cause::NewSecretChanged),
    (
        "the old secret was reset in the console",
        When::Soaking,
        |sim| reset(sim, &old(sim)),
        Cause::PlatformChanged,
    ),
    (
        "the old slot was switched off",
        When::Soaking,
        |sim| touch(sim, &old(sim), false),
        Cause::PlatformChanged,
    ),
    ("somebody made another slot", When::Soaking, another_slot, Cause::PlatformChanged),
    ("somebody stored another secret", When::Soaking, another_secret, Cause::StoreChanged),
    (
        "the old slot was switched on again",
        When::Watching,
        |sim| touch(sim, &old(sim), true),
        Cause::PlatformChanged,
    ),
    ("the old slot was changed", When::Watching, |sim| touch(sim, &old(sim), false), Cause::PlatformChanged),
    (
        "the new secret was reset while watching",
        When::Watching,
        |sim| reset(sim, &new(sim)),
        Cause::NewSecretChanged,
    ),
    ("somebody made another slot while watching", When::Watching, another_slot, Cause::PlatformChanged),
    ("somebody stored another secret while watching", When::Watching, another_secret, Cause::StoreChanged),
];

fn until(sim: &Sim, plan: &Plan, when: When) {
    let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
    assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
    if matches!(when, When::Watching) {
        sim.pass(plan.overlap.total());
        assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
        assert!(sim.lock().shelf.document().unwrap().rotation.unwrap().retire.is_some());
    }
}

#[test]
fn p11_a_change_by_somebody_else_is_noticed_before_anything_is_deleted() {
    let mut noticed = 0;
    for shape in [Shape::Overlap, Shape::TwoClients] {
        for (what, when, change, cause) in CHANGES {
            let (sim, plan) = (Sim::new(shape), plan(shape));
            until(&sim, &plan, when);
            change(&sim);
            // Consumers that lost their secret to the console are no fault of ours.
            sim.lock().violations.clear();
            let before = sim.lock().platform.ended.len();
            let slots = sim.lock().platform.slots.len();
            let stop = stop_of(&sim, &plan, Order::Run);
            let Stop::Stuck(stuck) = &stop else { panic!("{shape:?}: {what}: {stop:?}") };
            assert_eq!(stuck.cause, cause, "{shape:?}: {what}: {}", stuck.detail);
            assert_eq!(sim.lock().platform.ended.len(), before, "{shape:?}: {what}");
            assert_eq!(sim.lock().platform.slots.len(), slots, "{shape:?}: {what}");
            noticed += 1;
        }
    }
    println!("figure: {noticed} of {noticed} changes noticed, 0 deletions");
}

#[test]
fn what_shows_in_the_list_is_noticed_where_the_platform_dates_nothing() {
    for shape in [Shape::CappedKeys, Shape::NoSwitch] {
        for (what, _, change, cause) in [CHANGES[1], CHANGES[2], CHANGES[6]] {
            let (sim, plan) = (Sim::new(shape), plan(shape));
            until(&sim, &plan, When::Soaking);
            change(&sim);
            let before = sim.lock().platform.ended.len();
            let stop = stop_of(&sim, &plan, Order::Run);
            assert!(
                matches!(&stop, Stop::Stuck(stuck) if stuck.cause == cause),
                "{shape:?}: {what}: {stop:?}"
            );
            assert_eq!(sim.lock().platform.ended.len(), before, "{shape:?}: {what}");
        }
    }
}

#[test]
fn a_person_who_has_looked_may_go_on() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    until(&sim, &plan, When::Soaking);
    another_slot(&sim);
    assert!(matches!(stop_of(&sim, &plan, Order::Run), Stop::Stuck(_)));
    assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated));
    let slots: Vec<String> = sim.lock().platform.slots.keys().cloned().collect();
    assert_eq!(slots, ["console", "slot-2"], "what somebody made stays");
    sim.assert_well("after a person looked");
}

#[test]
fn a_secret_that_somebody_stored_meanwhile_is_left_in_peace() {
    for shape in [Shape::Overlap, Shape::TwoClients] {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        until(&sim, &plan, When::Soaking);
        another_secret(&sim);
        assert!(matches!(stop_of(&sim, &plan, Order::Run), Stop::Stuck(_)));
        let slots = sim.lock().platform.slots.len();
        assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Superseded));
        assert_eq!(sim.lock().platform.slots.len(), slots);
    }
}

#[test]
fn slots_of_others_are_never_touched_and_named_when_they_are_in_the_way() {
    let (sim, plan) = (Sim::new(Shape::CappedKeys), plan(Shape::CappedKeys));
    another_slot(&sim);
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!(fault.code(), hallpass_core::FaultCode::SlotsFull);
    assert_eq!(fault.detail(), "2 of 2 are taken: `console`, `slot-1`");
    assert_eq!(sim.counts(), (0, 0));
    remove(&sim, "console");
    assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated));
}

#[test]
fn of_more_new_slots_than_were_asked_for_none_is_deleted() {
    for shape in [Shape::Overlap, Shape::CappedKeys] {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let lost = crate::world::points_in(shape, Step::Generate);
        // The reply is lost, and before anybody looks somebody makes a slot in the console: undated ones cannot be told apart.
        run_one(&sim, &plan, Order::Run, "one", Crash::At(*lost.last().unwrap()));
        let made = sim.lock().platform.slots.len();
        another_slot(&sim);
        sim.pass(Duration::from_secs(600));
        let stop = stop_of(&sim, &plan, Order::Run);
        assert!(
            matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::PlatformChanged),
            "{shape:?}: {stop:?}"
        );
        assert_eq!(sim.lock().platform.slots.len(), made + 1, "{shape:?}");
        sim.assert_well("nothing touched");
    }
}

#[test]
fn the_one_command_leads_to_the_end_whatever_somebody_changed() {
    for shape in [Shape::Overlap, Shape::TwoClients] {
        for (what, when, change, _) in CHANGES {
            let (sim, plan) = (Sim::new(shape), plan(shape));
            until(&sim, &plan, when);
            change(&sim);
            let Stop::Stuck(stuck) = stop_of(&sim, &plan, Order::Run) else { panic!("{shape:?}: {what}") };
            let order = if stuck.cause.verb() == "resume" { Order::Resume } else { Order::Abort };
            let stop = stop_of(&sim, &plan, order);
            assert!(matches!(stop, Stop::Finished(_)), "{shape:?}: {what}: {order:?}: {stop:?}");
            sim.pass(Duration::from_secs(60));
            assert_eq!(sim.lock().at_rest().stages[0], Some(true), "{shape:?}: {what}");
        }
    }
}
