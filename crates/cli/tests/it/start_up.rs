//! The start of a gateway: its secrets, its phases, and whom it serves.

use crate::scene::{PATIENCE, Scene, until};

const PHASES: [&str; 6] = ["config", "first_answer", "listening", "secret", "store_connect", "token"];

#[test]
fn secrets_are_read_before_the_first_call_and_every_phase_is_timed() {
    let scene = Scene::with_secret();
    scene.configure("\n[audit]\nfile = \"audit.jsonl\"\n");
    let mut served = scene.serve(&[]);
    until(|| served.get("/-/ready").0 == 200);
    let audit = || std::fs::read_to_string(scene.path().join("audit.jsonl")).unwrap();
    assert_eq!(audit().matches("\"secret-read\"").count(), 1, "nobody has called yet");
    assert_eq!(scene.mints(), 0);
    assert_eq!(served.get("/queue-sync/api/v2/routing/queues").0, 200);
    assert_eq!(audit().matches("\"secret-read\"").count(), 1, "the call found it in memory");
    let (_, answer) = served.get("/-/status");
    let status: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let phases = status["start_ms"].as_object().unwrap();
    assert_eq!(phases.keys().collect::<Vec<_>>(), PHASES);
    let of = |phase: &str| phases[phase].as_f64().unwrap();
    assert!(of("config") <= of("listening") && of("listening") <= of("secret"), "{status}");
    assert!(of("secret") <= of("token") && of("token") <= of("first_answer"), "{status}");
    served.process.signal("TERM").unwrap();
    let finished = served.process.wait(PATIENCE).unwrap();
    let lines: Vec<_> =
        finished.stderr.lines().filter(|line| line.contains("the first call is answered")).collect();
    assert_eq!(lines.len(), 1, "{finished:?}");
    assert!(lines[0].contains("secret_ms=") && lines[0].contains("first_answer_ms="), "{}", lines[0]);
}

#[test]
fn a_missing_secret_is_told_by_name_and_comes_in_without_a_restart() {
    let scene = Scene::empty();
    let mut served = scene.serve(&[]);
    until(|| served.get("/-/ready").1.contains("\"secret\":\"entry-not-found\""));
    assert_eq!(served.get("/-/ready").0, 503);
    assert_eq!(served.get("/-/health").0, 200, "a missing secret is no reason to end the process");
    let (_, status) = served.get("/-/status");
    assert!(status.contains("store it with `hallpass secret put`"), "{status}");
    let stored = scene.run_with(&["secret", "put", "queue-sync"], scene.material());
    assert_eq!(stored.code, Some(0), "{stored:?}");
    until(|| served.get("/-/ready").0 == 200);
    assert_eq!(served.get("/queue-sync/api/v2/routing/queues").0, 200);
    served.process.signal("TERM").unwrap();
    let finished = served.process.wait(PATIENCE).unwrap();
    assert_eq!(finished.stderr.matches("a secret is missing").count(), 1, "once is enough: {finished:?}");
}

#[test]
fn an_administrating_identity_is_nothing_that_callers_can_reach() {
    let scene = Scene::with_secret();
    let table = "\n[integrations.admin]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"env:ADMIN\"\nadministers = true\n\
                 allow = [\"GET /api/v2/oauth/clients/*\"]\n";
    scene.configure(table);
    let served = scene.serve(&[]);
    let (status, answer) = served.get("/admin/api/v2/oauth/clients/a");
    assert_eq!(status, 404, "{answer}");
    assert!(answer.contains("integration-unknown"), "{answer}");
    until(|| served.get("/-/ready").0 == 200);
    assert!(!served.get("/-/status").1.contains("\"admin\""), "nor told about");
}
