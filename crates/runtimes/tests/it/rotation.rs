//! From a message to a rotated secret: the real application, a local store and an emulated platform.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::{BoxFuture, TokioSleep};
use hallpass_runtimes::door::{Desk, Door, Senders};
use hallpass_runtimes::{Due, Proof, Rotate, Turns, google};
use serde_json::json;
use tokio::sync::watch;

use crate::issuer::{ACCOUNT, AUDIENCE, Issuer, claims, token};
use crate::knock::knock;
use crate::stage::{NOW, PATIENCE, Stage};

/// The engine, and how many of its runs have ended.
#[derive(Debug)]
struct Counted(Due, watch::Sender<usize>);

impl Rotate for Counted {
    fn due<'a>(&'a self, integration: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.0.due(integration).await;
            self.1.send_modify(|ended| *ended += 1);
        })
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Pushes what Google pushes for the integration `sales`, and waits for the end of the run that comes of it.
async fn push(address: SocketAddr, counted: &Counted, at: u64) {
    let mut ended = counted.1.subscribe();
    let before = *ended.borrow_and_update();
    let mut claims = claims();
    claims["exp"] = (at + 300).into();
    let bearer = format!("Bearer {}", token(&claims));
    let attributes = json!({"eventType": "SECRET_ROTATE", "secretId": "projects/4711/secrets/sales"});
    let body =
        json!({"message": {"attributes": attributes, "messageId": "1"}, "subscription": "s"}).to_string();
    let (status, answer) = knock(address, "POST /google/pubsub", &[("Authorization", &bearer)], &body).await;
    assert_eq!(status, 202, "{answer}");
    let one_more = ended.wait_for(|ended| *ended > before);
    tokio::time::timeout(PATIENCE, one_more).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_starts_what_is_due_and_nothing_that_is_not() {
    let (stage, issuer) = (Stage::set().await, Issuer::start().await);
    let keys = stage.app.published_keys(&issuer.address, google(AUDIENCE, ACCOUNT)).unwrap();
    let due = Due::new(Arc::clone(&stage.app), Duration::ZERO);
    let counted = Arc::new(Counted(due, watch::Sender::new(0)));
    let turns = Arc::new(Turns::new(Arc::clone(&counted) as _));
    let senders = Senders { azure: None, google: Some(Proof::Token(Box::new(keys))) };
    let desk = Desk::new(senders, stage.places(), Arc::clone(&turns));
    let door = Door::bind(([127, 0, 0, 1], 0).into(), desk, Arc::new(TokioSleep)).await.unwrap();
    let address = door.address();
    let serving = tokio::spawn(door.serve(std::future::pending()));

    push(address, &counted, NOW).await;
    stage.advance(89 * DAY);
    push(address, &counted, NOW + 89 * 86_400).await;
    assert_eq!(stage.made(), 0, "a message that comes too early changes nothing");
    assert_eq!(stage.client("sales").await, "sales-a");

    stage.advance(2 * DAY);
    let now = NOW + 91 * 86_400;
    push(address, &counted, now).await;
    assert_eq!(stage.made(), 1);
    assert_eq!(stage.client("sales").await, "sales-b", "the idle client's new secret is in use");
    assert_eq!(stage.client("billing").await, "billing-a", "it is due as well, and nobody named it");

    for _ in 0..3 {
        push(address, &counted, now).await;
    }
    assert_eq!(stage.made(), 1, "repeated messages change nothing");

    // Messages that keep coming carry the rotation to its end: here one a day, as a rotation period of a day makes Google send them.
    for day in 1..=40 {
        stage.advance(DAY);
        push(address, &counted, now + day * 86_400).await;
    }
    let rotation =
        stage.app.rotation("sales", options(), Arc::new(hallpass_app::lifecycle::NoProgress)).unwrap();
    let status = rotation.status().await.unwrap();
    assert!(status.rotation.is_none(), "{status:?}");
    let stages: Vec<_> = status.secrets.iter().map(|secret| secret.stage).collect();
    assert_eq!(stages, ["CURRENT"], "the old secret is gone");
    assert_eq!(stage.client("sales").await, "sales-b");
    assert_eq!(stage.made(), 2, "the idle client's, and one for the old client that nobody keeps");
    assert_eq!(turns.drain(std::future::pending()).await, 0);
    serving.abort();
}

fn options() -> hallpass_app::RotationOptions {
    hallpass_app::RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false }
}
