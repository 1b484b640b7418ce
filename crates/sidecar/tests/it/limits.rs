//! Limits of number and time. Time is moved by hand.

use std::time::Duration;

use crate::rig::{Rig, get, request};

#[tokio::test]
async fn a_full_sidecar_says_busy_and_still_answers_probes() {
    let rig = Rig::with(|settings| settings.limits.max_connections = 2).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut wire = rig.connect().await;
        wire.send(rig.fill(&get("/queue-sync/held"))).await;
        rig.upstream.begun().await;
        held.push(wire);
    }
    let busy = rig.get("/queue-sync/x").await;
    assert_eq!((busy.is(), busy.header("retry-after")), ((503, "busy"), Some("1")));
    assert_eq!(busy.header("connection"), Some("close"));
    assert_eq!(rig.ask("GET /-/health HTTP/1.1\r\nHost: {H}\r\n\r\n").await.status, 200);
    (0..2).for_each(|_| rig.upstream.let_go());
    for wire in &mut held {
        assert_eq!(wire.answer().await.status, 200);
        wire.finish().await;
    }
    assert_eq!(rig.get("/queue-sync/x").await.status, 200, "there is room again");
}

#[tokio::test]
async fn a_platform_that_does_not_answer_is_504_without_retry_after() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&get("/queue-sync/held"))).await;
    rig.upstream.begun().await;
    rig.time.advance(Duration::from_secs(91));
    let answer = wire.answer().await;
    assert_eq!((answer.is(), answer.header("retry-after")), ((504, "upstream-timeout"), None));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_the_callers_fault() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    let head = request("POST /queue-sync/x", "Expect: 100-continue\r\nContent-Length: 3\r\n", "");
    assert_eq!(wire.ask(rig.fill(&head)).await.status, 100, "the sidecar is reading");
    rig.time.advance(Duration::from_secs(91));
    assert_eq!(wire.answer().await.is(), (400, "request-malformed"));
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn an_exchange_does_not_last_for_ever() {
    let rig = Rig::with(|settings| {
        settings.limits.call_timeout = Duration::from_secs(1000);
        settings.limits.exchange_timeout = Duration::from_secs(20);
    })
    .await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&get("/queue-sync/held"))).await;
    rig.upstream.begun().await;
    rig.time.advance(Duration::from_secs(21));
    assert_eq!(wire.ended().await, "");
}

#[tokio::test]
async fn half_a_head_does_not_keep_its_place() {
    let rig = Rig::with(|settings| settings.limits.head_timeout = Duration::from_millis(50)).await;
    let mut wire = rig.connect().await;
    wire.send("GET /queue-sync/x HTTP/1.1\r\nHo").await;
    let end = wire.ended().await;
    assert!(!end.contains("200"), "{end}");
}
