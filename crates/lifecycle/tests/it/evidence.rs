//! Retiring needs proof.

use std::time::Duration;

use hallpass_core::FaultCode;
use hallpass_lifecycle::rotation::{Cause, Finding, Order, Outcome, Plan, Stop};

use crate::world::{Consumer, Draws, Shape, Sim, plan, stop_of};

/// The ways in which a new secret goes astray.
const WAYS: [&str; 5] =
    ["silent", "keeps the old one", "says it is elsewhere", "stranger elsewhere", "last use only"];

fn astray(sim: &Sim, way: &str, which: usize) {
    let mut world = sim.lock();
    match way {
        "silent" => world.consumers[which].acks = false,
        "keeps the old one" => world.consumers[which].looks = false,
        "says it is elsewhere" => world.consumers[which].environment = "default".into(),
        // Somebody else got the new secret: the deployment went to another environment.
        "stranger elsewhere" => {
            let mut stranger = Consumer::new("stranger", "default");
            stranger.registered = false;
            world.consumers.push(stranger);
        }
        // It acknowledges what it was given, and goes on with what it has.
        _ => {
            world.consumers[which].looks = false;
            world.consumers[which].registered = false;
        }
    }
}

#[test]
fn p05_a_new_secret_that_went_astray_retires_nothing() {
    let (mut refused, mut ended) = (0, 0);
    for seed in 0..50 {
        let mut draws = Draws::new(seed);
        let way = WAYS[usize::try_from(seed).unwrap() % WAYS.len()];
        let shapes: &[Shape] =
            if way == "last use only" { &[Shape::Overlap, Shape::TwoClients] } else { &Shape::SAFE };
        let shape = shapes[draws.below(shapes.len())];
        let sim = Sim::new(shape);
        let mut plan = plan(shape);
        plan.stay = Duration::from_secs(86_400 * draws.below(5) as u64);
        plan.patience = Duration::from_secs(86_400);
        astray(&sim, way, draws.below(2));
        let before = sim.lock().platform.ended.len();
        let mut last = stop_of(&sim, &plan, Order::Run);
        for _ in 0..12 {
            sim.pass(Duration::from_secs(3600 * (1 + draws.below(30) as u64)));
            last = stop_of(&sim, &plan, Order::Due);
        }
        let reset_of_the_idle = usize::from(shape.takes_turns());
        let context = format!("seed {seed}, {way}, {shape:?}: {last:?}");
        assert_eq!(sim.lock().platform.ended.len(), before + reset_of_the_idle, "{context}");
        assert!(matches!(&last, Stop::Stuck(_) | Stop::Waiting(..)), "{context}");
        sim.assert_well(&context);
        refused += 1;
        ended += sim.lock().platform.ended.len() - before - reset_of_the_idle;
    }
    println!("figure: {refused} cases, {refused} refused, {ended} secrets ended");
}

#[test]
fn p05_a_secret_of_another_environment_is_not_rotated() {
    let shape = Shape::Overlap;
    let elsewhere = Plan { environment: "default".parse().unwrap(), ..plan(shape) };
    let sim = Sim::new(shape);
    let stop = stop_of(&sim, &elsewhere, Order::Run);
    assert_eq!(stop.fault("queue-sync", sim.now()).unwrap().code(), FaultCode::EnvironmentMismatch);
    assert_eq!(sim.lock().platform.generated, 0);
    assert!(sim.lock().shelf.document().is_none(), "nothing was written either");
}

#[test]
fn the_reasons_are_named_while_it_waits_and_once_it_is_stuck() {
    let shape = Shape::CappedKeys;
    let sim = Sim::new(shape);
    sim.lock().consumers[1].acks = false;
    let mut plan = plan(shape);
    plan.stay = Duration::from_secs(60);
    let stop = stop_of(&sim, &plan, Order::Run);
    let Stop::Waiting(until, findings) = &stop else { panic!("{stop:?}") };
    assert_eq!(until.since(sim.now()).as_secs() / 60, plan.overlap.total().as_secs() / 60);
    assert!(findings.contains(&Finding::Silent("b".into())), "{findings:?}");
    assert!(sim.lock().shelf.document().unwrap().lease.is_none(), "who waits for hours gives the lease back");

    plan.stay = Duration::from_secs(86_400 * 30);
    let stop = stop_of(&sim, &plan, Order::Run);
    let Stop::Stuck(stuck) = &stop else { panic!("{stop:?}") };
    assert_eq!(
        (stuck.cause, stuck.detail.as_str()),
        (Cause::NoEvidence, "`b` has not said which secret it uses")
    );
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!(fault.hint(), "see to it, then type `hallpass rotate resume queue-sync`");

    sim.lock().consumers[1].acks = true;
    sim.pass(Duration::from_secs(600));
    assert_eq!(stop_of(&sim, &plan, Order::Due), stop, "a schedule does not overrule a person");
    assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated));
    sim.assert_well("after the consumer spoke");
}

#[test]
fn waiting_costs_no_write_and_consumers_are_told_once() {
    let shape = Shape::Overlap;
    let sim = Sim::new(shape);
    let plan = Plan { stay: Duration::from_secs(60), ..plan(shape) };
    stop_of(&sim, &plan, Order::Run);
    let written = sim.lock().shelf.document();
    for _ in 0..5 {
        sim.pass(Duration::from_secs(3600));
        assert!(matches!(stop_of(&sim, &plan, Order::Due), Stop::Waiting(..)));
    }
    assert_eq!(sim.lock().shelf.document(), written);
    assert_eq!(sim.lock().published, 1);
}
