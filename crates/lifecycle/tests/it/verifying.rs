//! New secrets that do not work.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Cause, Order, Outcome, Plan, Stop, VERIFY_TRIES};
use hallpass_testkit::proving;

use crate::world::{Crash, Draws, Ended, Shape, Sim, plan, run_one, stop_of};

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
fn p09_the_limits_hold_however_the_tries_are_cut_into_runs() {
    let seeds = if proving() { 10_000 } else { 300 };
    let (mut most, mut runs) = (0, 0);
    for seed in 0..seeds {
        let mut draws = Draws::new(seed);
        let shape = Shape::SAFE[draws.below(Shape::SAFE.len())];
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.lock().platform.bad_secrets = 1000;
        let mut last = None;
        for _ in 0..200 {
            // A schedule whose runs may not stay for the pause, and machines that die anywhere.
            let stay = Duration::from_secs([0, 0, 3, 10, 30][draws.below(5)]);
            let plan = Plan { stay, ..plan.clone() };
            let crash = if draws.below(3) == 0 { Crash::At(draws.below(120)) } else { Crash::Never };
            let ended = run_one(&sim, &plan, Order::Due, "one", crash);
            runs += 1;
            let waits = [0, 5, 20, 60, 3600][draws.below(5)];
            // Whoever died has the lease for a while yet.
            let lease = if ended == Ended::Crashed { 301 } else { 0 };
            sim.pass(Duration::from_secs(waits + lease));
            if matches!(ended, Ended::With(Stop::Stuck(_))) {
                last = Some(ended);
                break;
            }
        }
        let tries = sim.lock().verifications.len();
        most = most.max(tries);
        assert!(tries <= 2 * usize::from(VERIFY_TRIES), "{shape:?}, seed {seed}: {tries} tries");
        let refused = |ended: &Ended| matches!(ended, Ended::With(Stop::Stuck(stuck)) if stuck.cause == Cause::SecretRefused);
        assert!(last.as_ref().is_some_and(refused), "{shape:?}, seed {seed}: {last:?}");
        assert_eq!(sim.lock().at_rest().orphans, 0, "{shape:?}, seed {seed}");
        sim.assert_well(&format!("{shape:?}, seed {seed}"));
    }
    println!("figure: {seeds} rotations cut into {runs} runs, at most {most} tries");
}

#[test]
fn a_platform_that_does_not_answer_refuses_nothing_however_many_runs_ask() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), Plan { stay: Duration::ZERO, ..plan(shape) });
        sim.lock().unreachable = true;
        for _ in 0..20 {
            let stop = stop_of(&sim, &plan, Order::Due);
            assert!(matches!(stop, Stop::Waiting(..) | Stop::Failed(_)), "{shape:?}: {stop:?}");
            sim.pass(Duration::from_secs(3600));
        }
        assert_eq!(sim.lock().platform.generated, 1, "{shape:?}: no second secret");
        let rotation = sim.lock().shelf.document().unwrap().rotation.unwrap();
        assert_eq!((rotation.tries, rotation.refused), (None, 0), "{shape:?}");
        sim.lock().unreachable = false;
        let stays = Plan { stay: Duration::from_secs(365 * 86_400), ..plan };
        assert_eq!(stop_of(&sim, &stays, Order::Due), Stop::Finished(Outcome::Rotated), "{shape:?}");
    }
}

#[test]
fn an_accepted_secret_may_be_tried_as_often_as_somebody_asks() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        assert_eq!(stop_of(&sim, &plan, Order::Prepare), Stop::Nothing, "{shape:?}");
        for _ in 0..3 * VERIFY_TRIES {
            assert_eq!(stop_of(&sim, &plan, Order::Try), Stop::Nothing, "{shape:?}");
            sim.pass(Duration::from_secs(60));
        }
        assert_eq!(sim.lock().platform.generated, 1, "{shape:?}");
        assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
    }
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
