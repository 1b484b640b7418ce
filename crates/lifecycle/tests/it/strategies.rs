//! The three ways, end to end.

use std::time::Duration;

use hallpass_core::{Capabilities, FaultCode};
use hallpass_lifecycle::rotation::{Cause, Order, Outcome, Plan, Step, Stop, Strategy, Wanted, outline};

use crate::world::{Shape, Sim, plan, stop_of};

const PERIOD: Duration = Duration::from_secs(90 * 86_400);

#[test]
fn in_alternate_no_secret_lives_two_periods_and_the_slots_take_turns() {
    let (sim, plan) = (Sim::new(Shape::TwoClients), plan(Shape::TwoClients));
    let mut used = Vec::new();
    for round in 0..4 {
        let secret = sim.lock().consumers[0].held.clone();
        used.push(crate::world::platform::credential_of(&secret).unwrap());
        assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Rotated), "{round}");
        let world = sim.lock();
        for (slot, secret) in &used {
            assert_ne!(
                world.platform.slots[slot].secret, *secret,
                "round {round}: a secret of before is still there"
            );
        }
        assert_eq!(world.platform.slots.values().filter(|slot| slot.active).count(), 1);
        drop(world);
        sim.assert_well("a round");
        sim.pass(PERIOD);
    }
    let slots: Vec<&str> = used.iter().map(|(slot, _)| slot.as_str()).collect();
    assert_eq!(slots, ["slot-1", "slot-2", "slot-1", "slot-2"]);
}

#[test]
fn a_missing_twin_is_made_once() {
    let shape = Shape::Overlap;
    let mut plan = plan(shape);
    plan.capabilities = Capabilities { can_reset: true, ..plan.capabilities };
    let sim = Sim::new(shape);
    for _ in 0..3 {
        assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Rotated));
        assert_eq!(sim.lock().platform.slots.len(), 2);
        sim.pass(PERIOD);
    }
    sim.assert_well("a twin");
}

#[test]
fn slots_that_drifted_apart_are_not_swapped() {
    let (sim, plan) = (Sim::new(Shape::TwoClients), plan(Shape::TwoClients));
    sim.lock().platform.slots.get_mut("slot-1").unwrap().rights.push("role billing".into());
    let stop = stop_of(&sim, &plan, Order::Run);
    let Stop::Stuck(stuck) = &stop else { panic!("{stop:?}") };
    assert_eq!((stuck.cause, stuck.detail.as_str()), (Cause::RightsDiffer, "`slot-2` lacks role billing"));
    assert_eq!(sim.lock().platform.generated, 0, "not even reset");
    sim.lock().platform.slots.get_mut("slot-2").unwrap().rights.push("role billing".into());
    assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated));
}

#[test]
fn an_idle_slot_that_somebody_uses_is_not_reset() {
    let (sim, plan) = (Sim::new(Shape::TwoClients), plan(Shape::TwoClients));
    {
        let mut world = sim.lock();
        let now = world.now;
        let idle = world.platform.slots.get_mut("slot-2").unwrap();
        idle.active = true;
        idle.last_used = Some(now - Duration::from_secs(600));
    }
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!(fault.code(), FaultCode::RotationRefused);
    assert_eq!(fault.detail(), "the idle slot `slot-2` was used 10 min ago: somebody holds its secret");
}

#[test]
fn with_one_slot_the_risk_is_said_and_has_to_be_accepted() {
    let (sim, plan) = (Sim::new(Shape::OneClient), plan(Shape::OneClient));
    let stop = stop_of(&sim, &plan, Order::Run);
    assert!(stop.fault("queue-sync", sim.now()).unwrap().hint().contains("--accept-downtime-risk"));
    assert_eq!(sim.lock().platform.generated, 0);

    let exposed = outline(&plan, Strategy::Regenerate);
    assert!(exposed[Step::Generate.number() - 1].note.as_ref().unwrap().contains("dies here"));
    let plan = Plan { accept_downtime_risk: true, ..plan };
    assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated));
    assert_eq!(sim.lock().at_rest().stages, [Some(true), None, None]);
    assert_eq!(sim.lock().platform.generated, 1);
}

#[test]
fn a_plan_says_every_step_and_what_it_waits_for() {
    let plan = plan(Shape::Overlap);
    let steps = outline(&plan, Strategy::Overlap);
    assert_eq!(steps.len(), 16);
    let waits: Duration = steps.iter().map(|step| step.waits).sum();
    assert_eq!(waits, plan.overlap.total() + plan.watch + plan.capabilities.activation_delay);
    let soak = &steps[Step::Soak.number() - 1];
    assert!(soak.note.as_ref().unwrap().ends_with("= 15 h 7 min"), "{soak:?}");
}

#[test]
fn what_was_begun_in_one_way_ends_in_that_way() {
    let (sim, plan) = (Sim::new(Shape::TwoClients), plan(Shape::TwoClients));
    let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
    assert!(matches!(stop_of(&sim, &halfway, Order::Run), Stop::Waiting(..)));
    let other = Plan { wanted: Wanted::This(Strategy::Overlap), ..plan };
    assert_eq!(stop_of(&sim, &other, Order::Run), Stop::Finished(Outcome::Rotated));
    assert_eq!(sim.lock().platform.slots.len(), 2, "the configuration changed meanwhile");
}
