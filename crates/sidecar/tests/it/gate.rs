//! The order of the gate's questions.

use crate::rig::{Rig, request};

#[tokio::test]
async fn p31_a_web_page_learns_nothing_even_with_the_right_pass() {
    let rig = Rig::start().await;
    let right = request("GET /queue-sync/x", "Origin: http://evil.example\r\n", "");
    let wrong = right.replace("{P}", "wrong");
    let (with, without) = (rig.ask(&right).await, rig.ask(&wrong).await);
    assert_eq!(with.is(), (403, "origin-present"));
    assert_eq!(with.body, without.body);
    assert_eq!(with.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn p31_without_the_pass_every_path_gets_the_same_answer() {
    let rig = Rig::start().await;
    for path in ["/queue-sync/x", "/unknown/x", "/queue-sync/../x", "/narrow/x", "/-/status", "/-/nothing"] {
        let answer = rig.ask(format!("GET {path} HTTP/1.1\r\nHost: {{H}}\r\n\r\n")).await;
        assert_eq!(answer.is(), (401, "pass-missing"), "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"hallpass\""));
    }
    let wrong = rig.ask("GET /unknown/x HTTP/1.1\r\nHost: {H}\r\nHallpass: no\r\n\r\n").await;
    assert_eq!(wrong.header("www-authenticate"), Some("Bearer realm=\"hallpass\", error=\"invalid_token\""));
    assert!(rig.audit.contain(&["call-refused", "pass-wrong"]));
    assert!(!rig.audit.lines().concat().contains(crate::rig::PASS));
}

#[tokio::test]
async fn p31_a_preflight_of_a_browser_is_refused() {
    let rig = Rig::start().await;
    let headers = "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: hallpass\r\n";
    let answer = rig.ask(request("OPTIONS /queue-sync/x", headers, "")).await;
    assert_eq!(answer.is(), (403, "origin-present"));
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn p31_open_doors_ask_for_the_host_too() {
    let rig = Rig::start().await;
    let answer = rig.ask("GET /-/ready HTTP/1.1\r\nHost: rebound.example\r\n\r\n").await;
    assert_eq!(answer.is(), (403, "host-foreign"));
}
