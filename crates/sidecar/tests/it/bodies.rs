//! Bodies and their limit.

use hallpass_core::FaultCode;

use crate::rig::{Rig, request};

const LIMIT: u64 = 1024 * 1024;

async fn rig() -> Rig {
    Rig::with(|settings| settings.limits.max_body = LIMIT).await
}

#[tokio::test]
async fn a_body_at_the_limit_passes_declared_or_not() {
    let rig = rig().await;
    let body = "x".repeat(LIMIT as usize);
    let declared = request("POST /queue-sync/x", &format!("Content-Length: {LIMIT}\r\n"), &body);
    assert_eq!(rig.ask(declared).await.is(), (200, ""));
    let chunked = request(
        "POST /queue-sync/x",
        "Transfer-Encoding: chunked\r\n",
        &format!("{LIMIT:x}\r\n{body}\r\n0\r\n\r\n"),
    );
    assert_eq!(rig.ask(chunked).await.is(), (200, ""));
    assert!(rig.upstream.seen().iter().all(|seen| seen.body.len() as u64 == LIMIT));
}

#[tokio::test]
async fn a_body_declared_too_large_is_refused_before_a_byte_of_it_is_read() {
    let rig = rig().await;
    let head = request("POST /queue-sync/x", &format!("Content-Length: {}\r\n", LIMIT + 1), "");
    let answer = rig.ask(head).await;
    assert_eq!(answer.is(), (413, FaultCode::BodyTooLarge.name()));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_cut_off_on_both_sides() {
    let rig = rig().await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&request("POST /queue-sync/x", "Transfer-Encoding: chunked\r\n", ""))).await;
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..16 {
        wire.send(&piece).await;
    }
    rig.upstream.begun().await;
    let answer = wire.ask("1\r\nx\r\n").await;
    assert_eq!(answer.is(), (413, FaultCode::BodyTooLarge.name()));
    assert!(rig.upstream.seen().is_empty(), "the platform never saw the end of it");
}

#[tokio::test]
async fn a_small_body_that_breaks_off_is_never_sent() {
    let rig = rig().await;
    let answer =
        rig.ask(request("POST /queue-sync/x", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nX\r\n")).await;
    assert_eq!(answer.is(), (400, "request-malformed"));
    assert!(rig.upstream.saw_nothing());
}
