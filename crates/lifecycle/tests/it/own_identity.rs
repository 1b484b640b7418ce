//! The secret that rotates is the one being rotated.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Order, Outcome, Plan, Stop, Wanted};

use crate::drills::points_of;
use crate::world::{Crash, Ended, Shape, Sim, plan, run_one, stop_of};

fn world(shape: Shape) -> (Sim, Plan) {
    let sim = Sim::new(shape);
    sim.lock().own_identity = true;
    (sim, Plan { own_identity: true, ..plan(shape) })
}

#[test]
fn p12_rotating_the_rotators_own_identity_strands_it_at_no_crash_point() {
    let mut drills = 0;
    for shape in Shape::SAFE {
        let (sim, plan) = world(shape);
        assert_eq!(
            run_one(&sim, &plan, Order::Run, "one", Crash::Never),
            Ended::With(Stop::Finished(Outcome::Rotated))
        );
        sim.assert_well("undisturbed");
        for point in points_of(&sim) {
            let (sim, plan) = world(shape);
            run_one(&sim, &plan, Order::Run, "one", Crash::At(point));
            sim.pass(Duration::from_secs(600));
            let stop = stop_of(&sim, &plan, Order::Resume);
            let context = format!("{shape:?}, died at {point}: {stop:?}");
            assert!(matches!(stop, Stop::Finished(Outcome::Rotated) | Stop::Nothing), "{context}");
            sim.assert_well(&context);
            drills += 1;
        }
    }
    println!("figure: {drills} crash points, stranded at none");
}

#[test]
fn p12_with_one_slot_only_it_is_refused() {
    let (sim, plan) = world(Shape::OneClient);
    let plan = Plan { accept_downtime_risk: true, wanted: Wanted::Auto, ..plan };
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert!(fault.detail().contains("lock it out"), "{fault}");
    assert_eq!(sim.lock().platform.generated, 0);
}
