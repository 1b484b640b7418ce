//! The receiver of acknowledgements, with real sidecars before it and real rotations behind it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::lifecycle::{NoProgress, Order, Outcome, Stop};
use hallpass_app::{App, Call, FaultCode, Purpose, RotationOptions, TokioSleep};
use hallpass_runtimes::door::{AckDesk, Desk, Door, Senders};
use hallpass_runtimes::{Due, Turns};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::knock::{knock, raw};
use crate::stage::{NOW, PATIENCE, Stage};

const KEY: &str = "k3y-of-the-consumers-0123456789abcdef";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const PUT: &str = "PUT /acks/sales/billing";

struct House {
    stage: Stage,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl House {
    async fn open() -> Self {
        let stage = Stage::set().await;
        let bearer = stage.folder.path().join("bearer");
        fs::write(&bearer, format!("{KEY}\n")).unwrap();
        fs::set_permissions(&bearer, fs::Permissions::from_mode(0o600)).unwrap();
        let mut house = Self { stage, address: ([127, 0, 0, 1], 0).into(), stop: None, serving: None };
        house.serve().await;
        house
    }

    /// Opens the door, at the same address as before.
    async fn serve(&mut self) {
        let rotator = Arc::new(self.rotator_with_folder().await);
        let turns = Arc::new(Turns::new(Arc::new(Due::new(Arc::clone(&rotator), Duration::ZERO))));
        let desk = Desk::new(Senders::default(), self.stage.places(), turns);
        let desk = desk.with_acks(AckDesk::new(KEY.into(), rotator.ack_books()));
        let door = Door::bind(self.address, desk, Arc::new(TokioSleep)).await.unwrap();
        self.address = door.address();
        let (stop, stopped) = oneshot::channel();
        self.serving = Some(tokio::spawn(door.serve(async { drop(stopped.await) })));
        self.stop = Some(stop);
    }

    async fn close(&mut self) {
        drop(self.stop.take());
        self.serving.take().unwrap().await.unwrap();
    }

    async fn rotator_with_folder(&self) -> App {
        self.stage.another(Purpose::Command, "", "acks = \"acks\"\nconsumers = [\"billing\"]").await
    }

    async fn rotator_elsewhere(&self) -> App {
        let rotation = format!(
            "acks = \"http://{}/acks\"\nacks_bearer = \"file:bearer\"\nconsumers = [\"billing\"]",
            self.address
        );
        self.stage.another(Purpose::Command, "", &rotation).await
    }

    async fn sidecar(&self) -> App {
        let end = format!(
            "[sidecar]\nconsumer = \"billing\"\nacks = \"http://{}/acks/\"\nacks_bearer = \"file:bearer\"\n",
            self.address
        );
        self.stage.another(Purpose::Gateway, &end, "").await
    }

    async fn ask(&self, line: &str, bearer: &str, body: &str) -> (u16, String) {
        knock(self.address, line, &[("Authorization", &format!("Bearer {bearer}"))], body).await
    }

    /// What another machine reads.
    async fn said(&self) -> Value {
        let (status, answer) = self.ask("GET /acks/sales", KEY, "").await;
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

async fn call(app: &App) {
    let target = "/api/v2/routing/queues".into();
    let call = Call { method: "GET".into(), target, ..Call::default() };
    assert_eq!(app.call("sales", call).await.unwrap().status, 200);
}

async fn run(app: &App) -> Stop {
    let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
    let rotation = app.rotation("sales", options, Arc::new(NoProgress)).unwrap();
    tokio::time::timeout(PATIENCE, rotation.run(Order::Due)).await.unwrap()
}

/// Runs until nothing but the consumer is waited for, as cron does by the six hours.
async fn until_only_silence_is_left(house: &House, rotator: &App) {
    for _ in 0..60 {
        let Stop::Waiting(_, findings) = run(rotator).await else { panic!("it does not wait") };
        if findings.len() == 1 && findings[0].to_string() == "`billing` has not said which secret it uses" {
            return;
        }
        house.stage.advance(6 * HOUR);
    }
    panic!("something else is waited for");
}

async fn until_it_ends(house: &House, rotator: &App) {
    for _ in 0..60 {
        match run(rotator).await {
            Stop::Finished(outcome) => return assert_eq!(outcome, Outcome::Rotated),
            Stop::Waiting(..) => house.stage.advance(12 * HOUR),
            other => panic!("{other:?}"),
        }
    }
    panic!("it never ends");
}

/// A whole rotation each: one on the machine of the receiver, one on another, with the receiver away in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn p05_a_consumer_is_heard_through_the_receiver_on_its_own_machine_and_on_another() {
    let mut house = House::open().await;
    for (rotator, client) in
        [(house.rotator_with_folder().await, "sales-b"), (house.rotator_elsewhere().await, "sales-a")]
    {
        house.stage.advance(91 * DAY);
        until_only_silence_is_left(&house, &rotator).await;
        let sidecar = house.sidecar().await;
        house.close().await;
        call(&sidecar).await;
        assert!(!house.stage.folder.path().join("acks/none").exists());
        house.serve().await;
        assert!(sidecar.acknowledged(HOUR).await, "it arrives once the receiver is back");
        until_it_ends(&house, &rotator).await;
        assert_eq!(house.stage.client("sales").await, client);
        let said = house.said().await;
        assert_eq!(
            (&said["acks"][0]["consumer"], &said["acks"][0]["environment"]),
            (&"billing".into(), &"test".into())
        );
        for secret in [KEY, "planted"] {
            assert!(
                !said.to_string().contains(secret) && !format!("{sidecar:?}{rotator:?}").contains(secret)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p05_a_receiver_that_cannot_be_asked_keeps_the_old_secret_alive_and_is_named() {
    let mut house = House::open().await;
    let rotator = house.rotator_elsewhere().await;
    house.stage.advance(91 * DAY);
    until_only_silence_is_left(&house, &rotator).await;
    house.close().await;
    for _ in 0..3 {
        let stop = run(&rotator).await;
        let Stop::Waiting(_, findings) = &stop else { panic!("{stop:?}") };
        assert!(
            findings.iter().any(|finding| finding.to_string().contains("`billing` has not said")),
            "{stop:?}"
        );
        house.stage.advance(DAY / 2);
    }
    let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
    let status = rotator.rotation("sales", options, Arc::new(NoProgress)).unwrap().status().await.unwrap();
    assert!(
        status.unheard.as_deref().is_some_and(|unheard| unheard.starts_with("store-unreachable: ")),
        "{status}"
    );
    assert!(house.stage.emulator.world().is_live("sales-a", "planted-sales-a"));
    // The receiver is back, but this rotator shows a bearer that was replaced: it is read again once it was refused.
    house.serve().await;
    let bearer = house.stage.folder.path().join("bearer");
    fs::write(&bearer, "another-key-0123456789abcdef").unwrap();
    let refused = format!("{:?}", run(&house.rotator_elsewhere().await).await);
    assert!(refused.contains(FaultCode::StoreDenied.name()) || refused.contains("StoreDenied"), "{refused}");
    assert!(!refused.contains("another-key"));
    fs::write(&bearer, KEY).unwrap();
    call(&house.sidecar().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whoever_shows_the_key_is_heard_and_only_a_word_is_kept() {
    let house = House::open().await;
    let word = json!({"fingerprint": "0123abcd", "environment": "test"}).to_string();
    for bearer in ["", "wrong", "K3y-of-the-consumers-0123456789abcdef", &KEY[1..], &format!("{KEY}0")] {
        assert_eq!(house.ask(PUT, bearer, &word).await.0, 401, "{bearer}");
        assert_eq!(house.ask("GET /acks/sales", bearer, "").await.0, 401, "{bearer}");
        assert_eq!(house.ask("GET /acks/nobody", bearer, "").await.0, 401, "a stranger learns no names");
    }
    assert_eq!(knock(house.address, PUT, &[("Hallpass-Key", KEY)], &word).await.0, 401);
    assert_eq!(knock(house.address, &format!("{PUT}?key={KEY}"), &[], &word).await.0, 401);
    let both = format!("Bearer {KEY}");
    let twice = [("Authorization", both.as_str()), ("Authorization", both.as_str())];
    assert_eq!(knock(house.address, PUT, &twice, &word).await.0, 401);
    // The body that is announced never comes: whoever reads it first would wait.
    let announced = [("Content-Length", "100"), ("Connection", "close")];
    let unread = tokio::time::timeout(Duration::from_secs(8), raw(house.address, PUT, &announced, b"")).await;
    assert_eq!(unread.unwrap().0, 401);
    for (line, status) in [
        ("PUT /acks/sales", 405),
        ("GET /acks/sales/billing", 405),
        ("DELETE /acks/sales/billing", 405),
        ("PUT /acks/billing/c", 404),
        ("PUT /acks/nobody/c", 404),
        ("PUT /acks/sales/", 404),
        ("PUT /acks/sales/a.b", 404),
        ("PUT /acks/sales/..%2Fx", 404),
        ("PUT /acks/sales/a/b", 404),
        ("GET /acks/", 404),
        ("GET /acks", 404),
    ] {
        assert_eq!(house.ask(line, KEY, &word).await.0, status, "{line}");
    }
    assert_eq!(house.ask(&format!("PUT /acks/sales/{}", "a".repeat(64)), KEY, &word).await.0, 404);
    for body in [
        "",
        "[]",
        "{}",
        r#"{"fingerprint":"0123abcd"}"#,
        r#"{"fingerprint":"0123abcg","environment":"test"}"#,
        r#"{"fingerprint":"0123abcd","environment":"a b"}"#,
        r#"{"fingerprint":"0123abcd","environment":"test","client_secret":"x"}"#,
    ] {
        assert_eq!(house.ask(PUT, KEY, body).await.0, 400, "{body}");
    }
    assert_eq!(house.ask(PUT, KEY, &" ".repeat(4097)).await.0, 413);
    assert_eq!(house.said().await, json!({"acks": []}));
    assert!(!house.stage.folder.path().join("acks").exists(), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_speaks_for_later_than_now_and_names_are_not_made_up_for_ever() {
    let house = House::open().await;
    let now = NOW * 1000;
    for (at, kept) in [(None, now), (Some(now + 1), now), (Some(now - 5000), now - 5000)] {
        let mut word = json!({"fingerprint": "0123abcd", "environment": "test"});
        if let Some(at) = at {
            word["at"] = at.into();
        }
        assert_eq!(house.ask(PUT, KEY, &word.to_string()).await.0, 204);
        assert_eq!(house.said().await["acks"][0]["at"], kept);
    }
    let word = json!({"fingerprint": "0123abcd", "environment": "test"}).to_string();
    for number in 1..256 {
        assert_eq!(house.ask(&format!("PUT /acks/sales/c-{number}"), KEY, &word).await.0, 204, "{number}");
    }
    assert_eq!(house.ask("PUT /acks/sales/c-256", KEY, &word).await.0, 507);
    assert_eq!(house.ask(PUT, KEY, &word).await.0, 204, "who has spoken goes on speaking");
    assert_eq!(house.said().await["acks"].as_array().unwrap().len(), 256);
}
