//! What a call is like: headers, faults, answers passed through.

use std::time::Duration;

use hallpass_core::{Counter, IssueVerdict};

use crate::rig::{Rig, Upstream, get, request};

#[tokio::test]
async fn a_call_arrives_with_the_token_and_without_the_pass() {
    let rig = Rig::start().await;
    let headers = "Authorization: Bearer placeholder\r\nAccept-Encoding: gzip\r\nX-Twice: 1\r\nX-Twice: 2\r\nIdempotency-Key: k\r\n\
        Connection: close, X-Once\r\nX-Once: 1\r\nKeep-Alive: 5\r\nContent-Length: 4\r\nHallpass-Note: x\r\n";
    let answer = rig.ask(request("POST /queue-sync/api/v2/things?x=1", headers, "null")).await;
    assert_eq!((answer.is(), answer.body.as_str()), ((200, ""), "ok"));
    let seen = rig.upstream.only();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str(), &seen.body[..]),
        ("POST", "/api/v2/things?x=1", &b"null"[..])
    );
    assert_eq!(seen.headers.get_all("x-twice").iter().count(), 2);
    let mut names: Vec<_> = seen.headers.keys().map(ToString::to_string).collect();
    names.sort();
    assert_eq!(
        names,
        ["accept-encoding", "authorization", "content-length", "host", "idempotency-key", "x-twice"]
    );
    assert_eq!(seen.headers["authorization"], "Bearer token-1");
    assert_eq!(seen.headers["host"], rig.upstream.address.to_string());
    assert_eq!(rig.counters.value(Counter::Calls), 1);
}

#[tokio::test]
async fn naming_authorization_in_connection_does_not_remove_the_token() {
    let rig = Rig::start().await;
    let answer = rig.ask(request("GET /queue-sync/x", "Connection: authorization, host\r\n", "")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(rig.upstream.only().headers["authorization"], "Bearer token-1");
}

#[tokio::test]
async fn an_answer_passes_through_without_what_is_not_for_callers() {
    let rig = Rig::start().await;
    let answer = rig.get("/queue-sync/chatty").await;
    assert_eq!((answer.is(), answer.body.as_str()), ((200, ""), "chat"));
    assert_eq!(answer.header("x-kept"), Some("1"));
    for gone in ["set-cookie", "x-echo", "authorization", "alt-svc", "x-hop", "connection"] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn errors_redirects_and_throttles_of_the_platform_are_its_own() {
    let rig = Rig::start().await;
    let missing = rig.get("/queue-sync/not-found").await;
    assert_eq!((missing.is(), missing.body.as_str()), ((404, ""), "no such queue"));
    let redirect = rig.get("/queue-sync/redirect").await;
    assert_eq!((redirect.is(), redirect.header("location")), ((302, ""), Some("https://elsewhere.example/")));
    let throttled = rig.get("/queue-sync/throttled").await;
    assert_eq!((throttled.is(), throttled.header("retry-after")), ((429, ""), Some("7")));
    assert_eq!(rig.upstream.seen().len(), 3, "a redirect is not followed");
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&request("HEAD /queue-sync/x", "", ""))).await;
    assert_eq!(wire.answer_without_body().await.status, 200);
    wire.send(rig.fill(&request("HEAD /narrow/x", "Connection: close\r\n", ""))).await;
    assert_eq!(wire.answer_without_body().await.is(), (403, "path-not-allowed"));
    assert_eq!(wire.ended().await, "");
}

#[tokio::test]
async fn a_healed_401_is_marked_and_an_unhealed_one_says_why() {
    let rig = Rig::start().await;
    let healed = rig.get("/queue-sync/first-token-refused").await;
    assert_eq!((healed.is(), healed.header("hallpass-replayed")), ((200, ""), Some("1")));
    let long = "x".repeat(300 * 1024);
    let head = format!("Content-Length: {}\r\n", long.len());
    let passed_on = rig.ask(request("POST /queue-sync/unauthorized", &head, &long)).await;
    assert_eq!(passed_on.is(), (401, ""));
    assert!(passed_on.header("hallpass-not-replayed").is_some(), "{passed_on:?}");
    assert_eq!(
        passed_on.header("www-authenticate"),
        None,
        "the challenge would be ours to make, and this 401 is not ours"
    );
}

#[tokio::test]
async fn a_platform_that_is_down_is_502_and_its_return_needs_no_restart() {
    let rig = Rig::start().await;
    let Rig { upstream, address, .. } = rig;
    let place = upstream.go_down().await;
    let ask = async |path: &str| {
        let mut wire = crate::rig::Wire::connect(address).await;
        let text = get(path).replace("{H}", &address.to_string()).replace("{P}", crate::rig::PASS);
        wire.ask(text).await
    };
    let down = ask("/queue-sync/x").await;
    assert_eq!(down.is(), (502, "upstream-unreachable"));
    assert_eq!(down.header("retry-after"), None);
    let back = Upstream::start_at(place).await;
    assert_eq!(ask("/queue-sync/x").await.is(), (200, ""));
    assert_eq!(back.seen().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_is_502_and_the_call_is_not_repeated() {
    let rig = Rig::start().await;
    let broken = rig.ask(request("POST /queue-sync/broken", "Content-Length: 3\r\n", "abc")).await;
    assert_eq!((broken.is(), broken.header("retry-after")), ((502, "upstream-answer-bad"), None));
    assert_eq!(rig.upstream.seen().len(), 1);
}

#[tokio::test]
async fn no_token_is_503_with_retry_after_and_nothing_is_sent() {
    let rig = Rig::start().await;
    rig.platform.then_refuse(IssueVerdict::Passing { retry_after: Some(Duration::from_secs(4)) });
    let answer = rig.get("/queue-sync/x").await;
    assert_eq!(answer.is(), (503, "token-unavailable"), "{answer:?}");
    assert!(answer.header("retry-after").is_some());
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn a_fault_is_a_problem_document() {
    let rig = Rig::start().await;
    let answer = rig.ask(request("DELETE /narrow/api/v2/users/1", "", "")).await;
    let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(document["type"], "urn:hallpass:fault:path-not-allowed");
    assert_eq!(document["status"], 403);
    assert_eq!(document["title"], "no allow rule of the integration covers this call");
    assert_eq!(document["detail"], "DELETE: integration `narrow` has no rule for this path");
    assert!(document["hint"].as_str().unwrap().contains("allow"));
    assert!(
        rig.audit.contain(&["call-refused", "path-not-allowed", "narrow", "DELETE"]),
        "{:?}",
        rig.audit.lines()
    );
    assert_eq!(rig.counters.value(Counter::CallsRefused), 1);
}

#[tokio::test]
async fn a_panic_is_a_500_and_not_the_end() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("/queue-sync/panic").await.is(), (500, "internal"));
    assert_eq!(rig.get("/queue-sync/x").await.is(), (200, ""));
}
