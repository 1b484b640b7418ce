//! Requests that must not reach a platform, as raw bytes. The integration's rules allow nearly everything, so that what is refused here is
//! refused by the gateway itself.

use crate::rig::{Rig, get, request};

/// What is sent, and what must come back: status (0 for an end without an answer) and fault (empty where hyper itself refuses).
type Row = (&'static str, String, u16, &'static str);

#[tokio::test]
async fn p34_ambiguous_targets_never_reach_the_platform() {
    all_are_refused(&targets()).await;
}

#[tokio::test]
async fn p31_requests_that_only_look_local_never_reach_the_platform() {
    all_are_refused(&callers()).await;
}

#[tokio::test]
async fn doubtful_framing_never_reaches_the_platform() {
    all_are_refused(&framing()).await;
}

async fn all_are_refused(rows: &[Row]) {
    let rig = Rig::start().await;
    for (name, bytes, status, fault) in rows {
        let mut wire = rig.connect().await;
        let answer = wire.ask(rig.fill(bytes)).await;
        assert_eq!(answer.is(), (*status, *fault), "{name}: {answer:?}");
        assert!(rig.upstream.saw_nothing(), "{name} reached the platform");
        if !fault.is_empty() {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
            assert_eq!(answer.header("retry-after"), None, "{name}");
        }
    }
}

fn targets() -> Vec<Row> {
    let row = |name, path: &str| (name, get(&format!("/queue-sync{path}")), 400, "path-ambiguous");
    let whole = |name, target: &str, status, fault| (name, get(target), status, fault);
    vec![
        row("dot segment", "/api/../admin"),
        row("dot segment at the end", "/api/.."),
        row("encoded dot segment", "/api/%2e%2e/admin"),
        row("doubly encoded dot segment", "/api/%252e%252e/"),
        row("dot segment with a parameter", "/api/..;/admin"),
        row("half-encoded dot segment", "/api/.%2e/"),
        row("empty segment", "//evil.example/x"),
        row("backslash", "/\\evil.example"),
        row("encoded slash", "/api%2fadmin"),
        row("encoded backslash", "/api%5cadmin"),
        row("encoded NUL", "/api/%00"),
        row("path parameter", "/api;jsessionid=1"),
        row("encoded line break", "/api%0d%0aX:y"),
        row("raw UTF-8", "/caf\u{e9}"),
        row("full-width slash", "/api\u{ff0f}admin"),
        row("no path at all", ""),
        row("query at once", "?a=b"),
        whole("empty first segment", "//evil.example/x", 400, "path-ambiguous"),
        whole("dot segment before the name", "/../queue-sync/x", 400, "path-ambiguous"),
        whole("backslash before the name", "/\\evil.example/x", 400, "path-ambiguous"),
        whole("encoded name", "/queue%2dsync/api", 404, "integration-unknown"),
        whole("name in capitals", "/Queue-Sync/api", 404, "integration-unknown"),
        whole("unknown integration", "/other/api", 404, "integration-unknown"),
        whole("root", "/", 404, "integration-unknown"),
        whole("absolute form to a metadata address", "http://169.254.169.254/latest", 403, "host-foreign"),
        whole("absolute form over TLS", "https://{H}/queue-sync/api", 403, "host-foreign"),
        whole("absolute form with user", "http://u@{H}/queue-sync/api", 403, "host-foreign"),
        whole(
            "absolute form to another of our names",
            "http://localhost:1/queue-sync/api",
            403,
            "host-foreign",
        ),
        whole("asterisk", "*", 400, "request-malformed"),
        whole("no slash before the name", "queue-sync/api", 400, ""),
        whole("userinfo form", "@host/", 400, ""),
        whole("a token in the query", "/queue-sync/api?a=1&access_token=x", 400, "request-malformed"),
        whole("trailing space", "/queue-sync/api ", 400, ""),
        whole("over 8 KiB", &format!("/queue-sync/{}", "a".repeat(8 * 1024)), 400, "request-malformed"),
        whole("over 64 KiB", &format!("/queue-sync/{}", "a".repeat(70 * 1024)), 431, ""),
        ("OPTIONS *", request("OPTIONS *", "", ""), 400, "request-malformed"),
        ("CONNECT", request("CONNECT evil.example:443", "", ""), 400, "request-malformed"),
        ("TRACE", request("TRACE /queue-sync/api", "", ""), 400, "request-malformed"),
        (
            "another method than the rule's",
            request("PATCH /narrow/api/v2/routing/queues/1", "", ""),
            403,
            "path-not-allowed",
        ),
        (
            "the method in small letters",
            request("get /narrow/api/v2/routing/queues/1", "", ""),
            403,
            "path-not-allowed",
        ),
        whole(
            "the allowed path in the query",
            "/narrow/deny?/api/v2/routing/queues",
            403,
            "path-not-allowed",
        ),
        whole("the allowed path in capitals", "/narrow/API/v2/routing/queues", 403, "path-not-allowed"),
        whole(
            "the allowed path with a trailing dot",
            "/narrow/api./v2/routing/queues",
            403,
            "path-not-allowed",
        ),
        whole("the allowed path partly encoded", "/narrow/%61pi/v2/routing/queues", 403, "path-not-allowed"),
        whole("another integration's rule", "/narrow/api/v2/users", 403, "path-not-allowed"),
    ]
}

fn callers() -> Vec<Row> {
    let head = |lines: &str| format!("GET /queue-sync/api HTTP/1.1\r\n{lines}\r\n");
    let host =
        |name, host: &str| (name, head(&format!("Host: {host}\r\nHallpass: {{P}}\r\n")), 403, "host-foreign");
    let more =
        |name, lines: &str, status, fault| (name, request("GET /queue-sync/api", lines, ""), status, fault);
    let pass =
        |name, lines: &str, status, fault| (name, head(&format!("Host: {{H}}\r\n{lines}")), status, fault);
    vec![
        ("no Host", head("Hallpass: {P}\r\n"), 400, "request-malformed"),
        (
            "no Host in HTTP/1.0",
            "GET /queue-sync/api HTTP/1.0\r\nHallpass: {P}\r\n\r\n".into(),
            400,
            "request-malformed",
        ),
        more("two Hosts", "Host: {H}\r\n", 400, "request-malformed"),
        host("rebound name", "rebound.example:7780"),
        host("empty Host", ""),
        host("Host with user", "u@{H}"),
        host("Host with port 0", "127.0.0.1:0"),
        host("Host without port", "127.0.0.1"),
        host("Host with trailing dot", "localhost.:1"),
        host("Host with an IPv6 zone", "[::1%25lo]:1"),
        host("Host in decimal", "2130706433:1"),
        host("Host that begins right", "localhost.evil:1"),
        host("Host with a path", "{H}/x"),
        more("Origin", "Origin: http://{H}\r\n", 403, "origin-present"),
        more("null Origin", "Origin: null\r\n", 403, "origin-present"),
        more("cross-site fetch", "Sec-Fetch-Site: cross-site\r\n", 403, "origin-present"),
        more("same-site fetch", "Sec-Fetch-Site: same-site\r\n", 403, "origin-present"),
        more("X-Forwarded-For", "X-Forwarded-For: 1.2.3.4\r\n", 403, "forwarded-request"),
        more("X-Forwarded-Host", "X-Forwarded-Host: evil\r\n", 403, "forwarded-request"),
        more("X-Forwarded-Uri", "X-Forwarded-Uri: /allowed\r\n", 403, "forwarded-request"),
        more("Forwarded", "Forwarded: for=1.2.3.4\r\n", 403, "forwarded-request"),
        more("Via", "Via: 1.1 proxy\r\n", 403, "forwarded-request"),
        more("X-Real-IP", "X-Real-IP: 1.2.3.4\r\n", 403, "forwarded-request"),
        more("X-Original-URL", "X-Original-URL: /admin\r\n", 403, "forwarded-request"),
        more("method override", "X-HTTP-Method-Override: DELETE\r\n", 400, "header-refused"),
        more("another method override", "X-HTTP-Method: DELETE\r\n", 400, "header-refused"),
        more("a third method override", "X-Method-Override: DELETE\r\n", 400, "header-refused"),
        more("underscore twin of the pass", "Hallpass_Fault: x\r\n", 400, "header-refused"),
        more("underscore twin of a forwarding header", "X_Forwarded_For: 1.2.3.4\r\n", 400, "header-refused"),
        more("underscore twin of a length", "Content_Length: 3\r\n", 400, "header-refused"),
        more("underscore twin of an override", "X_HTTP_Method_Override: DELETE\r\n", 400, "header-refused"),
        pass("no pass", "", 401, "pass-missing"),
        pass("empty bearer", "Authorization: Bearer \r\n", 401, "pass-missing"),
        pass("another scheme", "Authorization: Basic {P}\r\n", 401, "pass-missing"),
        pass("empty pass", "Hallpass: \r\n", 401, "pass-missing"),
        pass("wrong pass", "Hallpass: the-pass-of-that-sidecar\r\n", 401, "pass-wrong"),
        pass("wrong bearer", "Authorization: Bearer nonsense\r\n", 401, "pass-wrong"),
        pass("half a pass", "Hallpass: the-pass\r\n", 401, "pass-wrong"),
        pass("pass and more", "Hallpass: {P}x\r\n", 401, "pass-wrong"),
        pass("two pass headers", "Hallpass: {P}\r\nHallpass: {P}\r\n", 400, "header-refused"),
        pass(
            "two Authorization headers",
            "Authorization: Bearer {P}\r\nAuthorization: Bearer {P}\r\n",
            400,
            "header-refused",
        ),
        pass(
            "a wrong pass is not saved by a right bearer",
            "Hallpass: no\r\nAuthorization: Bearer {P}\r\n",
            401,
            "pass-wrong",
        ),
        pass("the pass in a cookie", "Cookie: hallpass={P}\r\n", 401, "pass-missing"),
        (
            "the pass in the query",
            "GET /queue-sync/api?hallpass={P} HTTP/1.1\r\nHost: {H}\r\n\r\n".into(),
            401,
            "pass-missing",
        ),
        ("the pass in a trailer", trailer("Hallpass: {P}", ""), 401, "pass-missing"),
        ("Authorization in a trailer", trailer("Authorization: Bearer {P}", ""), 401, "pass-missing"),
    ]
}

fn framing() -> Vec<Row> {
    let post = |name, lines: &str, body: &str, status, fault| {
        (name, request("POST /queue-sync/api", lines, body), status, fault)
    };
    let chunked = |name, body: &str, status, fault| {
        (name, request("POST /queue-sync/api", "Transfer-Encoding: chunked\r\n", body), status, fault)
    };
    let many: String = (0..101).map(|number| format!("X-{number}: 1\r\n")).collect();
    vec![
        post("coding before chunked", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", 400, "header-refused"),
        post("two codings", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", 400, "header-refused"),
        post("chunked not last", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", 400, ""),
        post("a coding that only looks like chunked", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", 400, ""),
        post("vertical tab before chunked", "Transfer-Encoding: \u{b}chunked\r\n", "0\r\n\r\n", 400, ""),
        post("two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n", "abcd", 400, ""),
        post("list of lengths", "Content-Length: 3, 3\r\n", "abc", 400, ""),
        post("signed length", "Content-Length: +3\r\n", "abc", 400, ""),
        post("negative length", "Content-Length: -1\r\n", "", 400, ""),
        post("hexadecimal length", "Content-Length: 0x3\r\n", "abc", 400, ""),
        post("length of 2^64", "Content-Length: 18446744073709551616\r\n", "", 400, ""),
        post("empty length", "Content-Length:\r\n", "", 400, ""),
        chunked("chunk size overflow", "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n", 400, "request-malformed"),
        chunked("prefixed chunk size", "0x3\r\nabc\r\n0\r\n\r\n", 400, "request-malformed"),
        chunked("chunk size with a sign", "+3\r\nabc\r\n0\r\n\r\n", 400, "request-malformed"),
        chunked("bare line feeds in chunks", "3\nabc\n0\n\n", 400, "request-malformed"),
        chunked("chunk longer than its size", "3\r\nabcdef\r\n0\r\n\r\n", 400, "request-malformed"),
        chunked("chunk extension of 1 MiB", &format!("3;{}\r\nabc\r\n0\r\n\r\n", "x".repeat(1 << 20)), 400, "request-malformed"),
        post("folded header", "X-A: 1\r\n folded\r\n", "", 400, ""),
        post("space before the colon", "X-A : 1\r\n", "", 400, ""),
        post("space before a header", " X-A: 1\r\n", "", 400, ""),
        post("NUL in a header", "X-A: a\0b\r\n", "", 400, ""),
        post("bare carriage return", "X-A: a\rb\r\n", "", 400, ""),
        post("101 headers", &many, "", 431, ""),
        post("a header of 500 KB", &format!("X-A: {}\r\n", "a".repeat(500_000)), "", 431, ""),
        post("Upgrade to h2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n", "", 400, "header-refused"),
        post("Upgrade to websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "", 400, "header-refused"),
        post("another expectation", "Expect: 200-ok\r\n", "", 400, "header-refused"),
        post("two content types", "Content-Type: a/b\r\nContent-Type: c/d\r\n", "", 400, "header-refused"),
        ("GET with a body", request("GET /queue-sync/api", "Content-Length: 3\r\n", "abc"), 400, "request-malformed"),
        ("HEAD with a body", request("HEAD /queue-sync/api", "Content-Length: 3\r\n", "abc"), 400, "request-malformed"),
        ("two spaces in the request line", request("GET  /queue-sync/api", "", ""), 400, ""),
        ("tab in the request line", request("GET\t/queue-sync/api", "", ""), 400, ""),
        ("HTTP/0.9", "GET /queue-sync/api\r\n\r\n".into(), 400, ""),
        ("HTTP/1.2", "GET /queue-sync/api HTTP/1.2\r\nHost: {H}\r\nHallpass: {P}\r\n\r\n".into(), 400, ""),
        ("chunked in HTTP/1.0", "POST /queue-sync/api HTTP/1.0\r\nHost: {H}\r\nHallpass: {P}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 400, ""),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 0, ""),
        ("TLS hello", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".into(), 400, ""),
    ]
}

fn trailer(line: &str, pass: &str) -> String {
    format!(
        "POST /queue-sync/api HTTP/1.1\r\nHost: {{H}}\r\n{pass}Transfer-Encoding: chunked\r\nTrailer: x\r\n\r\n3\r\nabc\r\n0\r\n{line}\r\n\r\n"
    )
}

#[tokio::test]
async fn what_is_pipelined_behind_a_refused_request_is_not_read() {
    let rig = Rig::start().await;
    let refused = request("GET /queue-sync/api", "Origin: http://evil.example\r\n", "");
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&format!("{refused}{}", get("/queue-sync/api")))).await;
    let all = wire.ended().await;
    assert_eq!(all.matches("HTTP/1.1").count(), 1, "{all}");
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn half_a_request_reaches_nobody() {
    let rig = Rig::start().await;
    let half = request("POST /queue-sync/api", "Content-Length: 10\r\n", "abc");
    for bytes in ["GET /queue-sync/api HTTP/1.1\r\nHost: {H}", half.as_str()] {
        let mut wire = rig.connect().await;
        wire.send(rig.fill(bytes)).await;
        wire.finish().await;
    }
    assert!(rig.upstream.saw_nothing());
}

#[tokio::test]
async fn trailers_end_at_the_gateway() {
    let rig = Rig::start().await;
    let answer = rig.ask(trailer("Authorization: Bearer x", "Hallpass: {P}\r\n")).await;
    assert_eq!(answer.is(), (200, ""));
    let seen = rig.upstream.only();
    assert_eq!(seen.body, "abc");
    assert_eq!(seen.headers["authorization"], "Bearer token-1");
    assert!(!seen.headers.contains_key("trailer"));
}
