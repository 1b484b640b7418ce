//! The doors of the gateway and the health listener.

use std::time::Duration;

use hallpass_core::{Clock, Fault, FaultCode, IssueVerdict, Phase, SecretState};
use serde_json::Value;

use crate::rig::{PASS, Rig, Wire, get, request};

fn open(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {{H}}\r\n\r\n")
}

#[tokio::test]
async fn health_is_open_and_says_that_it_serves() {
    let rig = Rig::start().await;
    let answer = rig.ask(open("/-/health")).await;
    assert_eq!((answer.is(), answer.body.as_str()), ((200, ""), "{\"status\":\"ok\"}"));
}

#[tokio::test]
async fn readiness_follows_the_token_and_says_what_is_missing() {
    let rig = Rig::start().await;
    assert_eq!(rig.ask(open("/-/ready")).await.status, 200, "nothing has failed yet");
    rig.platform.then_refuse(IssueVerdict::CredentialRefused);
    rig.platform.then_refuse(IssueVerdict::CredentialRefused);
    let refused = rig.get("/queue-sync/x").await;
    assert_eq!(refused.is(), (503, "credential-refused"));
    let answer = rig.ask(open("/-/ready")).await;
    assert_eq!(answer.status, 503);
    let ready: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(ready["ready"], false);
    let lines = ready["integrations"].as_array().unwrap();
    assert_eq!((&lines[0]["name"], &lines[0]["ready"]), (&"narrow".into(), &true.into()));
    assert_eq!((&lines[1]["name"], &lines[1]["ready"]), (&"queue-sync".into(), &false.into()));
    assert_eq!(lines[1]["missing"]["fault"], "credential-refused");
}

#[tokio::test]
async fn status_needs_the_pass_and_shows_no_secret() {
    let rig = Rig::start().await;
    assert_eq!(rig.ask(open("/-/status")).await.is(), (401, "pass-missing"));
    assert_eq!(rig.get("/queue-sync/x").await.status, 200);
    let answer = rig.get("/-/status").await;
    let status: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["uptime_seconds"], 0);
    assert_eq!(status["calls_in_flight"], 1, "this one");
    assert_eq!(status["integrations"][1]["token"]["generation"], 1);
    for secret in [PASS, "token-1", "\"secret\""] {
        assert!(!answer.body.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn readiness_waits_for_every_secret_and_says_which_are_missing() {
    let rig = Rig::start().await;
    let name = "queue-sync".parse().unwrap();
    let ready = async || serde_json::from_str::<Value>(&rig.ask(open("/-/ready")).await.body).unwrap();
    rig.start.secret(&name, SecretState::Reading);
    assert_eq!(rig.ask(open("/-/ready")).await.status, 503);
    assert_eq!(ready().await["integrations"][1]["missing"]["secret"], "reading");
    let fault = Fault::new(FaultCode::StoreDenied, "not for the open door").with_hint("nor this");
    rig.start.secret(&name, SecretState::missing(&fault));
    let page = rig.ask(open("/-/ready")).await.body;
    assert!(page.contains(r#""missing":{"secret":"store-denied""#), "{page}");
    assert!(!page.contains("open door"), "only the fault's name is told without a pass: {page}");
    let status: Value = serde_json::from_str(&rig.get("/-/status").await.body).unwrap();
    assert_eq!(status["secrets"]["queue-sync"]["hint"], "nor this");

    assert_eq!(rig.get("/queue-sync/x").await.status, 200, "the call read it itself");
    assert_eq!(rig.ask(open("/-/ready")).await.status, 200, "so it is not missing any more");
}

#[tokio::test]
async fn metrics_tell_the_counters_and_the_phases_of_the_start() {
    let rig = Rig::start().await;
    assert_eq!(rig.ask(open("/-/metrics")).await.is(), (401, "pass-missing"));
    rig.start.reached(Phase::Configured, rig.time.now());
    rig.time.advance(Duration::from_millis(250));
    assert_eq!(rig.get("/queue-sync/x").await.status, 200);
    rig.time.advance(Duration::from_secs(5));
    assert_eq!(rig.get("/queue-sync/x").await.status, 200, "the first answer alone counts");
    let answer = rig.get("/-/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "# TYPE hallpass_token_requests_total counter",
        "hallpass_token_requests_total{integration=\"queue-sync\"} 1",
        "hallpass_start_seconds{phase=\"config\"} 0.000000",
        "hallpass_start_seconds{phase=\"first_answer\"} 0.250000",
    ] {
        assert!(answer.body.lines().any(|one| one == line), "{line} in\n{}", answer.body);
    }
    assert!(!answer.body.contains("phase=\"token\""), "what has not ended is not told");
    let status: Value = serde_json::from_str(&rig.get("/-/status").await.body).unwrap();
    assert_eq!(status["start_ms"]["first_answer"], 250.0);
}

#[tokio::test]
async fn there_are_no_other_doors_and_nothing_can_be_put_through_them() {
    let rig = Rig::start().await;
    for path in ["/-/", "/-", "/-/metric", "/-/health/", "/-/Health", "/-/health/x"] {
        assert_eq!(rig.get(path).await.is(), (404, "integration-unknown"), "{path}");
    }
    assert_eq!(rig.ask(request("POST /-/health", "", "")).await.is(), (403, "path-not-allowed"));
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn the_health_listener_answers_any_name_at_two_doors_only() {
    let rig = Rig::start().await;
    let ask = async |path: &str| {
        Wire::connect(rig.health)
            .await
            .ask(get(path).replace("{H}", "10.0.0.7:7781").replace("{P}", PASS))
            .await
    };
    assert_eq!(ask("/-/health").await.status, 200);
    assert_eq!(ask("/-/ready").await.status, 200);
    for path in ["/-/status", "/-/metrics", "/queue-sync/x", "/", "/queue-sync/login"] {
        assert_eq!(ask(path).await.is(), (404, "integration-unknown"), "{path}");
    }
    assert!(rig.upstream.saw_nothing());
}
