//! Provisioning that is interrupted everywhere it can be: after each, the next run ends with one client, one secret, and nothing left over.

use std::time::Duration;

use hallpass_app::clients::Goal;
use hallpass_emulator::{Act, Misbehaviour};

use crate::provision_stage::{Shape, Stage};

/// How many administrative calls an undisturbed run makes.
async fn calls_of(shape: Shape) -> u64 {
    let stage = Stage::set(shape).await;
    assert_eq!(stage.settle(Goal::Apply).await, 1);
    let calls = stage.emulator.world().witness().totals.calls;
    stage.assert_one("undisturbed").await;
    calls
}

/// Every call of an apply loses its answer, before its effect and after it, and its status is an error after the effect.
async fn every_reply_is_lost(shape: Shape) -> (u64, u64) {
    let calls = calls_of(shape).await;
    let mut drills = 0;
    for call in 0..calls {
        let acts = [
            Act::ResetBeforeEffect,
            Act::ResetAfterEffect,
            Act::Fail { status: 503, retry_after: None, after_effect: true },
            Act::Fail { status: 429, retry_after: Some(1), after_effect: false },
        ];
        for act in acts {
            let told = format!("{shape:?}, call {call}, {act:?}");
            let stage = Stage::set(shape).await;
            stage.emulator.world().misbehave(Misbehaviour::on_api(act).after(call));
            stage.settle(Goal::Apply).await;
            stage.assert_one(&told).await;
            drills += 1;
        }
    }
    (calls, drills)
}

/// The process is killed after each step of its future, until one is not; then another process settles it.
async fn it_is_killed_everywhere(shape: Shape, goal: Goal) -> usize {
    for steps in 1..10_000 {
        let stage = Stage::set(shape).await;
        if goal == Goal::Destroy {
            stage.settle(Goal::Apply).await;
        }
        let survived = stage.run(goal, steps).await.is_some();
        // Another machine would have to wait until the lease of the dead one ends.
        stage.waits.pass(Duration::from_secs(300));
        stage.settle(goal).await;
        if goal == Goal::Apply {
            stage.assert_one(&format!("{shape:?}, killed after step {steps}")).await;
        } else {
            stage.waits.pass(Duration::from_secs(120));
            assert_eq!(stage.standing(), Vec::<String>::new(), "{shape:?}, killed after step {steps}");
            assert_eq!(stage.own_roles(), 0, "{shape:?}, killed after step {steps}");
            assert_eq!(stage.live(), Vec::<String>::new(), "{shape:?}, killed after step {steps}");
            stage.app().await.credential("queue-sync").await.expect_err("no secret is left");
        }
        if survived {
            return steps - 1;
        }
    }
    panic!("it never survives");
}

#[tokio::test]
async fn a_lost_reply_to_any_call_leaves_no_second_client_on_genesys() {
    let (calls, drills) = every_reply_is_lost(Shape::Genesys).await;
    assert!(calls >= 4, "{calls}");
    println!("genesys: {calls} calls, {drills} drills, 0 orphans");
}

#[tokio::test]
async fn a_lost_reply_to_any_call_leaves_two_clients_that_take_turns_and_no_third() {
    let (calls, drills) = every_reply_is_lost(Shape::Pair).await;
    assert!(calls >= 6, "{calls}");
    println!("two clients: {calls} calls, {drills} drills, 0 orphans");
}

#[tokio::test]
async fn a_lost_reply_to_any_call_leaves_no_second_role() {
    let (calls, drills) = every_reply_is_lost(Shape::Role).await;
    assert!(calls >= 8, "{calls}");
    println!("a role of its own: {calls} calls, {drills} drills, 0 orphans, of clients and of roles");
}

#[tokio::test]
async fn a_lost_reply_to_any_call_leaves_no_second_key_on_cxone() {
    let (calls, drills) = every_reply_is_lost(Shape::Cxone).await;
    assert!(calls >= 3, "{calls}");
    println!("cxone: {calls} calls, {drills} drills, 0 orphans");
}

#[tokio::test]
async fn an_apply_that_is_killed_anywhere_is_finished_by_the_next_one() {
    for shape in [Shape::Genesys, Shape::Pair, Shape::Role, Shape::Cxone] {
        let kills = it_is_killed_everywhere(shape, Goal::Apply).await;
        println!("{shape:?}: killed at {kills} places of an apply, 0 orphans");
    }
}

#[tokio::test]
async fn a_destroy_that_is_killed_anywhere_is_finished_by_the_next_one() {
    for shape in [Shape::Genesys, Shape::Pair, Shape::Role, Shape::Cxone] {
        let kills = it_is_killed_everywhere(shape, Goal::Destroy).await;
        println!("{shape:?}: killed at {kills} places of a destroy, nothing left");
    }
}
