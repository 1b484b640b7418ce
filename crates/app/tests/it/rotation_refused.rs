//! What stands in a rotation's way: said with code and hint, and nothing is deleted.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_app::lifecycle::{
    Cause, Effect, Event, NoProgress, Order, Outcome, Progress, Step, Stop, WallTime,
};
use hallpass_app::{App, Call, Fault, FaultCode, RotationOptions};
use hallpass_core::Clock as _;
use hallpass_emulator::{Act, ClientState, Misbehaviour, NewAccessKey};

use crate::rotation_stage::{DAY, HOUR, NAME, Place, Shape, Stage};

/// A stage whose secret is due.
async fn due(shape: Shape, more: &str, permissions: Option<&[&str]>) -> Stage {
    let mut stage = Stage::with(shape, Place::Local, more, permissions).await;
    stage.advance(90 * DAY);
    stage.serve().await;
    stage
}

/// A stage whose new secret is promoted, and whose old one lives on.
async fn promoted(shape: Shape, more: &str) -> Stage {
    let mut stage = due(shape, more, None).await;
    for _ in 0..4 {
        let Stop::Waiting(until, _) = stage.run(Order::Due).await else { panic!("it does not wait") };
        if stage.current().await.1 != old_of(shape).1 {
            return stage;
        }
        stage.wait_until(until).await;
    }
    panic!("it was never promoted")
}

/// A stage whose old secret is switched off, in the window in which it can be switched on again.
async fn watched(shape: Shape) -> Stage {
    let mut stage = promoted(shape, "").await;
    while stage.live().len() == 2 {
        let Stop::Waiting(until, _) = stage.run(Order::Due).await else { panic!("it does not wait") };
        if stage.live().len() == 2 {
            stage.wait_until(until).await;
        }
    }
    stage
}

fn old_of(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Clients => ("client-a", "planted-a"),
        Shape::Keys => ("OLD====", "planted-key"),
        Shape::Applications => ("app", "planted-app"),
    }
}

fn fault(stage: &Stage, stop: &Stop) -> Fault {
    stop.fault(NAME, WallTime::at(stage.time.now().wall)).unwrap_or_else(|| panic!("{stop:?}"))
}

/// The old secret is what everybody uses, and nothing was made or deleted.
async fn unharmed(stage: &Stage) {
    assert_eq!(stage.made_and_deleted(), (0, 0));
    let (slot, secret) = old_of(stage.shape);
    assert_eq!(stage.current().await, (slot.to_owned(), secret.to_owned()));
    stage.serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_before_anything_is_touched() {
    let full = [
        // Strategies that the platform does not have.
        (Shape::Clients, "strategy = \"overlap\"", "makes no second secret", "`auto`"),
        (Shape::Keys, "strategy = \"alternate\"", "resets no secret in place", "`auto`"),
        (Shape::Applications, "strategy = \"alternate\"", "resets no secret in place", "`auto`"),
        (Shape::Clients, "strategy = \"regenerate\"", "gets none", "--accept-downtime-risk"),
        // Windows that leave no time.
        (Shape::Clients, "watch = \"90d\"", "would never end", "less often"),
        (Shape::Keys, "every = \"7d\"", "would never end", "less often"),
    ];
    for (shape, more, detail, hint) in full {
        let stage = due(shape, more, None).await;
        for order in [Order::Due, Order::Run] {
            let fault = fault(&stage, &stage.run(order).await);
            assert_eq!(fault.code(), FaultCode::RotationRefused, "{more}");
            assert!(fault.detail().contains(detail) && fault.hint().contains(hint), "{more}: {fault}");
        }
        unharmed(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_integration_and_one_without_a_table_are_told_apart() {
    let stage = due(Shape::Clients, "", None).await;
    let app = stage.app().await;
    let refused = |name: &str| {
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        app.rotation(name, options, Arc::new(NoProgress)).unwrap_err()
    };
    let unknown = refused("queue-sink");
    assert_eq!(unknown.code(), FaultCode::IntegrationUnknown);
    assert!(unknown.hint().contains("queue-sync"), "{}", unknown.hint());
    let silent = refused("admin");
    assert_eq!(silent.code(), FaultCode::RotationRefused);
    assert!(silent.hint().contains("[integrations.admin.rotation]"), "{}", silent.hint());
    unharmed(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_written_is_refused_with_the_reason() {
    for (reference, named) in [("env:QUEUE_SYNC", "`env:`"), ("file:queue-sync.json", "`file:`")] {
        let mut stage = due(Shape::Clients, "", None).await;
        stage.reconfigure("\"local:queue-sync\"", &format!("\"{reference}\""));
        for order in [Order::Due, Order::Run, Order::Resume, Order::Abort, Order::Sweep] {
            let fault = fault(&stage, &stage.run(order).await);
            assert_eq!(fault.code(), FaultCode::RotationRefused);
            assert!(
                fault.detail().contains(named) && fault.detail().contains("cannot be written"),
                "{fault}"
            );
            assert!(fault.hint().contains("`local:`"), "{}", fault.hint());
        }
        let app = stage.app().await;
        let held = stage.rotation(&app).unwrap().hold("incident").await.unwrap_err();
        assert_eq!(held.code(), FaultCode::RotationRefused);
        assert_eq!(stage.made_and_deleted(), (0, 0));
    }
}

/// Keeps what it is warned of.
#[derive(Debug, Default)]
struct Warned(Mutex<Vec<Fault>>);

impl Progress for Warned {
    fn begins(&self, _: Step, _: &Effect) {}
    fn ended(&self, _: Step, _: &Event) {}
    fn warns(&self, fault: &Fault) {
        self.0.lock().unwrap().push(fault.clone());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_cannot_be_used_is_said_and_left_alone_and_stops_nothing() {
    let stage = promoted(Shape::Clients, "").await;
    let path = stage.folder.path().join("state/rotations/queue-sync.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let first = whole.lines().next().unwrap();
    // A newer program's line, with its sum as that program writes it.
    let newer = r#"{"sum":"9f572bbcbc18b09a","record":{"schema":9}}"#;
    let another = whole.replace("\"entry\":\"queue-sync\"", "\"entry\":\"other\"");
    let cases = [
        (whole[..whole.len() - 9].to_owned(), ""),
        (format!("{first}\nx\n{first}\n"), "line 2 is damaged"),
        (format!("{newer}\n"), "newer hallpass (schema 9)"),
        (resummed(&another), "the journal of `other`"),
        (whole.replacen(&format!("{first}\n"), "", 1), "records are missing before line 1"),
    ];
    for (text, said) in cases {
        fs::write(&path, &text).unwrap();
        let app = stage.app().await;
        let warned = Arc::new(Warned::default());
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        let rotation = app.rotation(NAME, options, Arc::clone(&warned) as _).unwrap();
        match rotation.history().await {
            Ok(recorded) => assert!(said.is_empty() && !recorded.records.is_empty(), "{said}"),
            Err(fault) => {
                assert_eq!(fault.code(), FaultCode::JournalUnreadable, "{fault}");
                assert!(fault.detail().contains(said) && !said.is_empty(), "{said}: {fault}");
            }
        }
        assert!(
            matches!(rotation.run(Order::Due).await, Stop::Waiting(..)),
            "the rotation goes by the store"
        );
        let warnings = warned.0.lock().unwrap().clone();
        assert!(warnings.iter().any(|fault| fault.code() == FaultCode::JournalUnreadable), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "what it cannot read it does not write to");
    }
    assert_eq!(stage.made_and_deleted(), (1, 0));
}

/// Lines with the sums of what they hold now.
fn resummed(text: &str) -> String {
    let record = |line: &str| line.split_once("\"record\":").unwrap().1.strip_suffix('}').unwrap().to_owned();
    let lines = text.lines().map(record).map(|record| {
        let record: hallpass_app::lifecycle::Record = serde_json::from_str(&record).unwrap();
        hallpass_app::lifecycle::record_line(&record)
    });
    lines.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_before_the_last_entry_is_refused() {
    let stage = promoted(Shape::Clients, "").await;
    stage.time.set_back(2 * HOUR);
    for order in [Order::Due, Order::Run, Order::Resume, Order::Abort] {
        let fault = fault(&stage, &stage.run(order).await);
        assert_eq!(fault.code(), FaultCode::RotationRefused);
        assert!(fault.detail().contains("this clock is 2 h behind the last entry"), "{fault}");
        assert_eq!(fault.hint(), "set the clock of this machine");
    }
    assert_eq!(stage.made_and_deleted(), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_without_permission_is_told_which_one() {
    let genesys: &[&str] = &["oauth:client:view"];
    let keys: &[&str] = &["Access Key: View"];
    let applications: &[&str] = &["Application Registration: View"];
    for (shape, held, missing) in [
        (Shape::Clients, genesys, "oauth:client:edit"),
        (Shape::Keys, keys, "Access Key: Create"),
        (Shape::Applications, applications, "application registration"),
    ] {
        let stage = due(shape, "", Some(held)).await;
        let fault = fault(&stage, &stage.run(Order::Due).await);
        assert_eq!(fault.code(), FaultCode::AdminDenied, "{fault}");
        assert!(fault.detail().contains(missing) || fault.hint().contains(missing), "{fault:?}");
        assert!(!fault.hint().is_empty());
        unharmed(&stage).await;
    }
    let stage = due(Shape::Clients, "", Some(&[])).await;
    let fault = fault(&stage, &stage.run(Order::Due).await);
    assert!(fault.detail().contains("oauth:client:view"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_full_of_foreign_keys_are_named_and_left_alone() {
    let stage = due(Shape::Keys, "", None).await;
    stage.world().add_access_key(
        NewAccessKey::named("somebody's").id("FOREIGN====").secret("theirs").user("u").application("app", ""),
    );
    for order in [Order::Due, Order::Run, Order::Sweep, Order::Due] {
        let stop = stage.run(order).await;
        if order == Order::Sweep {
            assert_eq!(stop, Stop::Nothing, "a sweep touches only what is ours");
            continue;
        }
        let fault = fault(&stage, &stop);
        assert_eq!(fault.code(), FaultCode::SlotsFull, "{fault}");
        assert!(fault.detail().contains("`FOREIGN====`") && fault.detail().contains("`OLD====`"), "{fault}");
    }
    assert!(stage.world().is_live("FOREIGN====", "theirs"));
    unharmed(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_fails_stops_the_promotion_and_one_command_goes_on() {
    let mut stage = due(Shape::Clients, "", None).await;
    let denied = Misbehaviour::on_api(Act::fail(403)).path("/api/v2/routing/queues").client("client-b");
    stage.world().misbehave(denied.times(5));
    let stop = stage.stay(Order::Due, Duration::from_secs(120)).await;
    assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::CanaryFailed), "{stop:?}");
    let told = fault(&stage, &stop);
    assert_eq!(told.code(), FaultCode::RotationStuck);
    assert!(told.detail().contains("GET /api/v2/routing/queues?pageSize=1: 403"), "{told}");
    assert!(told.hint().ends_with("type `hallpass rotate resume queue-sync`"), "{}", told.hint());
    assert_eq!(stage.current().await, ("client-a".into(), "planted-a".into()));
    stage.serve().await;
    // Cron does not get over it; a person does, once the permission is there.
    assert!(matches!(stage.run(Order::Due).await, Stop::Stuck(_)));
    let Stop::Waiting(until, _) = stage.run(Order::Resume).await else { panic!("it does not go on") };
    assert_eq!(stage.current().await.0, "client-b");
    assert_eq!(stage.made_and_deleted(), (1, 0), "the same secret was tried again");
    stage.wait_until(until).await;
    assert_eq!(stage.until_it_ends().await, Outcome::Rotated);
}

/// Says so as a sidecar does.
fn acknowledge(stage: &Stage, consumer: &str, fingerprint: &str, environment: &str) {
    let folder = stage.folder.path().join("acks");
    fs::create_dir_all(&folder).unwrap();
    let ack = serde_json::json!({
        "consumer": consumer, "fingerprint": fingerprint, "environment": environment,
        "at": WallTime::at(stage.time.now().wall),
    });
    fs::write(folder.join(format!("{NAME}.{consumer}.json")), ack.to_string()).unwrap();
}

async fn fingerprint(stage: &Stage) -> String {
    stage.app().await.credential(NAME).await.unwrap().fingerprint().to_string()
}

/// The worst outage of this kind: the new secret went to another environment, and the old one was deleted under production's feet.
#[tokio::test(flavor = "multi_thread")]
async fn p05_fifty_secrets_that_went_to_another_environment_delete_nothing() {
    let mut stage = promoted(Shape::Keys, "consumers = [\"billing\"]\nacks = \"acks\"").await;
    let new = fingerprint(&stage).await;
    let mut refused = 0;
    for seed in 0_u64..50 {
        // A small generator is random enough to vary who, where and when.
        let draw = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33;
        let consumer = ["billing", "somebody-else", "crm"][usize::try_from(draw % 3).unwrap()];
        let environment = ["prod", "staging", "test-2", "eu-prod"][usize::try_from(draw / 3 % 4).unwrap()];
        stage.advance(Duration::from_secs(draw / 12 % 7200));
        acknowledge(&stage, consumer, &new, environment);
        let stop = stage.run(Order::Due).await;
        assert!(
            matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::WrongEnvironment),
            "{seed}: {stop:?}"
        );
        let fault = fault(&stage, &stop);
        assert!(fault.detail().contains(consumer) && fault.detail().contains(environment), "{fault}");
        assert!(fault.hint().ends_with("`hallpass rotate abort queue-sync`"), "{}", fault.hint());
        assert!(stage.world().is_live("OLD====", "planted-key"), "{seed}");
        refused += 1;
        fs::remove_file(stage.folder.path().join(format!("acks/{NAME}.{consumer}.json"))).unwrap();
        assert!(matches!(stage.run(Order::Resume).await, Stop::Waiting(..)));
    }
    println!(
        "figure: {refused} of 50 cases of the wrong environment refused, {} deletions",
        stage.made_and_deleted().1
    );
    assert_eq!((refused, stage.made_and_deleted()), (50, (1, 0)));
    // Going back makes the old one current again and removes the new one.
    acknowledge(&stage, "billing", &new, "prod");
    assert!(matches!(stage.run(Order::Due).await, Stop::Stuck(_)));
    fs::remove_file(stage.folder.path().join(format!("acks/{NAME}.billing.json"))).unwrap();
    assert!(matches!(stage.run(Order::Abort).await, Stop::Waiting(..)));
    assert_eq!(stage.current().await.0, "OLD====");
    stage.serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p05_a_silent_consumer_keeps_the_old_secret_alive_until_it_speaks() {
    let mut stage = promoted(Shape::Clients, "consumers = [\"billing\"]\nacks = \"acks\"").await;
    let promoted_at = stage.time.now().wall;
    let stop = loop {
        match stage.run(Order::Due).await {
            // Cron comes by the hour; the engine would look every five minutes.
            Stop::Waiting(until, findings) => {
                assert!(!findings.is_empty());
                stage.wait_until(until.max(WallTime::at(stage.time.now().wall + 6 * HOUR))).await;
            }
            stop => break stop,
        }
    };
    assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::NoEvidence), "{stop:?}");
    assert!(stage.time.now().wall - promoted_at > 7 * DAY, "a week of patience");
    let told = fault(&stage, &stop);
    assert!(told.detail().contains("`billing` has not said"), "{told}");
    assert!(told.hint().ends_with("`hallpass rotate resume queue-sync`"));
    assert!(stage.world().is_live("client-a", "planted-a"));
    assert_eq!(stage.made_and_deleted(), (1, 0));
    acknowledge(&stage, "billing", &fingerprint(&stage).await, "test");
    assert!(matches!(stage.run(Order::Resume).await, Stop::Waiting(..)));
    assert_eq!(stage.until_it_ends().await, Outcome::Rotated);
}

/// The file of a consumer often lies on the machine that rotates. A command that reads it, the rotation's own canary included, is not that consumer.
#[tokio::test(flavor = "multi_thread")]
async fn p05_a_consumer_says_so_when_it_serves_and_no_command_says_so_for_it() {
    let mut stage = due(Shape::Clients, "consumers = [\"billing\"]\nacks = \"acks\"", None).await;
    stage.reconfigure("[audit]", "[sidecar]\nconsumer = \"billing\"\nacks = \"acks\"\n[audit]");
    let said = stage.folder.path().join(format!("acks/{NAME}.billing.json"));
    let Stop::Waiting(until, _) = stage.run(Order::Due).await else { panic!("it does not wait") };
    stage.wait_until(until).await;
    for _ in 0..3 {
        let Stop::Waiting(until, findings) = stage.run(Order::Due).await else { panic!("it does not wait") };
        assert!(!findings.is_empty());
        stage.wait_until(until).await;
    }
    assert!(!said.exists(), "calls of commands were taken for the consumer's");
    assert_eq!(stage.live().len(), 2);
    let sidecar = stage.sidecar().await;
    stage.call(&sidecar).await;
    assert!(sidecar.acknowledged(HOUR).await);
    let ack = fs::read_to_string(&said).unwrap();
    assert!(ack.contains(&fingerprint(&stage).await) && ack.contains("\"environment\":\"test\""), "{ack}");
    assert_eq!(stage.until_it_ends().await, Outcome::Rotated);
}

/// At every place where a rotation waits, and before it begins: while it is on hold no run changes anything, however much time goes by.
#[tokio::test(flavor = "multi_thread")]
async fn p06_nothing_is_made_switched_or_deleted_while_on_hold() {
    for shape in [Shape::Clients, Shape::Keys] {
        let mut stage = due(shape, "", None).await;
        for _ in 0..60 {
            let app = stage.app().await;
            let rotation = stage.rotation(&app).unwrap();
            // What was announced before is over by then; nobody sleeps here.
            stage.advance(Duration::from_secs(180));
            rotation.hold("incident 4711").await.unwrap();
            let (before, live) = (stage.made_and_deleted(), stage.live());
            for order in [Order::Due, Order::Run, Order::Resume, Order::Abort, Order::Sweep] {
                let stop = stage.run(order).await;
                let fault = fault(&stage, &stop);
                assert_eq!(fault.code(), FaultCode::RotationHeld, "{order:?}");
                assert!(fault.detail().contains("incident 4711"));
                assert!(fault.hint().contains("hallpass rotate hold queue-sync --off"));
            }
            assert_eq!((stage.made_and_deleted(), stage.live()), (before, live));
            stage.serve().await;
            rotation.release().await.unwrap();
            match stage.run(Order::Due).await {
                Stop::Waiting(until, _) => stage.wait_until(until).await,
                stop => {
                    assert_eq!(stop, Stop::Finished(Outcome::Rotated));
                    break;
                }
            }
        }
        assert_eq!(stage.live().len(), 1, "{shape:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_within_the_watch_window_there_is_a_way_back() {
    for shape in [Shape::Clients, Shape::Keys, Shape::Applications] {
        let mut stage = watched(shape).await;
        let (old, secret) = old_of(shape);
        assert!(!stage.world().is_live(old, secret), "switched off");
        let stop = stage.run(Order::Abort).await;
        assert!(matches!(stop, Stop::Waiting(..)), "{stop:?}");
        assert!(stage.world().is_live(old, secret), "on again");
        assert_eq!(stage.current().await, (old.to_owned(), secret.to_owned()));
        let app = stage.app().await;
        stage.call(&app).await;
        let Stop::Waiting(until, _) = stop else { panic!("seen above") };
        stage.wait_until(until).await;
        assert_eq!(stage.until_it_ends().await, Outcome::Undone);
        assert_eq!(stage.live().into_iter().collect::<Vec<_>>(), [old], "{shape:?}");
        assert!(stage.world().is_live(old, secret));
        stage.serve().await;
    }
}

/// One call of the administrator, as somebody in the console makes it.
async fn console(app: &App, method: &str, target: &str, body: &'static str) {
    let call = Call { method: method.into(), target: target.into(), ..Call::default() };
    let headers: Vec<(String, String)> = vec![("content-type".into(), "application/json".into())];
    let call = if body.is_empty() { call } else { Call { headers, body: body.into(), ..call } };
    let answer = app.call("admin", call).await.unwrap();
    assert!(answer.status < 300, "{}", answer.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_a_change_in_the_console_is_seen_before_anything_is_deleted() {
    let keys = "/access-key-management/v1/access-keys";
    let on = format!("/userhub{keys}?accessKeyId=OLD%3D%3D%3D%3D&userId=u");
    let cases = [
        // Somebody took the idle client for something else.
        (Shape::Clients, "POST", "/api/v2/oauth/clients/client-a/secret".to_owned(), ""),
        // Somebody needs the old key after all.
        (Shape::Keys, "PATCH", on, r#"{"isActive":true}"#),
    ];
    for (shape, method, target, body) in cases {
        let mut stage = watched(shape).await;
        let before = stage.made_and_deleted();
        let made_there = u64::from(method == "POST");
        stage.advance(HOUR);
        console(&stage.app().await, method, &target, body).await;
        stage.pass(8 * DAY).await;
        let stop = stage.run(Order::Due).await;
        assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::PlatformChanged), "{stop:?}");
        let told = fault(&stage, &stop);
        assert!(told.detail().contains(old_of(shape).0), "{told}");
        assert!(told.hint().ends_with("`hallpass rotate resume queue-sync`"), "{}", told.hint());
        assert_eq!(stage.made_and_deleted(), (before.0 + made_there, before.1));
        stage.serve().await;
    }
    // Somebody switched off the one that is in use: the old one must not go as well.
    let mut stage = watched(Shape::Keys).await;
    let (new, _) = stage.current().await;
    stage.advance(8 * DAY);
    stage.world().set_state(&new, ClientState::Inactive);
    let stop = stage.run(Order::Due).await;
    assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::NewSecretChanged), "{stop:?}");
    assert_eq!(stage.made_and_deleted(), (1, 0));
}
