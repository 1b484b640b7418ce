//! New secrets that do not work.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Cause, Order, Outcome, Plan, Stop, VERIFY_TRIES};
use hallpass_testkit::proving;

use crate::world::{Draws, Shape, Sim, plan, stop_of};

#[test]
fn p09_a_refused_secret_is_given_up_within_its_limits_and_one_more_is_made() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.lock().platform.bad_secrets = 1;
        assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
        let tries = sim.lock().verifications.clone();
        let first = &tries[..usize::from(VERIFY_TRIES)];
        assert_eq!(first[4].since(first[0]), Duration::from_secs(60), "{shape:?}: {first:?}");
        assert_eq!(sim.lock().at_rest().orphans, 0, "{shape:?}");
        sim.assert_well("one bad secret");
    }
}

#[test]
fn p09_two_refused_secrets_are_enough_and_a_schedule_does_not_go_on() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.lock().platform.bad_secrets = 100;
        for _ in 0..3 {
            let stop = stop_of(&sim, &plan, Order::Due);
            assert!(
                matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::SecretRefused),
                "{shape:?}: {stop:?}"
            );
        }
        assert_eq!(sim.lock().platform.generated, 2, "{shape:?}");
        assert_eq!(sim.lock().verifications.len(), 2 * usize::from(VERIFY_TRIES), "{shape:?}");
        assert_eq!(sim.lock().at_rest().orphans, 0, "{shape:?}");
        sim.lock().platform.bad_secrets = 0;
        assert_eq!(stop_of(&sim, &plan, Order::Resume), Stop::Finished(Outcome::Rotated), "{shape:?}");
        sim.assert_well("after a person looked");
    }
}

#[test]
fn p09_a_slow_activation_is_waited_for_and_no_seed_loops() {
    let seeds = if proving() { 10_000 } else { 200 };
    let mut most = 0;
    for seed in 0..seeds {
        let mut draws = Draws::new(seed);
        let shape = Shape::SAFE[draws.below(Shape::SAFE.len())];
        let sim = Sim::new(shape);
        let bad = u32::try_from(draws.below(4)).unwrap();
        sim.lock().platform.bad_secrets = bad;
        sim.lock().platform.canary_fails = draws.below(5) == 0;
        let mut plan = Plan { stay: Duration::from_secs(3600), ..plan(shape) };
        plan.capabilities.activation_delay = Duration::from_secs(draws.below(900) as u64);
        let started = sim.lock().now;
        let stop = stop_of(&sim, &plan, Order::Run);
        let tries = sim.lock().verifications.clone();
        most = most.max(tries.len());
        assert!(tries.len() <= 2 * usize::from(VERIFY_TRIES), "seed {seed}: {} tries", tries.len());
        assert!(sim.lock().platform.generated <= 2, "seed {seed}");
        let window = plan.capabilities.activation_delay.max(Duration::from_secs(60));
        let took = tries.last().map_or(Duration::ZERO, |last| last.since_epoch() - started);
        assert!(took <= 2 * window + Duration::from_secs(30), "seed {seed}: {took:?}");
        assert!(matches!(stop, Stop::Stuck(_) | Stop::Waiting(..)), "seed {seed}: {stop:?}");
        sim.assert_well(&format!("seed {seed}"));
    }
    println!("figure: {seeds} seeds, at most {most} tries in a run");
}

#[test]
fn a_canary_that_fails_stops_the_promotion() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let before = sim.lock().shelf.entries["queue-sync"].current.clone();
        sim.lock().platform.canary_fails = true;
        let stop = stop_of(&sim, &plan, Order::Run);
        let Stop::Stuck(stuck) = stop else { panic!("{stop:?}") };
        assert_eq!((stuck.cause, stuck.detail.as_str()), (Cause::CanaryFailed, "GET /api/v2/x: 403"));
        assert_eq!(sim.lock().shelf.entries["queue-sync"].current, before, "{shape:?}");
    }
}
