//! Requests that real clients send and that must not be refused.

use crate::rig::{Rig, get, request};

#[tokio::test]
async fn shapes_that_real_clients_send_are_accepted() {
    let host_of = |name: &str| {
        format!("GET /queue-sync/api HTTP/1.1\r\nHost: {name}:{{PORT}}\r\nHallpass: {{P}}\r\n\r\n")
    };
    let head = |lines: &str| format!("GET /queue-sync/api HTTP/1.1\r\nHost: {{H}}\r\n{lines}\r\n");
    let post = |lines: &str, body: &str| request("POST /queue-sync/api", lines, body);
    let rows = [
        ("bearer", head("Authorization: Bearer {P}\r\n")),
        ("bearer in small letters", head("authorization: bearer {P}\r\n")),
        ("pass header", head("Hallpass: {P}\r\n")),
        (
            "pass header with a placeholder bearer",
            head("Hallpass: {P}\r\nAuthorization: Bearer placeholder\r\n"),
        ),
        ("pass header with an empty bearer", head("Hallpass: {P}\r\nAuthorization: Bearer \r\n")),
        ("by name", host_of("localhost")),
        ("by name in capitals", host_of("LocalHost")),
        ("by IPv6 literal", host_of("[::1]")),
        ("absolute form", get("http://{H}/queue-sync/api")),
        ("HTTP/1.0", "GET /queue-sync/api HTTP/1.0\r\nHost: {H}\r\nHallpass: {P}\r\n\r\n".into()),
        (
            "HTTP/1.0 keep-alive",
            "GET /queue-sync/api HTTP/1.0\r\nHost: {H}\r\nConnection: keep-alive\r\nHallpass: {P}\r\n\r\n"
                .into(),
        ),
        ("empty line first", format!("\r\n{}", get("/queue-sync/api"))),
        ("bare line feeds", get("/queue-sync/api").replace("\r\n", "\n")),
        ("a body of `null`", post("Content-Type: application/json\r\nContent-Length: 4\r\n", "null")),
        ("no body and no length", post("", "")),
        ("a body of length 0", post("Content-Length: 0\r\n", "")),
        ("the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")),
        ("chunks", post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")),
        ("chunks with an extension", post("Transfer-Encoding: chunked\r\n", "3;a=b\r\nabc\r\n0\r\n\r\n")),
        ("TE: trailers", head("Hallpass: {P}\r\nTE: trailers\r\nConnection: TE\r\n")),
        (
            "Connection that names a header of ours",
            head("Hallpass: {P}\r\nConnection: close, hallpass, authorization\r\n"),
        ),
        (
            "proxy headers",
            head("Hallpass: {P}\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\n"),
        ),
        ("fetch of node", head("Hallpass: {P}\r\nSec-Fetch-Mode: cors\r\n")),
        ("underscores of no meaning", head("Hallpass: {P}\r\npurecloud_sdk: 269.0.0\r\n")),
        ("percent-encoding", get("/queue-sync/a%20b/caf%C3%A9/100%25?q=a%2Fb+c&d=..;/")),
        ("a colon, comma and at sign", get("/queue-sync/a:b,c@d=e+f/")),
    ];
    let rig = Rig::start().await;
    for (name, bytes) in rows {
        let bytes = bytes.replace("{PORT}", &rig.address.port().to_string());
        let before = rig.upstream.seen().len();
        let answer = rig.ask(&bytes).await;
        assert_eq!(answer.is(), (200, ""), "{name}: {answer:?}");
        assert_eq!(rig.upstream.seen().len(), before + 1, "{name}");
        let seen = rig.upstream.seen().pop().unwrap();
        assert_eq!(seen.headers["authorization"], "Bearer token-1", "{name}");
        let shown = format!("{seen:?}");
        assert!(!shown.contains(crate::rig::PASS) && !shown.contains("placeholder"), "{name}: {shown}");
    }
}

/// hyper hides these from the gateway, so they cannot be refused. They are harmless because nothing received is passed on as it is: the target that was
/// decided on is the one that is sent, and framing is made anew.
#[tokio::test]
async fn what_hyper_hides_changes_nothing_that_is_sent() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("/narrow/api/v2/routing/queues#/../../users").await.status, 200);
    assert_eq!(rig.upstream.seen().pop().unwrap().target, "/api/v2/routing/queues");
    assert_eq!(rig.get("/narrow/deny#/api/v2/routing/queues").await.is(), (403, "path-not-allowed"));
    let both = [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Transfer-Encoding:\tchunked\r\n",
    ];
    for headers in both {
        let before = rig.upstream.seen().len();
        let inner = String::from_utf8(rig.fill(&get("/queue-sync/smuggled"))).unwrap();
        let body = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
        let answer = rig.ask(request("POST /queue-sync/x", headers, &body)).await;
        assert_eq!(answer.is(), (200, ""), "{headers}");
        let seen = rig.upstream.seen();
        assert_eq!(seen.len(), before + 1, "{headers}");
        assert_eq!(seen[before].target, "/x");
        assert!(
            seen[before].headers.contains_key("content-length")
                && !seen[before].headers.contains_key("transfer-encoding")
        );
    }
}

#[tokio::test]
async fn p34_the_target_arrives_byte_for_byte() {
    let rig = Rig::start().await;
    let targets = [
        "/",
        "/a%20b",
        "/caf%C3%A9/100%25",
        "/a:b,c@d=e+f/",
        "/x?q=a%2Fb+c&d=..;/&&=",
        "/x?",
        "/x??",
        "/x?/../%zz|{}",
    ];
    for target in targets {
        assert_eq!(rig.get(&format!("/queue-sync{target}")).await.status, 200, "{target}");
        assert_eq!(rig.upstream.seen().pop().unwrap().target, target);
    }
}

#[tokio::test]
async fn a_connection_serves_many_calls() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    for number in 0..5 {
        let answer = wire.ask(rig.fill(&get(&format!("/queue-sync/{number}")))).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("connection"), None);
    }
    let refused = wire.ask(rig.fill(&get("/narrow/elsewhere"))).await;
    assert_eq!(refused.is(), (403, "path-not-allowed"));
    assert_eq!(
        wire.ask(rig.fill(&get("/queue-sync/last"))).await.status,
        200,
        "a refusal by policy keeps the connection"
    );
}

#[tokio::test]
async fn http_1_0_is_kept_only_when_asked_for() {
    let rig = Rig::start().await;
    let request = |more: &str| {
        rig.fill(&format!("GET /queue-sync/x HTTP/1.0\r\nHost: {{H}}\r\nHallpass: {{P}}\r\n{more}\r\n"))
    };
    let mut wire = rig.connect().await;
    assert_eq!(wire.ask(request("Connection: keep-alive\r\n")).await.status, 200);
    assert_eq!(wire.ask(request("")).await.status, 200);
    assert_eq!(wire.ended().await, "");
}

#[tokio::test]
async fn a_refused_body_that_is_small_does_not_cost_the_connection() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    let body = "x".repeat(5000);
    let refused = request("POST /narrow/elsewhere", "Content-Length: 5000\r\n", &body);
    assert_eq!(wire.ask(rig.fill(&refused)).await.is(), (403, "path-not-allowed"));
    assert_eq!(wire.ask(rig.fill(&get("/queue-sync/x"))).await.status, 200);
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it_only_when_its_body_is_wanted() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    let head = request("POST /queue-sync/x", "Expect: 100-continue\r\nContent-Length: 3\r\n", "");
    assert_eq!(wire.ask(rig.fill(&head)).await.status, 100);
    assert_eq!(wire.ask("abc").await.status, 200);
    assert!(!rig.upstream.only().headers.contains_key("expect"));
    let unwanted = request("POST /narrow/x", "Expect: 100-continue\r\nContent-Length: 3\r\n", "");
    let refused = wire.ask(rig.fill(&unwanted)).await;
    assert_eq!(refused.is(), (403, "path-not-allowed"));
    assert_eq!(refused.header("connection"), Some("close"), "nobody can tell whether the body will come");
}

#[tokio::test]
async fn sixty_four_connections_are_served_at_once() {
    let rig = Rig::start().await;
    let mut wires = Vec::new();
    for number in 0..64 {
        let mut wire = rig.connect().await;
        wire.send(rig.fill(&get(&format!("/queue-sync/held?{number}")))).await;
        rig.upstream.begun().await;
        wires.push(wire);
    }
    (0..64).for_each(|_| rig.upstream.let_go());
    for wire in &mut wires {
        assert_eq!(wire.answer().await.status, 200);
    }
    assert_eq!(rig.upstream.seen().len(), 64);
    assert_eq!(rig.platform.requests(), 1, "one token for all of them");
}
