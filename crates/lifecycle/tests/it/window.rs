//! A platform that lets two secrets live together for a time only.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Cause, Order, Outcome, Plan, Stop, Stuck};

use crate::world::{Draws, Shape, Sim, plan, stop_of};

/// A plan whose limit leaves that much beyond what a rotation takes that nothing delays.
fn limited(shape: Shape, spare: Duration) -> Plan {
    let plan = plan(shape);
    let limit = plan.both_live().total() + spare;
    // Schedules start runs that may not stay for a soak.
    Plan { platform_window: Some(limit), stay: Duration::from_secs(3600), ..plan }
}

fn stuck(stop: Stop) -> Stuck {
    match stop {
        Stop::Stuck(stuck) => stuck,
        other => unreachable!("{other:?}"),
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_rotation_that_lacks_evidence_is_stuck_before_the_platform_ends_the_old_secret() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), limited(shape, 3 * HOUR));
        sim.lock().consumers[1].acks = false;
        let mut last = stop_of(&sim, &plan, Order::Run);
        let made = sim.lock().shelf.document().unwrap().generated.unwrap();
        let end = made.after(plan.platform_window.unwrap());
        while matches!(last, Stop::Waiting(..)) {
            assert!(sim.now() < end, "{shape:?}: the platform would have ended it");
            sim.pass(HOUR);
            last = stop_of(&sim, &plan, Order::Due);
        }
        let stuck = stuck(last);
        assert_eq!(stuck.cause, Cause::WindowEnds, "{shape:?}");
        assert!(stuck.detail.contains("`b` has not said which secret it uses"), "{}", stuck.detail);
        assert!(
            stuck.at.after(plan.watch) <= end.after(HOUR),
            "{shape:?}: as long as the watch window is left"
        );
        sim.assert_well("nobody was stranded");
        // A person saw to the consumer; then the limit is no reason any more.
        sim.lock().consumers[1].acks = true;
        sim.pass(HOUR);
        let stay = Plan { stay: 365 * 24 * HOUR, ..plan };
        assert_eq!(stop_of(&sim, &stay, Order::Resume), Stop::Finished(Outcome::Rotated), "{shape:?}");
        sim.assert_well("after the person");
    }
}

#[test]
fn a_new_secret_that_came_too_late_is_not_promoted() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), limited(shape, HOUR));
        let before = sim.lock().shelf.entries["queue-sync"].current.clone();
        assert_eq!(stop_of(&sim, &plan, Order::Prepare), Stop::Nothing, "{shape:?}");
        sim.pass(2 * HOUR);
        let stop = stop_of(&sim, &plan, Order::Run);
        let fault = stop.fault("queue-sync", sim.now()).unwrap();
        assert_eq!(fault.hint(), "see to it, then type `hallpass rotate abort queue-sync`");
        assert_eq!(stuck(stop).cause, Cause::WindowSpent, "{shape:?}");
        assert_eq!(sim.lock().shelf.entries["queue-sync"].current, before, "{shape:?}: nothing was promoted");
        assert_eq!(stop_of(&sim, &plan, Order::Abort), Stop::Finished(Outcome::Abandoned), "{shape:?}");
        sim.pass(5 * HOUR);
        let stay = Plan { stay: 365 * 24 * HOUR, ..plan };
        assert_eq!(stop_of(&sim, &stay, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
        sim.assert_well("one more");
    }
}

#[test]
fn whatever_delays_it_the_old_secret_is_off_before_the_platform_ends_it_or_a_person_is_told() {
    let (mut rotated, mut told) = (0, 0);
    for seed in 0..200 {
        let mut draws = Draws::new(seed);
        let shape = Shape::SAFE[draws.below(Shape::SAFE.len())];
        let sim = Sim::new(shape);
        let plan = limited(shape, Duration::from_secs(60 * draws.below(600) as u64));
        sim.lock().consumers[draws.below(2)].acks = draws.below(2) == 0;
        let mut last = stop_of(&sim, &plan, Order::Run);
        for _ in 0..100 {
            if !matches!(last, Stop::Waiting(..)) {
                break;
            }
            sim.pass(Duration::from_secs(60 * draws.below(240) as u64));
            last = stop_of(&sim, &plan, Order::Due);
        }
        let world = sim.lock();
        let document = world.shelf.document().unwrap();
        let end = document.generated.unwrap().after(plan.platform_window.unwrap());
        let old = &world.platform.ended;
        match last {
            Stop::Finished(Outcome::Rotated) => {
                let (off, _) = old.iter().find(|(_, what)| what.contains("slot-1")).unwrap();
                assert!(*off < end.since_epoch(), "{shape:?}, seed {seed}: {old:?}");
                rotated += 1;
            }
            // Runs are up to four hours apart, and so is the telling.
            Stop::Stuck(stuck) => {
                assert!(matches!(stuck.cause, Cause::WindowEnds | Cause::WindowSpent), "{stuck:?}");
                assert!(stuck.at < end, "{shape:?}, seed {seed}");
                told += 1;
            }
            other => panic!("{shape:?}, seed {seed}: {other:?}"),
        }
    }
    assert!(rotated > 20 && told > 20, "{rotated} {told}");
    println!("figure: {rotated} off in time, {told} told in time");
}
