//! A machine that dies in each of the sixteen steps, with real stores and platforms in between, and another that goes on.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::RotationOptions;
use hallpass_app::lifecycle::{Effect, Event, Order, Outcome, Progress, Step, Stop, WallTime};
use hallpass_testkit::proving;

use crate::rotation_stage::{DAY, HOUR, NAME, Place, Shape, Stage};

/// When in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// Its first effect is about to be done.
    Before,
    /// It was done, and nobody wrote that down.
    Unseen,
}

/// Dies there. What it holds in memory is gone; nothing is given back, nothing is written.
#[derive(Clone, Copy, Debug)]
struct Dies(Step, Moment);

impl Dies {
    fn at(self, step: Step, moment: Moment) {
        if (self.0, self.1) == (step, moment) {
            // As a panic, but without its noise: the future is never polled again.
            resume_unwind(Box::new("the machine died"));
        }
    }
}

impl Progress for Dies {
    fn begins(&self, step: Step, effect: &Effect) {
        // Looking is no effect.
        if !matches!(effect, Effect::Observe) || step == Step::List {
            self.at(step, Moment::Before);
        }
    }

    fn ended(&self, step: Step, event: &Event) {
        if !matches!(event, Event::Observed(_)) || step == Step::List {
            self.at(step, Moment::Unseen);
        }
    }

    fn waits(&self, _step: Step, _now: WallTime, _until: WallTime) {}
}

/// Runs `due` as cron does until it dies there; how it ended, if it never does.
async fn until_it_dies(stage: &mut Stage, dies: Dies) -> Option<Stop> {
    for _ in 0..60 {
        let app = stage.app().await;
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        let rotation = app.rotation(NAME, options, Arc::new(dies)).unwrap();
        match tokio::spawn(async move { rotation.run(Order::Due).await }).await {
            Ok(Stop::Waiting(until, _)) => stage.wait_until(until).await,
            Ok(other) => return Some(other),
            Err(died) => {
                assert!(died.is_panic());
                return None;
            }
        }
    }
    panic!("it never ends");
}

/// Dies there in a rotation, and sees that callers get answers all along and one live secret is left, the stored one. Whether it died at all.
async fn drill(shape: Shape, place: Place, dies: Dies) -> bool {
    let context = format!("{shape:?} in {place:?}, {dies:?}");
    let mut stage = Stage::set(shape, place).await;
    let (old, _) = stage.current().await;
    // An hour more: AWS dates what is written by the machine's clock, which goes on while ours stands still.
    stage.advance(90 * DAY + HOUR);
    stage.serve().await;
    let ended = until_it_dies(&mut stage, dies).await;
    if ended.is_none() {
        assert!((1..=2).contains(&stage.live().len()), "{context}: {:?}", stage.live());
        stage.serve().await;
        // The lease of whoever died runs out.
        stage.pass(HOUR).await;
        match stage.run(Order::Due).await {
            // It died with its last word spoken.
            Stop::NotDue(_) | Stop::Finished(Outcome::Rotated) => {}
            Stop::Waiting(until, _) => {
                stage.wait_until(until).await;
                assert_eq!(stage.until_it_ends().await, Outcome::Rotated, "{context}");
            }
            other => panic!("{context}: {other:?}"),
        }
    } else {
        assert_eq!(ended, Some(Stop::Finished(Outcome::Rotated)), "{context}");
    }
    let (new, secret) = stage.current().await;
    assert_ne!(new, old, "{context}");
    assert!(stage.world().is_live(&new, &secret), "{context}");
    assert_eq!(stage.live(), BTreeSet::from([new]), "{context}");
    stage.serve().await;
    ended.is_none()
}

/// What there is to tell afterwards.
async fn drills(shape: Shape, place: Place) -> String {
    let (mut died, mut never) = (0, BTreeSet::new());
    for step in Step::ALL {
        let both = [Moment::Before, Moment::Unseen];
        // One of the two for each step, taking turns, where there is little time.
        let chosen = if proving() { &both[..] } else { &both[step.number() % 2..][..1] };
        for moment in chosen {
            if drill(shape, place, Dies(step, *moment)).await {
                died += 1;
            } else {
                never.insert(step);
            }
        }
    }
    // There is no orphan to clear without a crash before.
    assert!(never.iter().all(|step| *step == Step::ClearOrphans), "{shape:?} in {place:?}: {never:?}");
    format!("figure: {died} deaths in {shape:?} in {place:?}, one live secret after each")
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_a_death_in_every_step_of_a_rotation_of_clients_is_survived() {
    println!("{}", drills(Shape::Clients, Place::Local).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_a_death_in_every_step_of_a_rotation_of_clients_in_aws_is_survived() {
    println!("{}", drills(Shape::Clients, Place::Aws).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_a_death_in_every_step_of_a_rotation_of_keys_is_survived() {
    println!("{}", drills(Shape::Keys, Place::Local).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_a_death_in_every_step_of_a_rotation_of_keys_in_aws_is_survived() {
    println!("{}", drills(Shape::Keys, Place::Aws).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_a_death_in_every_step_of_a_rotation_of_applications_is_survived() {
    println!("{}", drills(Shape::Applications, Place::Local).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_a_death_in_every_step_of_a_rotation_of_applications_in_aws_is_survived() {
    println!("{}", drills(Shape::Applications, Place::Aws).await);
}
