//! Copies of the secret that the platform itself keeps.

use std::time::Duration;

use hallpass_core::{CopyId, FaultCode};
use hallpass_lifecycle::rotation::{Order, Outcome, Plan, Stop};

use crate::drills::points_of;
use crate::world::{AtRest, Crash, Ended, Shape, Sim, plan, run_one, stop_of};

const NAMES: [&str; 2] = ["data actions", "wfm"];

/// A world with two copies, and the plan that knows them.
fn world(shape: Shape) -> (Sim, Plan) {
    let sim = Sim::new(shape);
    sim.lock().keep_copies(&NAMES);
    (sim, Plan { copies: NAMES.map(CopyId::new).into(), ..plan(shape) })
}

fn undisturbed(shape: Shape) -> (AtRest, Vec<usize>) {
    let (sim, plan) = world(shape);
    assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
    sim.assert_well("undisturbed");
    assert_eq!(sim.lock().copies_written, 2, "{shape:?}");
    let rest = sim.lock().at_rest();
    assert_eq!(rest.copies_of_current, [true, true], "{shape:?}");
    (rest, points_of(&sim))
}

#[test]
fn p01_a_crash_at_every_point_never_leaves_a_copy_without_a_secret() {
    let mut drills = 0;
    for shape in Shape::SAFE {
        let (rest, points) = undisturbed(shape);
        for point in points {
            let (sim, plan) = world(shape);
            assert_eq!(run_one(&sim, &plan, Order::Run, "one", Crash::At(point)), Ended::Crashed);
            sim.pass(Duration::from_secs(600));
            run_one(&sim, &plan, Order::Run, "two", Crash::Never);
            sim.assert_well(&format!("{shape:?}, died at {point}"));
            assert_eq!(sim.lock().at_rest(), rest, "{shape:?}, died at {point}");
            drills += 1;
        }
    }
    println!("figure: {drills} drills with two copies, 0 violations");
}

#[test]
fn p07_a_copy_written_twice_is_a_copy_written_once() {
    for shape in Shape::SAFE {
        let (rest, _) = undisturbed(shape);
        let (sim, plan) = world(shape);
        sim.lock().twice = true;
        assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
        assert_eq!(sim.lock().copies_written, 4, "{shape:?}");
        assert_eq!(sim.lock().at_rest(), rest, "{shape:?}");
    }
}

#[test]
fn a_copy_that_cannot_be_written_keeps_the_old_secret_alive_and_is_told() {
    for shape in Shape::SAFE {
        let (sim, plan) = world(shape);
        sim.lock().copies_denied.insert(NAMES[1].into());
        for _ in 0..30 {
            let stop = stop_of(&sim, &plan, Order::Due);
            let fault = stop.fault("queue-sync", sim.now()).unwrap();
            assert_eq!(
                (fault.code(), fault.detail()),
                (FaultCode::AdminDenied, "integrations:integration:edit")
            );
            sim.pass(Duration::from_secs(86_400));
        }
        assert_eq!(sim.lock().copies_written, 1, "{shape:?}: the other one was, and once only");
        assert!(sim.lock().published > 0, "{shape:?}: programs were told all the same");
        sim.assert_well("while it cannot be written");
        let before = sim.now();
        sim.lock().copies_denied.clear();
        assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Rotated), "{shape:?}");
        // Whoever reads the copy got the new secret only now, so it has as long as everybody else.
        let off = sim.lock().platform.ended.iter().rev().find(|(_, what)| what == "slot-1").unwrap().0;
        assert!(off >= before.after(plan.overlap.total()).since_epoch(), "{shape:?}");
        sim.assert_well("afterwards");
        assert_eq!(sim.lock().at_rest().copies_of_current, [true, true]);
    }
}

#[test]
fn p10_an_undo_brings_the_copies_back_before_the_new_secret_goes() {
    for shape in [Shape::Overlap, Shape::TwoClients, Shape::CappedKeys] {
        for soaked in [Duration::from_secs(60), Duration::from_secs(20 * 3600)] {
            let (sim, plan) = world(shape);
            let before = sim.lock().copies.clone();
            let run = Plan { stay: Duration::from_secs(120), ..plan.clone() };
            assert!(matches!(stop_of(&sim, &run, Order::Run), Stop::Waiting(..)));
            assert_ne!(sim.lock().copies, before, "{shape:?}");
            sim.pass(soaked);
            stop_of(&sim, &run, Order::Due);
            assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Undone), "{shape:?}");
            assert_eq!(sim.lock().copies, before, "{shape:?}");
            sim.assert_well("going back");
        }
    }
}

#[test]
fn giving_up_before_the_promotion_touches_no_copy() {
    for shape in Shape::SAFE {
        let (sim, plan) = world(shape);
        assert_eq!(stop_of(&sim, &plan, Order::Prepare), Stop::Nothing);
        assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Abandoned), "{shape:?}");
        assert_eq!(sim.lock().copies_written, 0, "{shape:?}");
    }
}

#[test]
fn a_copy_that_is_named_during_the_soak_is_written_too() {
    let (sim, plan) = world(Shape::TwoClients);
    let without =
        Plan { copies: [CopyId::new(NAMES[0])].into(), stay: Duration::from_secs(120), ..plan.clone() };
    assert!(matches!(stop_of(&sim, &without, Order::Run), Stop::Waiting(..)));
    assert_eq!(sim.lock().copies_written, 1);
    assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Rotated));
    sim.assert_well("named later");
    assert_eq!(sim.lock().at_rest().copies_of_current, [true, true]);
}
