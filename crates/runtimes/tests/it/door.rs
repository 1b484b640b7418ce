//! The door with somebody behind it who only notes who was woken.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_app::{BoxFuture, TokioSleep};
use hallpass_runtimes::door::{Desk, Door, Senders};
use hallpass_runtimes::{Proof, Rotate, Turns, google};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

use crate::issuer::{self, ACCOUNT, AUDIENCE, Issuer, claims, token};
use crate::knock::{knock, raw};
use crate::stage::{NOW, PATIENCE, Stage};

const KEY: &str = "k3y-of-the-subscription-0123456789";
const AZURE: &str = "POST /azure/event-grid";
const GOOGLE: &str = "POST /google/pubsub";

/// Notes who was woken; each run lasts until the test lets one end.
#[derive(Debug)]
struct Noted {
    begun: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
    ends: Semaphore,
}

impl Rotate for Noted {
    fn due<'a>(&'a self, integration: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.begun.lock().unwrap().push(integration.to_owned());
            self.count.send_modify(|count| *count += 1);
            self.ends.acquire().await.unwrap().forget();
        })
    }
}

struct House {
    stage: Stage,
    issuer: Issuer,
    noted: Arc<Noted>,
    turns: Arc<Turns>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl House {
    /// `runs` may end before the test has to let one.
    async fn open(runs: usize) -> Self {
        let (stage, issuer) = (Stage::set().await, Issuer::start().await);
        let keys = stage.app.published_keys(&issuer.address, google(AUDIENCE, ACCOUNT)).unwrap();
        let senders =
            Senders { azure: Some(Proof::Key(KEY.into())), google: Some(Proof::Token(Box::new(keys))) };
        let (begun, count, ends) = (Mutex::default(), watch::Sender::new(0), Semaphore::new(runs));
        let noted = Arc::new(Noted { begun, count, ends });
        let turns = Arc::new(Turns::new(Arc::clone(&noted) as _));
        let desk = Desk::new(senders, stage.places(), Arc::clone(&turns));
        let door = Door::bind(([127, 0, 0, 1], 0).into(), desk, Arc::new(TokioSleep)).await.unwrap();
        let address = door.address();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(door.serve(async { drop(stopped.await) }));
        Self { stage, issuer, noted, turns, address, stop, serving }
    }

    async fn google(&self, token: &str, body: &Value) -> u16 {
        let bearer = format!("Bearer {token}");
        knock(self.address, GOOGLE, &[("Authorization", &bearer)], &body.to_string()).await.0
    }

    async fn azure(&self, body: &Value) -> (u16, String) {
        knock(self.address, AZURE, &[("Hallpass-Key", KEY)], &body.to_string()).await
    }

    /// Everybody who was woken so far, once there are `count`.
    async fn woken(&self, count: usize) -> Vec<String> {
        let mut watched = self.noted.count.subscribe();
        let enough = watched.wait_for(|begun| *begun >= count);
        tokio::time::timeout(PATIENCE, enough).await.unwrap().unwrap();
        self.noted.begun.lock().unwrap().clone()
    }

    fn nobody_woken(&self) -> bool {
        self.noted.begun.lock().unwrap().is_empty()
    }
}

fn push(secret: &str) -> Value {
    let data = json!({"name": secret}).to_string();
    json!({"message": {"attributes": {"eventType": "SECRET_ROTATE", "secretId": secret}, "data": STANDARD.encode(data),
                       "messageId": "1"}, "subscription": "projects/acme-prod/subscriptions/rotate"})
}

fn near_expiry(vault: &str, secret: &str) -> Value {
    let id = format!("https://{vault}.vault.azure.net/secrets/{secret}/ee059b2bb5bc48398a53b168c6cdcb10");
    json!([{"id": "1", "topic": "/subscriptions/s", "subject": secret, "eventType": "Microsoft.KeyVault.SecretNearExpiry",
            "eventTime": "2026-02-26T19:13:55Z", "dataVersion": "1", "metadataVersion": "1",
            "data": {"Id": id, "VaultName": vault, "ObjectType": "Secret", "ObjectName": secret, "EXP": 1_802_592_000}}])
}

const SALES: &str = "projects/4711/secrets/sales";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_known_sender_wakes_its_integrations_alone() {
    let house = House::open(10).await;
    assert_eq!(house.google(&token(&claims()), &push(SALES)).await, 202);
    assert_eq!(house.woken(1).await, ["sales"]);
    assert_eq!(house.azure(&near_expiry("acme-kv", "billing")).await.0, 202);
    assert_eq!(house.woken(2).await, ["sales", "billing"]);
    for (status, body) in [(204, push("projects/4711/secrets/other")), (204, json!({})), (204, json!([]))] {
        assert_eq!(house.google(&token(&claims()), &body).await, status, "{body}");
    }
    for (status, body) in [(204, near_expiry("acme-kv", "other")), (204, json!([])), (400, json!({}))] {
        assert_eq!(house.azure(&body).await.0, status, "{body}");
    }
    assert_eq!(house.woken(2).await, ["sales", "billing"]);
    assert_eq!(house.issuer.asked(), 1, "its keys are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_wakes_anybody() {
    let house = House::open(10).await;
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        token(&claims)
    };
    let good = token(&claims());
    let (body, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{body}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let none = format!("{}.", issuer::unsigned(&json!({"alg": "none", "kid": "play"}), &claims()));
    let unknown = issuer::unsigned(&json!({"alg": "RS256", "kid": "mine"}), &claims());
    for (what, token) in [
        ("no token", String::new()),
        ("a text", "x".to_owned()),
        ("a forged signature", forged),
        ("alg none", none),
        ("HS256 with the public key", issuer::signed_with_the_public_key(&claims())),
        ("a key of its own", format!("{unknown}.{signature}")),
        ("expired", with("exp", json!(NOW - 61))),
        ("another audience", with("aud", json!("https://elsewhere.example"))),
        ("another account", with("email", json!("push@evil.iam.gserviceaccount.com"))),
        ("an account that is not verified", with("email_verified", json!(false))),
        ("another issuer", with("iss", json!("https://evil.example"))),
    ] {
        assert_eq!(house.google(&token, &push(SALES)).await, 401, "{what}");
    }
    let bearer = format!("Bearer {good}");
    let twice = [("Authorization", bearer.as_str()), ("Authorization", bearer.as_str())];
    assert_eq!(knock(house.address, GOOGLE, &twice, &push(SALES).to_string()).await.0, 401);
    let body = near_expiry("acme-kv", "billing").to_string();
    for headers in [
        &[][..],
        &[("Hallpass-Key", "")],
        &[("Hallpass-Key", "wrong")],
        &[("Authorization", bearer.as_str())],
    ] {
        assert_eq!(knock(house.address, AZURE, headers, &body).await.0, 401, "{headers:?}");
    }
    assert_eq!(knock(house.address, "POST /azure/event-grid?key=wrong", &[], &body).await.0, 401);
    assert!(house.nobody_woken());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_of_an_unknown_sender_is_not_waited_for() {
    let house = House::open(0).await;
    // The body that is announced never comes: whoever reads it first would wait.
    for line in [AZURE, GOOGLE] {
        let answer = raw(house.address, line, &[("Content-Length", "100000"), ("Connection", "close")], b"");
        let (status, _) = tokio::time::timeout(std::time::Duration::from_secs(8), answer).await.unwrap();
        assert_eq!(status, 401, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_keys_cannot_be_had_the_sender_is_to_come_again() {
    let house = House::open(0).await;
    let nowhere =
        house.stage.app.published_keys("http://127.0.0.1:1/certs", google(AUDIENCE, ACCOUNT)).unwrap();
    let senders = Senders { azure: None, google: Some(Proof::Token(Box::new(nowhere))) };
    let desk = Desk::new(senders, house.stage.places(), Arc::clone(&house.turns));
    let request = |path: &str| {
        let bearer = format!("Bearer {}", token(&claims()));
        let request = http::Request::post(path).header("Authorization", bearer);
        request.body(http_body_util::Full::<bytes::Bytes>::from(push(SALES).to_string())).unwrap()
    };
    let answer = desk.answer(request("/google/pubsub")).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"10".parse().unwrap()));
    assert_eq!(
        desk.answer(request("/azure/event-grid")).await.status(),
        404,
        "a path without a sender is not there"
    );
    assert!(house.nobody_woken());
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_of_event_grid_are_confirmed_in_both_forms() {
    let house = House::open(0).await;
    let code = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6";
    let body = json!([{"id": "1", "topic": "t", "subject": "", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2026-02-26T19:13:55Z", "dataVersion": "2", "metadataVersion": "1",
        "data": {"validationCode": code, "validationUrl": "https://rp-eastus2.eventgrid.azure.net:553/x"}}]);
    let (status, answer) = house.azure(&body).await;
    assert_eq!(status, 200);
    assert!(answer.ends_with(&format!("{{\"validationresponse\":\"{code}\"}}")), "{answer}");
    assert!(answer.contains("content-type: application/json"), "{answer}");

    let options = format!("OPTIONS /azure/event-grid?key={KEY}");
    let asks = [("WebHook-Request-Origin", "eventgrid.azure.net"), ("WebHook-Request-Rate", "1000")];
    let (status, answer) = knock(house.address, &options, &asks, "").await;
    assert_eq!(status, 200);
    assert!(answer.contains("webhook-allowed-origin: eventgrid.azure.net\r\n"), "{answer}");
    assert!(answer.contains("webhook-allowed-rate: 120\r\n"), "{answer}");
    let evil = [("WebHook-Request-Origin", "evil.example")];
    assert_eq!(knock(house.address, &options, &evil, "").await.0, 403);
    assert_eq!(knock(house.address, "OPTIONS /azure/event-grid", &asks, "").await.0, 401);
    assert!(house.nobody_woken());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_message_gets_a_plain_no() {
    let house = House::open(0).await;
    let key = [("Hallpass-Key", KEY)];
    for (line, status) in [
        ("GET /-/health", 200),
        ("POST /-/health", 404),
        ("GET /", 404),
        ("POST /azure/event-grid/", 404),
        ("POST /azure/../google/pubsub", 404),
        ("GET /azure/event-grid", 405),
        ("PUT /google/pubsub", 405),
        ("OPTIONS /google/pubsub", 405),
    ] {
        assert_eq!(knock(house.address, line, &key, "").await.0, status, "{line}");
    }
    let long = " ".repeat(1024 * 1024 + 64 * 1024 + 1);
    assert_eq!(knock(house.address, AZURE, &key, &long).await.0, 413);
    assert!(house.nobody_woken());
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_join_the_run_that_is_under_way() {
    let house = House::open(0).await;
    assert_eq!(house.google(&token(&claims()), &push(SALES)).await, 202);
    assert_eq!(house.woken(1).await, ["sales"]);
    for _ in 0..50 {
        assert_eq!(house.google(&token(&claims()), &push(SALES)).await, 202, "none is refused");
    }
    // Another integration does not wait for this one.
    assert_eq!(house.azure(&near_expiry("acme-kv", "billing")).await.0, 202);
    assert_eq!(house.woken(2).await, ["sales", "billing"]);
    house.noted.ends.add_permits(10);
    assert_eq!(house.woken(3).await, ["sales", "billing", "sales"], "fifty of them are one more run");
    assert_eq!(house.turns.drain(std::future::pending()).await, 0);
    assert_eq!(house.noted.begun.lock().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_runs_but_not_for_ever() {
    for patient in [true, false] {
        let house = House::open(0).await;
        assert_eq!(house.azure(&near_expiry("acme-kv", "billing")).await.0, 202);
        assert_eq!(house.azure(&near_expiry("acme-kv", "billing")).await.0, 202);
        house.woken(1).await;
        drop(house.stop);
        house.serving.await.unwrap();
        assert!(tokio::net::TcpStream::connect(house.address).await.is_err(), "nobody can knock any more");
        let cut_off = if patient {
            // Two: the second message may have its run before the stop is heard of.
            house.noted.ends.add_permits(2);
            house.turns.drain(std::future::pending()).await
        } else {
            house.turns.drain(std::future::ready(())).await
        };
        assert_eq!(cut_off, usize::from(!patient));
        house.turns.wake("sales");
        let begun = house.noted.begun.lock().unwrap().clone();
        assert!(begun.len() <= 2 && !begun.contains(&"sales".to_owned()), "{begun:?}");
    }
}
