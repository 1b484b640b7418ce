//! The local login, in the words of a scripted platform: `ID:SECRET` at `/login`.

use hallpass_core::Counter;

use crate::rig::{PASS, Rig};

fn login(integration: &str, body: &str) -> String {
    let length = body.replace("{P}", PASS).len();
    format!("POST /{integration}/login HTTP/1.1\r\nHost: {{H}}\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_right_login_gets_the_pass_without_showing_it_in_a_header() {
    let rig = Rig::start().await;
    let answer = rig.ask(login("queue-sync", "queue-sync:{P}")).await;
    assert_eq!((answer.is(), answer.body.as_str()), ((200, ""), PASS));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(rig.audit.contain(&["login-granted", "queue-sync"]));
    assert_eq!(rig.counters.value(Counter::LocalLogins), 1);
    assert!(rig.upstream.saw_nothing());
    assert_eq!(rig.platform.requests(), 0, "no token is needed for it");
}

#[tokio::test]
async fn p31_wrong_logins_are_refused_in_one_voice_and_never_forwarded() {
    let rig = Rig::start().await;
    let mut bodies = Vec::new();
    for (integration, body) in [
        ("queue-sync", "queue-sync:wrong"),
        ("queue-sync", "queue-sync:"),
        ("queue-sync", "other:{P}"),
        ("queue-sync", "narrow:{P}"),
        ("narrow", "queue-sync:{P}"),
        ("queue-sync", ":{P}"),
    ] {
        let answer = rig.ask(login(integration, body)).await;
        assert_eq!(answer.is(), (401, "login-refused"), "{integration} {body}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the answer does not tell what was wrong");
    assert_eq!(rig.ask(login("queue-sync", "nonsense")).await.is(), (400, "login-refused"));
    assert!(rig.audit.contain(&["login-refused", "narrow"]));
    assert!(!rig.audit.lines().concat().contains(PASS));
    assert_eq!(rig.counters.value(Counter::LocalLogins), 0);
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn p31_a_login_passes_the_gate_like_any_call() {
    let rig = Rig::start().await;
    let page =
        login("queue-sync", "queue-sync:{P}").replace("Content-Length", "Origin: null\r\nContent-Length");
    assert_eq!(rig.ask(page).await.is(), (403, "origin-present"));
    let foreign = login("queue-sync", "queue-sync:{P}").replace("{H}", "rebound.example");
    assert_eq!(rig.ask(foreign).await.is(), (403, "host-foreign"));
}

#[tokio::test]
async fn a_login_is_small() {
    let rig = Rig::start().await;
    let declared = login("queue-sync", &"x".repeat(16 * 1024 + 1));
    assert_eq!(rig.ask(declared).await.is(), (413, "body-too-large"));
    let chunk = "x".repeat(0x4001);
    let chunked = format!(
        "POST /queue-sync/login HTTP/1.1\r\nHost: {{H}}\r\nTransfer-Encoding: chunked\r\n\r\n4001\r\n{chunk}\r\n0\r\n\r\n"
    );
    assert_eq!(rig.ask(chunked).await.is(), (413, "body-too-large"));
}
