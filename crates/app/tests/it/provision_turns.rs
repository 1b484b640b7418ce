//! Two clients that take turns: made by provisioning, and rotated with no word in between.

use std::sync::Arc;
use std::time::Duration;

use hallpass_app::clients::{Done, Goal};
use hallpass_app::lifecycle::{NoProgress, Order, Outcome, Stop};
use hallpass_app::{Call, RotationOptions, Secret};

use crate::provision_stage::{Shape, Stage};

impl Stage {
    /// Which client serves, by what a process reads that starts now.
    async fn serving(&self) -> String {
        let credential = self.app().await.credential("queue-sync").await.unwrap();
        credential.member("client_id").and_then(Secret::expose_str).unwrap().to_owned()
    }

    async fn assert_serves(&self) {
        let target = "/api/v2/routing/queues".into();
        let call = Call { method: "GET".into(), target, ..Call::default() };
        assert_eq!(self.app().await.call("queue-sync", call).await.unwrap().status, 200);
    }

    /// One run of the rotation in a process of its own.
    async fn rotate(&self, order: Order) -> Stop {
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        let app = self.app().await;
        app.rotation("queue-sync", options, Arc::new(NoProgress)).unwrap().run(order).await
    }

    /// A whole rotation; whenever it waits, that time passes.
    async fn rotate_to_the_end(&self) -> Outcome {
        let mut order = Order::Run;
        for _ in 0..60 {
            match self.rotate(order).await {
                Stop::Finished(outcome) => return outcome,
                Stop::Waiting(until, _) => {
                    self.waits.pass(until.since_epoch().saturating_sub(self.times.clock.now().wall));
                }
                other => panic!("{other:?}"),
            }
            order = Order::Due;
        }
        panic!("it never ends");
    }

    /// Nothing is to be done any more.
    async fn assert_settled(&self) {
        let again = self.run(Goal::Apply, usize::MAX).await.unwrap().unwrap();
        assert!(matches!(again, Done::Settled(0)), "{again:?}");
    }
}

#[tokio::test]
async fn what_was_provisioned_is_rotated_there_and_back_and_removed_without_a_word_in_between() {
    let stage = Stage::set(Shape::Pair).await;
    stage.settle(Goal::Apply).await;
    let first = stage.serving().await;
    stage.assert_serves().await;
    assert_eq!(stage.live(), std::slice::from_ref(&first), "the second one is off");
    assert_eq!(stage.rotate_to_the_end().await, Outcome::Rotated);
    let second = stage.serving().await;
    assert_ne!(first, second);
    stage.assert_serves().await;
    stage.assert_settled().await;
    assert_eq!(stage.live(), [second], "they took turns");
    stage.waits.pass(Duration::from_secs(86_400));
    assert_eq!(stage.rotate_to_the_end().await, Outcome::Rotated);
    assert_eq!(stage.serving().await, first);
    stage.assert_settled().await;
    assert_eq!(stage.standing().len(), 2);
    stage.settle(Goal::Destroy).await;
    assert!(stage.standing().is_empty(), "{:?}", stage.standing());
    stage.settle(Goal::Apply).await;
    stage.assert_serves().await;
    assert_eq!(stage.standing().len(), 2);
    let third = stage.serving().await;
    stage.waits.pass(Duration::from_secs(86_400));
    assert_eq!(
        stage.rotate_to_the_end().await,
        Outcome::Rotated,
        "what the removed ones left behind is in nobody's way"
    );
    assert_ne!(stage.serving().await, third);
    stage.assert_settled().await;
}

#[tokio::test]
async fn an_apply_in_the_middle_of_a_rotation_leaves_both_as_they_are() {
    let stage = Stage::set(Shape::Pair).await;
    stage.settle(Goal::Apply).await;
    while stage.live().len() < 2 {
        let Stop::Waiting(until, _) = stage.rotate(Order::Run).await else {
            panic!("it waits for consumers")
        };
        stage.waits.pass(until.since_epoch().saturating_sub(stage.times.clock.now().wall));
    }
    stage.assert_settled().await;
    assert_eq!(stage.live().len(), 2, "the rotation has both on");
    assert_eq!(stage.rotate_to_the_end().await, Outcome::Rotated);
    stage.assert_settled().await;
}

#[tokio::test]
async fn before_the_first_apply_a_rotation_says_what_is_missing() {
    let stage = Stage::set(Shape::Pair).await;
    let app = stage.app().await;
    let members = [("client_id", "admin"), ("client_secret", "planted-admin")];
    let members = members.map(|(name, value)| (name.to_owned(), Secret::from(value))).into();
    app.put_secret("queue-sync", &members).await.unwrap();
    let (Stop::Failed(trouble) | Stop::Refused(trouble)) = stage.rotate(Order::Run).await else {
        panic!("it cannot begin")
    };
    assert_eq!(trouble.code, "rotation-refused");
    assert!(trouble.hint.contains("hallpass provision apply queue-sync"), "{}", trouble.hint);
}
