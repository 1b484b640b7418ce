//! Consumers that say in a secret store what they use: an entry each, few writes, and a silent store keeps the old secret alive.

use std::sync::Arc;
use std::time::Duration;

use hallpass_app::App;
use hallpass_app::FaultCode;
use hallpass_app::lifecycle::{Cause, Order, Outcome, Stop};
use hallpass_cloud_emulator::aws::Aws;
use hallpass_cloud_emulator::{Behaviour, Reply, StandIn};
use tokio::task::JoinSet;

use crate::rotation_stage::{DAY, HOUR, NAME, Place, Shape, Stage};

/// Another account of AWS than the one in which the secret rests.
struct Scene {
    stage: Stage,
    aws: Arc<Aws>,
    door: StandIn,
}

const ENTRY: &str = "prod/acks/queue-sync/billing";

impl Scene {
    /// The secret is due, and nobody has said anything.
    async fn set() -> Self {
        let aws = Arc::new(Aws::new());
        let door = StandIn::start(Arc::clone(&aws) as _, None).await.unwrap();
        let acks = format!("acks = \"aws-sm:prod/acks?region=us-east-1&endpoint={}\"", door.url());
        let more = format!("consumers = [\"billing\"]\n{acks}");
        let mut stage = Stage::with(Shape::Clients, Place::Local, &more, None).await;
        stage.reconfigure("[audit]", &format!("[sidecar]\nconsumer = \"billing\"\n{acks}\n[audit]"));
        stage.advance(90 * DAY + HOUR);
        stage.serve().await;
        Self { stage, aws, door }
    }

    /// The new secret is current, and all the time there is to wait for has passed.
    async fn promoted() -> Self {
        let mut scene = Self::set().await;
        for _ in 0..3 {
            let Stop::Waiting(until, findings) = scene.stage.run(Order::Due).await else {
                panic!("it does not wait")
            };
            assert!(
                scene.writes() > 0
                    || findings.iter().any(|finding| finding.to_string().contains("`billing`"))
                    || findings.is_empty()
            );
            scene.stage.wait_until(until).await;
        }
        assert_eq!(scene.stage.live().len(), 2);
        scene
    }

    /// A sidecar that starts now, gets a token and has said so.
    async fn speak(&self) -> App {
        let sidecar = self.stage.sidecar().await;
        self.stage.call(&sidecar).await;
        assert!(sidecar.acknowledged(HOUR).await);
        sidecar
    }

    fn asked(&self, operation: &str) -> usize {
        self.door
            .seen()
            .iter()
            .filter(|seen| seen.operation.as_deref().is_some_and(|asked| asked.ends_with(operation)))
            .count()
    }

    fn writes(&self) -> usize {
        self.asked("PutSecretValue")
    }

    fn said(&self) -> serde_json::Value {
        let read = self.aws.operate("us-east-1", "GetSecretValue", &serde_json::json!({ "SecretId": ENTRY }));
        serde_json::from_str(read.unwrap()["SecretString"].as_str().unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p05_a_consumer_that_says_so_in_a_secret_store_is_waited_for_and_heard() {
    let mut scene = Scene::promoted().await;
    assert_eq!(scene.writes(), 0, "no command speaks for the consumer");
    scene.speak().await;
    let (_, secret) = scene.stage.current().await;
    let fingerprint = scene.stage.app().await.credential(NAME).await.unwrap().fingerprint().to_string();
    let said = scene.said();
    assert_eq!((&said["fingerprint"], &said["consumer"]), (&fingerprint.into(), &"billing".into()));
    assert_eq!((&said["environment"], &said["integration"]), (&"test".into(), &NAME.into()));
    assert_eq!(
        said["at"].as_u64(),
        Some(u64::try_from(hallpass_core::Clock::now(&scene.stage.time).wall.as_millis()).unwrap())
    );
    assert!(!said.to_string().contains(&secret) && !said.to_string().contains("planted"));
    assert_eq!(scene.stage.until_it_ends().await, Outcome::Rotated);
    assert_eq!(scene.stage.live().len(), 1);
}

/// The first ten start together and cannot see each other's words; whoever comes later finds that everything is said.
#[tokio::test(flavor = "multi_thread")]
async fn p05_fifty_processes_of_one_consumer_write_no_more_than_the_first_of_them() {
    let scene = Scene::set().await;
    let mut writes = Vec::new();
    for _ in 0..5 {
        let before = (scene.writes(), scene.asked("GetSecretValue"));
        let mut sidecars = Vec::new();
        for _ in 0..10 {
            let sidecar = scene.stage.sidecar().await;
            // What it has to say waits for a part of two seconds, and no clock moves.
            scene.stage.call(&sidecar).await;
            sidecars.push(sidecar);
        }
        // Whoever loses a race to another gives up here, as at the end of a process.
        let speaks = |sidecar: App| async move { sidecar.acknowledged(HOUR).await };
        let wave: JoinSet<_> = sidecars.into_iter().map(speaks).collect();
        let arrived = wave.join_all().await.into_iter().filter(|arrived| *arrived).count();
        assert!(arrived >= 1 && (arrived == 10 || writes.is_empty()), "{arrived} of a wave arrived");
        assert_eq!(scene.said()["consumer"], "billing");
        writes.push(scene.writes() - before.0);
        assert!(scene.asked("GetSecretValue") - before.1 <= 20, "one read, and one more after a lost race");
    }
    println!("figure: 50 processes of one consumer, started ten at a time: {writes:?} writes");
    assert!((1..=10).contains(&writes[0]), "{writes:?}");
    assert_eq!(writes[1..], [0, 0, 0, 0], "{writes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_reads_once_for_a_secret_and_says_it_anew_after_a_day() {
    let mut scene = Scene::set().await;
    let sidecar = scene.speak().await;
    let (reads, writes) = (scene.asked("GetSecretValue"), scene.writes());
    assert_eq!(reads, 1);
    for (hours, more) in [(3, 0), (3, 0), (20, 1), (3, 0), (25, 1)] {
        let before = (scene.asked("GetSecretValue"), scene.writes());
        scene.stage.advance(hours * HOUR);
        scene.stage.call(&sidecar).await;
        assert!(sidecar.acknowledged(HOUR).await);
        let told = (scene.asked("GetSecretValue") - before.0, scene.writes() - before.1);
        assert_eq!(told, (more, more), "after {hours} hours more");
    }
    assert!(writes >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn p05_a_store_that_cannot_be_read_keeps_the_old_secret_alive_and_is_named() {
    let mut scene = Scene::promoted().await;
    scene.speak().await;
    scene.aws.deny("secretsmanager:GetSecretValue");
    for _ in 0..3 {
        let stop = scene.stage.run(Order::Due).await;
        let Stop::Failed(trouble) = &stop else { panic!("{stop:?}") };
        assert_eq!(trouble.fault().code(), FaultCode::StoreDenied, "{stop:?}");
        assert!(trouble.fault().to_string().contains(ENTRY), "{}", trouble.fault());
        scene.stage.pass(8 * DAY).await;
    }
    let app = scene.stage.app().await;
    let status = scene.stage.rotation(&app).unwrap().status().await.unwrap();
    assert!(
        status.unheard.as_deref().is_some_and(|unheard| unheard.starts_with("store-denied: ")),
        "{status}"
    );
    assert!(status.to_string().contains("\n  unheard   store-denied: "), "{status}");
    assert_eq!(scene.stage.live().len(), 2);
    scene.aws.allow("secretsmanager:GetSecretValue");
    assert_eq!(scene.stage.until_it_ends().await, Outcome::Rotated);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_waits_for_a_store_that_hangs_or_fails() {
    let scene = Scene::set().await;
    for behaviour in [Behaviour::Hang, Behaviour::Answer(Reply::bytes(500, ""))] {
        scene.door.always(Some(behaviour));
        let sidecar = scene.stage.sidecar().await;
        let calls = async {
            for _ in 0..20 {
                scene.stage.call(&sidecar).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), calls).await.unwrap();
        assert_eq!(scene.writes(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p05_a_word_from_another_environment_stops_the_rotation() {
    let scene = Scene::promoted().await;
    scene.speak().await;
    let mut said = scene.said();
    said["environment"] = "staging".into();
    let put = serde_json::json!({ "SecretId": ENTRY, "SecretString": said.to_string(), "ClientRequestToken": "a".repeat(32) });
    scene.aws.operate("us-east-1", "PutSecretValue", &put).unwrap();
    let stop = scene.stage.run(Order::Due).await;
    assert!(matches!(&stop, Stop::Stuck(stuck) if stuck.cause == Cause::WrongEnvironment), "{stop:?}");
    // The consumer's own process says it right again, and a word under another's name is nobody's.
    scene.speak().await;
    assert_eq!(scene.said()["environment"], "test");
    said["environment"] = "test".into();
    said["consumer"] = "somebody".into();
    let put = serde_json::json!({ "SecretId": ENTRY, "SecretString": said.to_string(), "ClientRequestToken": "b".repeat(32) });
    scene.aws.operate("us-east-1", "PutSecretValue", &put).unwrap();
    let stop = scene.stage.run(Order::Resume).await;
    let Stop::Waiting(_, findings) = &stop else { panic!("{stop:?}") };
    assert!(
        findings.iter().any(|finding| finding.to_string() == "`billing` has not said which secret it uses"),
        "{findings:?}"
    );
}
