//! A secret leaked: which of them die, in which order, and who is told.

use std::time::Duration;

use hallpass_core::{Credential, Fingerprint, Secret, Version};
use hallpass_lifecycle::rotation::{
    AckReport, Cause, Consent, Lookout, Order, Outcome, Plan, Stop, Verdict, evidence,
};

use crate::revoke_drills::assert_ended;
use crate::world::{Crash, Draws, Ended, Rotator, Shape, Sim, block_on, engine, plan, run_all, stop_of};

/// Types it on that machine.
pub(crate) fn revoke_one(sim: &Sim, plan: &Plan, consent: &Consent, machine: &str, crash: Crash) -> Ended {
    let (engine, consent) = (engine(sim, plan, machine), consent.clone());
    let dies_after = match crash {
        Crash::Never => None,
        Crash::At(point) => Some(point),
    };
    let rotator = Rotator::new(async move { engine.revoke(&consent).await }, dies_after);
    let mut rotators = [rotator];
    run_all(sim, &mut rotators, &mut Draws::new(0), |_| ());
    let [rotator] = rotators;
    rotator.outcome().map_or(Ended::Crashed, Ended::With)
}

pub(crate) fn revoked() -> Ended {
    Ended::With(Stop::Finished(Outcome::Revoked))
}

fn stop_revoking(sim: &Sim, plan: &Plan, consent: &Consent) -> Stop {
    match revoke_one(sim, plan, consent, "one", Crash::Never) {
        Ended::With(stop) => stop,
        Ended::Crashed => unreachable!("nothing crashes it"),
    }
}

fn stage(sim: &Sim, stage: usize) -> (Fingerprint, (String, String)) {
    let entry = sim.lock().shelf.entries["queue-sync"].clone();
    let value = [entry.current, entry.previous, entry.pending][stage].clone().unwrap().1;
    let pair = crate::world::platform::credential_of(&value).unwrap();
    let credential = Credential::parse(&Secret::new(value), Version::new("1"), &[]).unwrap();
    (credential.fingerprint(), pair)
}

fn soaking(sim: &Sim, plan: &Plan) {
    let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
    assert!(matches!(stop_of(sim, &halfway, Order::Run), Stop::Waiting(..)));
}

fn accepted(sim: &Sim, pair: &(String, String)) -> bool {
    let world = sim.lock();
    world.platform.accepts_pair(pair, world.now)
}

const TWO: [Shape; 6] = Shape::SAFE;

#[test]
fn the_new_secret_works_before_the_old_one_is_off_and_all_of_it_takes_minutes_not_days() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let (fingerprint, pair) = stage(&sim, 0);
        sim.leak(true);
        let began = sim.lock().now;
        assert_eq!(stop_revoking(&sim, &plan, &Consent::default()), Stop::Finished(Outcome::Revoked));
        assert_ended(&sim, &format!("{shape:?}"));
        let took = sim.lock().now - began;
        assert!(took <= Duration::from_secs(120), "{shape:?}: {took:?}");
        let revoked = sim.lock().shelf.document().unwrap().revoked.unwrap();
        let [leaked] = revoked.leaked.as_slice() else { panic!("{revoked:?}") };
        assert_eq!((leaked.fingerprint, leaked.slot.as_str()), (fingerprint, pair.0.as_str()));
        assert_eq!(leaked.tried.as_ref().map(|tried| &tried.verdict), Some(&Verdict::Refused), "{shape:?}");
        assert!(leaked.off.is_some() && leaked.gone >= leaked.off, "{leaked:?}");
        assert_eq!(sim.lock().published, 1, "{shape:?}");
    }
}

#[test]
fn disable_first_ends_what_leaked_before_anything_is_made() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.leak(false);
        let consent = Consent { disable_first: true, ..Consent::default() };
        let made_before = |sim: &Sim| {
            let world = sim.lock();
            (world.platform.ended.first().map(|(_, slot)| slot.clone()), world.platform.generated)
        };
        // It dies at each point in turn until the first secret has ended: none was made by then.
        let first = (1..200).find_map(|point| {
            let sim = Sim::new(shape);
            sim.leak(false);
            revoke_one(&sim, &plan, &consent, "one", Crash::At(point));
            let (ended, made) = made_before(&sim);
            ended.map(|ended| (ended, made))
        });
        assert_eq!(first, Some(("slot-1".to_owned(), 0)), "{shape:?}");
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert_ended(&sim, &format!("{shape:?}"));
    }
}

/// Whatever a run that died left behind is ours, at every point; what somebody else made the day before is told, and lives on.
#[test]
fn strangers_are_told_at_every_point_of_a_revocation_and_what_we_made_is_none() {
    let (mut looks, day) = (0, Duration::from_secs(86_400));
    for (shape, made) in [
        (Shape::Overlap, true),
        (Shape::Overlap, false),
        (Shape::CappedKeys, false),
        (Shape::TwoClients, false),
    ] {
        let plan = plan(shape);
        for point in 1.. {
            let sim = Sim::new(shape);
            let before = sim.lock().now - day;
            if made {
                sim.lock().platform.make_foreign("console", before);
            }
            let ended = revoke_one(&sim, &plan, &Consent::default(), "one", Crash::At(point));
            let looking = engine(&sim, &plan, "two");
            let seen = block_on(&sim, async move { looking.observe().await }).unwrap();
            // Before there is a mark there is nothing to tell.
            if let Some(evidence) = evidence(&seen, &AckReport::default(), &plan, &Lookout::default()) {
                let told: Vec<_> = evidence.strangers.iter().map(|stranger| stranger.slot.as_str()).collect();
                assert_eq!(
                    told,
                    if made { vec!["console"] } else { Vec::new() },
                    "{shape:?}, died at {point}"
                );
                looks += 1;
            }
            if ended != Ended::Crashed {
                break;
            }
        }
    }
    assert!(looks > 100, "{looks}");
}

#[test]
fn one_slot_is_reset_in_place() {
    for disable_first in [false, true] {
        let (sim, plan) = (Sim::new(Shape::OneClient), plan(Shape::OneClient));
        sim.leak(false);
        let consent = Consent { disable_first, ..Consent::default() };
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked));
        assert_ended(&sim, "one slot");
        let revoked = sim.lock().shelf.document().unwrap().revoked.unwrap();
        assert_eq!(revoked.leaked[0].tried.as_ref().map(|tried| &tried.verdict), Some(&Verdict::Refused));
    }
}

#[test]
fn in_the_soak_the_previous_one_alone_is_ended_and_the_new_one_stays() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        soaking(&sim, &plan);
        let ((current, _), (previous, pair)) = (stage(&sim, 0), stage(&sim, 1));
        sim.leak_only(&[pair], true);
        let consent = Consent { only: Some(previous), ..Consent::default() };
        let made = sim.counts().1;
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert_ended(&sim, &format!("{shape:?}"));
        assert_eq!(stage(&sim, 0).0, current, "{shape:?}");
        // In `alternate` the reset of what leaked counts as one made; nobody has its value.
        let reset = u32::from(matches!(shape, Shape::TwoClients | Shape::TwoClientsInVault));
        assert_eq!(sim.counts().1, made + reset, "{shape:?}");
    }
}

#[test]
fn in_the_soak_the_current_one_alone_takes_a_second_replacement() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        soaking(&sim, &plan);
        let (current, pair) = stage(&sim, 0);
        sim.leak_only(&[pair], true);
        let consent = Consent { only: Some(current), ..Consent::default() };
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert_ended(&sim, &format!("{shape:?}"));
        assert_ne!(stage(&sim, 0).0, current, "{shape:?}");
    }
}

#[test]
fn a_pending_secret_alone_is_given_up_and_what_is_in_use_soaks_as_ever() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        sim.lock().platform.canary_fails = true;
        assert!(matches!(stop_of(&sim, &plan, Order::Run), Stop::Stuck(_)));
        sim.lock().platform.canary_fails = false;
        let (pending, pair) = stage(&sim, 2);
        let used = stage(&sim, 0).1;
        sim.leak_only(std::slice::from_ref(&pair), true);
        let consent = Consent { only: Some(pending), ..Consent::default() };
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert!(!accepted(&sim, &pair) && !sim.can_come_back(), "{shape:?}");
        assert!(accepted(&sim, &used), "{shape:?}: it did not leak");
        assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
        sim.assert_well("afterwards");
    }
}

#[test]
fn hold_wins_unless_it_is_passed_and_a_later_one_wins_again() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let holding = engine(&sim, &plan, "two");
        block_on(&sim, async move { holding.hold("a freeze").await }).unwrap();
        let stop = stop_revoking(&sim, &plan, &Consent::default());
        assert!(matches!(&stop, Stop::Refused(trouble) if trouble.code == "rotation-held"), "{stop:?}");
        assert_eq!(sim.counts(), (0, 0), "{shape:?}");
        assert_eq!(sim.lock().shelf.document().unwrap().revocation, None, "nothing was marked");

        let consent = Consent { despite_hold: true, ..Consent::default() };
        assert_eq!(revoke_one(&sim, &plan, &consent, "one", Crash::At(60)), Ended::Crashed);
        sim.pass(Duration::from_secs(600));
        let again = engine(&sim, &plan, "two");
        block_on(&sim, async move {
            again.release().await.unwrap();
            again.hold("stop that").await
        })
        .unwrap();
        let then = sim.counts();
        assert!(matches!(stop_revoking(&sim, &plan, &Consent::default()), Stop::Refused(_)), "{shape:?}");
        assert!(matches!(stop_of(&sim, &plan, Order::Due), Stop::Held(_)), "{shape:?}");
        assert_eq!(sim.counts(), then, "{shape:?}");
        sim.leak(true);
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert!(matches!(stop_of(&sim, &plan, Order::Run), Stop::Held(_)), "it holds for everything else");
    }
}

#[test]
fn a_rotation_that_runs_on_another_machine_carries_it_out() {
    for (seed, shape) in (0..40).flat_map(|seed| TWO.map(|shape| (seed, shape))) {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let (rotating, revoking) = (engine(&sim, &plan, "one"), engine(&sim, &plan, "two"));
        let mut draws = Draws::new(seed);
        let later = draws.below(120);
        let world = sim.clone();
        let mut rotators = [
            Rotator::new(async move { rotating.run(Order::Run).await }, None),
            Rotator::new(
                async move {
                    for _ in 0..later {
                        crate::world::Yield::once().await;
                    }
                    world.leak(true);
                    revoking.revoke(&Consent::default()).await
                },
                None,
            ),
        ];
        run_all(&sim, &mut rotators, &mut draws, |_| ());
        let stops = rotators.map(|rotator| rotator.outcome().unwrap());
        let context = format!("{shape:?}, seed {seed}: {stops:?}");
        assert!(stops.contains(&Stop::Finished(Outcome::Revoked)), "{context}");
        assert_ended(&sim, &context);
    }
}

#[test]
fn there_is_no_way_back_from_it() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        soaking(&sim, &plan);
        sim.leak(true);
        assert_eq!(revoke_one(&sim, &plan, &Consent::default(), "one", Crash::At(40)), Ended::Crashed);
        sim.pass(Duration::from_secs(600));
        let stop = stop_of(&sim, &plan, Order::Abort);
        assert!(
            matches!(&stop, Stop::Refused(trouble) if trouble.detail.contains("no way back")),
            "{stop:?}"
        );
        assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert_ended(&sim, &format!("{shape:?}"));
    }
}

#[test]
fn a_new_secret_that_does_not_work_keeps_the_old_one_alive_until_somebody_wants_it_dead_first() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let (_, pair) = stage(&sim, 0);
        sim.leak(true);
        sim.lock().platform.canary_fails = true;
        let stop = stop_revoking(&sim, &plan, &Consent::default());
        assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::CanaryFailed), "{stop:?}");
        assert!(accepted(&sim, &pair), "{shape:?}: the only one that works");
        sim.leak(false);
        let consent = Consent { disable_first: true, ..Consent::default() };
        let stop = stop_revoking(&sim, &plan, &consent);
        assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::CanaryFailed), "{stop:?}");
        assert!(!accepted(&sim, &pair), "{shape:?}");
        sim.lock().platform.canary_fails = false;
        assert_eq!(
            stop_revoking(&sim, &plan, &Consent::default()),
            Stop::Finished(Outcome::Revoked),
            "{shape:?}"
        );
        assert!(
            !accepted(&sim, &pair) && sim.lock().at_rest().stages == [Some(true), None, None],
            "{shape:?}"
        );
    }
}

#[test]
fn a_new_secret_that_dies_with_the_old_one_does_not_bring_that_back() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        soaking(&sim, &plan);
        let (previous, pair) = stage(&sim, 1);
        sim.leak_only(std::slice::from_ref(&pair), true);
        sim.lock().platform.canary_fails = true;
        let consent = Consent { only: Some(previous), ..Consent::default() };
        let stop = stop_revoking(&sim, &plan, &consent);
        assert!(
            matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::NoneWorks),
            "{shape:?}: {stop:?}"
        );
        assert!(!accepted(&sim, &pair) && !sim.can_come_back(), "{shape:?}");
        sim.lock().platform.canary_fails = false;
        assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked), "{shape:?}");
        assert_ended(&sim, &format!("{shape:?}"));
    }
}

#[test]
fn a_platform_that_goes_on_accepting_it_is_told_and_the_revocation_stays_open() {
    let (sim, plan) = (Sim::new(Shape::TwoClients), plan(Shape::TwoClients));
    soaking(&sim, &plan);
    let (previous, pair) = stage(&sim, 1);
    sim.lock().platform.sticky = Some(pair);
    let consent = Consent { only: Some(previous), ..Consent::default() };
    let stop = stop_revoking(&sim, &plan, &consent);
    assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::OldAccepted), "{stop:?}");
    assert!(sim.lock().shelf.document().unwrap().revocation.is_some());
    sim.lock().platform.sticky = None;
    sim.leak(true);
    assert_eq!(stop_revoking(&sim, &plan, &consent), Stop::Finished(Outcome::Revoked));
}

#[test]
fn what_somebody_did_in_the_console_or_the_store_does_not_keep_it_alive() {
    for shape in TWO {
        // Somebody switched the client off by hand, as one does at three in the morning; and made another one.
        let (sim, plan) = (Sim::new(shape), plan(shape));
        soaking(&sim, &plan);
        let now = sim.lock().now;
        let old = stage(&sim, 1).1.0;
        if shape != Shape::NoSwitch {
            sim.lock().platform.slots.get_mut(&old).unwrap().active = false;
        }
        if shape == Shape::Overlap {
            sim.lock().platform.make_foreign("console", now);
        }
        sim.leak(true);
        assert_eq!(
            stop_revoking(&sim, &plan, &Consent::default()),
            Stop::Finished(Outcome::Revoked),
            "{shape:?}"
        );
        sim.assert_well("by hand");
        assert!(!sim.can_come_back(), "{shape:?}");
    }
    // Somebody stored another secret meanwhile: before the promotion, and after it.
    for point in [60, 120, 170] {
        let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
        sim.leak(false);
        assert_eq!(revoke_one(&sim, &plan, &Consent::default(), "one", Crash::At(point)), Ended::Crashed);
        sim.pass(Duration::from_secs(600));
        let now = sim.lock().now;
        let (id, secret) = sim.lock().platform.make(None, now);
        sim.pass(Duration::from_secs(60));
        let value = crate::world::stored(&id, &secret, 99).into_bytes();
        sim.lock().shelf.put_by_hand("queue-sync", value, now);
        assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Revoked), "{point}");
        assert!(!sim.can_come_back(), "{point}");
        assert_eq!(stage(&sim, 0).1, (id, secret), "{point}: theirs is in use");
    }
}

#[test]
fn consumers_that_cannot_be_told_are_no_reason_to_wait() {
    for shape in TWO {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        let (_, pair) = stage(&sim, 0);
        sim.leak(true);
        sim.lock().deaf = true;
        let stop = stop_revoking(&sim, &plan, &Consent::default());
        assert!(
            matches!(&stop, Stop::Failed(trouble) if trouble.code == "child-failed"),
            "{shape:?}: {stop:?}"
        );
        assert!(!accepted(&sim, &pair) && !sim.can_come_back(), "{shape:?}: it is dead all the same");
        sim.lock().deaf = false;
        assert_eq!(
            stop_revoking(&sim, &plan, &Consent::default()),
            Stop::Finished(Outcome::Revoked),
            "{shape:?}"
        );
        assert_eq!(sim.lock().published, 1, "{shape:?}");
        assert_ended(&sim, &format!("{shape:?}"));
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_marked() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    let only = Consent { only: Some("0badc0de".parse().unwrap()), ..Consent::default() };
    let stop = stop_revoking(&sim, &plan, &only);
    let known = stage(&sim, 0).0.to_string();
    assert!(matches!(&stop, Stop::Refused(trouble) if trouble.detail.contains(&known)), "{stop:?}");
    let own = Plan { own_identity: true, ..plan.clone() };
    let first = Consent { disable_first: true, ..Consent::default() };
    assert!(matches!(stop_revoking(&sim, &own, &first), Stop::Refused(_)));
    sim.lock().denied = true;
    let stop = stop_revoking(&sim, &plan, &Consent::default());
    assert!(matches!(&stop, Stop::Refused(trouble) if trouble.code == "admin-denied"), "{stop:?}");
    assert!(sim.lock().shelf.document().is_none_or(|document| document.revocation.is_none()));
    sim.lock().denied = false;
    assert_eq!(stop_of(&sim, &plan, Order::Revoke), Stop::Nothing, "nothing is marked, so nothing is ended");
    assert_eq!(sim.counts(), (0, 0));
}

#[test]
fn the_slot_that_leaked_stays_off_for_as_long_as_a_token_of_it_may_live() {
    let (sim, plan) = (Sim::new(Shape::TwoClients), plan(Shape::TwoClients));
    let plan = Plan { min_interval: Duration::ZERO, ..plan };
    assert_eq!(stop_revoking(&sim, &plan, &Consent::default()), Stop::Finished(Outcome::Revoked));
    let revoked = sim.lock().shelf.document().unwrap().revoked.unwrap();
    let lifetime = plan.capabilities.tokens_outlive_secret.unwrap();
    let until = revoked.leaked[0].may_live_until(lifetime, &plan.capabilities).unwrap();
    assert!(until >= revoked.leaked[0].off.unwrap().after(lifetime));
    let stop = stop_of(&sim, &plan, Order::Run);
    assert!(matches!(&stop, Stop::Refused(trouble) if trouble.detail.contains("not settled")), "{stop:?}");
    let now = sim.now();
    sim.pass(until.since(now));
    sim.lock().leak = None;
    assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated));
}

#[test]
fn typing_it_twice_goes_on_with_the_first() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    sim.leak(true);
    assert_eq!(revoke_one(&sim, &plan, &Consent::default(), "one", Crash::At(130)), Ended::Crashed);
    let first = sim.lock().shelf.document().unwrap().revocation.unwrap();
    sim.pass(Duration::from_secs(600));
    assert_eq!(stop_revoking(&sim, &plan, &Consent::default()), Stop::Finished(Outcome::Revoked));
    let revoked = sim.lock().shelf.document().unwrap().revoked.unwrap();
    assert_eq!((revoked.id, revoked.leaked.len()), (first.id, first.leaked.len()));
    assert_eq!(sim.counts().1, 1, "one new secret");
}
