//! 401, 429 and replay: at most two requests for any script of answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::{Counter, FaultCode};
use hallpass_outbound::test_support::ScriptedTransport;
use hallpass_outbound::{REPLAY_LIMIT, TransportFault, empty, full};
use http::{HeaderMap, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;

use crate::support::{reply, scripted, text, world};

#[tokio::test]
async fn a_401_is_healed_by_one_replay_with_another_token() {
    let network = scripted(&[401, 200]);
    let world = world(network.clone(), "https://api.example");
    let answer = world.post(full(Bytes::from_static(b"{}"))).await.unwrap();
    assert_eq!(
        (answer.response.status().as_u16(), answer.report.attempts, answer.report.healed),
        (200, 2, true)
    );
    let sent = network.sent();
    assert_eq!(sent[0].headers["authorization"], "Bearer token-1");
    assert_eq!(sent[1].headers["authorization"], "Bearer token-2");
    assert_eq!(sent[0].uri, "https://api.example/api/v2/things?x=1");
    assert_eq!((world.count(Counter::CallsHealed), world.platform.requests()), (1, 2));
}

#[tokio::test]
async fn p21_at_most_two_requests_for_any_script_of_answers() {
    let statuses = [200, 202, 401, 403, 404, 429, 500, 503];
    let pairs = statuses.iter().flat_map(|first| statuses.iter().map(move |second| (*first, *second)));
    let scripts = pairs.flat_map(|(first, second)| statuses.iter().map(move |third| [first, second, *third]));
    for script in scripts {
        let network = scripted(&script);
        let world = world(network.clone(), "https://api.example");
        let answer = world.post(full(Bytes::from_static(b"x"))).await.unwrap();
        let sent = network.sent();
        let expected = if script[0] == 401 { 2 } else { 1 };
        assert_eq!((sent.len(), usize::from(answer.report.attempts)), (expected, expected), "{script:?}");
        assert_eq!(answer.response.status().as_u16(), script[expected - 1], "{script:?}");
        if let [first, second] = &sent[..] {
            assert_ne!(
                first.headers["authorization"], second.headers["authorization"],
                "a replay carries another token"
            );
        }
    }
}

#[tokio::test]
async fn a_second_401_is_passed_on_and_later_ones_cost_no_token() {
    let network = scripted(&[401; 32]);
    let world = world(network.clone(), "https://api.example");
    for _ in 0..16 {
        let answer = world.post(empty()).await.unwrap();
        assert_eq!(answer.response.status(), 401);
        assert_eq!(text(answer.response.into_body()).await, "answer 401");
    }
    assert_eq!(world.platform.requests(), 2, "a storm of bad calls is no storm of token requests");
    assert_eq!(network.sent().len(), 17);
}

#[tokio::test]
async fn p24_what_no_token_can_heal_is_never_repeated() {
    for status in [400, 403, 404, 409, 429, 500, 502, 503, 504] {
        let network = scripted(&[status, 200]);
        let world = world(network.clone(), "https://api.example");
        let answer = world.post(empty()).await.unwrap();
        assert_eq!(
            (answer.response.status().as_u16(), network.sent().len(), world.platform.requests()),
            (status, 1, 1)
        );
    }
    let other =
        Response::builder().status(401).header("not-about-the-token", "1").body(Bytes::new()).unwrap();
    let network = Arc::new(ScriptedTransport::new([Ok(other), reply(200)]));
    let world = world(network.clone(), "https://api.example");
    assert_eq!(world.post(empty()).await.unwrap().response.status(), 401);
    assert_eq!(
        (network.sent().len(), world.platform.requests()),
        (1, 1),
        "another scheme's 401 fetches no token"
    );
}

#[tokio::test]
async fn p22_a_replay_is_byte_identical_or_not_attempted() {
    for length in [0, 1, REPLAY_LIMIT - 1, REPLAY_LIMIT, REPLAY_LIMIT + 1, 1 << 20] {
        for chunk in [length.max(1), 7000] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let frames: Vec<_> =
                bytes.chunks(chunk).map(|part| Ok(Frame::data(Bytes::copy_from_slice(part)))).collect();
            let network = scripted(&[401, 200]);
            let world = world(network.clone(), "https://api.example");
            let answer = world.post(StreamBody::new(Frames(frames.into())).boxed_unsync()).await.unwrap();
            let sent = network.sent();
            assert!(sent.iter().all(|request| request.body == bytes), "length {length} in chunks of {chunk}");
            if length <= REPLAY_LIMIT {
                assert_eq!((sent.len(), answer.response.status().as_u16()), (2, 200));
            } else {
                assert_eq!((sent.len(), answer.response.status().as_u16()), (1, 401));
                assert_eq!(answer.report.not_replayed, Some("the body was too long to be held"));
            }
        }
    }
}

struct Frames(std::collections::VecDeque<Result<Frame<Bytes>, hallpass_outbound::BodyError>>);

impl futures_core::Stream for Frames {
    type Item = Result<Frame<Bytes>, hallpass_outbound::BodyError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}

#[tokio::test]
async fn callers_headers_never_reach_the_wire_beside_ours() {
    let network = scripted(&[200]);
    let world = world(network.clone(), "https://api.example");
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("authorization", "Bearer theirs"), ("host", "evil"), ("content-length", "99"), ("x-kept", "1")]
    {
        headers.append(name, value.parse().unwrap());
    }
    world.client.send(world.permit("GET", "/a"), headers, empty()).await.unwrap();
    let sent = &network.sent()[0].headers;
    assert_eq!(sent["authorization"], "Bearer token-1");
    assert_eq!(sent.get_all("authorization").iter().count(), 1);
    assert_eq!(
        (sent.get("host"), sent.get("content-length"), sent["x-kept"].as_bytes()),
        (None, None, &b"1"[..])
    );
}

#[tokio::test]
async fn an_echo_of_the_token_is_stripped_from_the_answer() {
    let echo = Response::builder()
        .header("x-echo", "you sent Bearer token-1")
        .header("x-other", "fine")
        .body(Bytes::new())
        .unwrap();
    let world = world(Arc::new(ScriptedTransport::new([Ok(echo)])), "https://api.example");
    let answer = world.post(empty()).await.unwrap();
    assert_eq!(answer.response.headers().get("x-echo"), None);
    assert_eq!(answer.response.headers()["x-other"], "fine");
}

#[tokio::test]
async fn after_a_429_later_calls_are_held_back_at_most_two_seconds() {
    let throttled = Response::builder().status(429).header("retry-after", "30").body(Bytes::new()).unwrap();
    let network = Arc::new(ScriptedTransport::new([Ok(throttled), reply(200), reply(200)]));
    let world = Arc::new(world(network.clone(), "https://api.example"));
    let first = world.post(empty()).await.unwrap();
    assert_eq!(
        (first.response.status().as_u16(), &first.response.headers()["retry-after"]),
        (429, &"30".parse().unwrap())
    );
    let held = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.post(empty()).await.map(|answer| answer.response.status()) }
    });
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(network.sent().len(), 1, "held back");
    world.time.advance(Duration::from_secs(2));
    assert_eq!(held.await.unwrap().unwrap(), 200);
    world.time.advance(Duration::from_secs(28));
    assert_eq!(world.post(empty()).await.unwrap().response.status(), 200);
}

#[tokio::test]
async fn no_connection_is_a_fault_and_the_next_call_works() {
    let network =
        Arc::new(ScriptedTransport::new([Err(TransportFault::Unreachable("refused".into())), reply(200)]));
    let world = world(network, "https://api.example");
    assert_eq!(world.post(empty()).await.unwrap_err().code(), FaultCode::UpstreamUnreachable);
    assert_eq!(world.post(empty()).await.unwrap().response.status(), 200);
}

#[tokio::test]
async fn without_a_new_token_after_a_401_the_fault_invites_no_blind_repetition() {
    let network = scripted(&[401]);
    let world = world(network, "https://api.example");
    world.platform.then(Ok(hallpass_core::Grant {
        access_token: "a".into(),
        lifetime: Some(Duration::from_secs(600)),
        scope: None,
    }));
    world.platform.then_refuse(hallpass_core::IssueVerdict::CredentialRefused);
    let fault = world.post(empty()).await.unwrap_err();
    assert_eq!((fault.code(), fault.retry_after()), (FaultCode::CredentialRefused, None));
}

#[tokio::test]
async fn a_replay_with_the_same_token_is_not_sent() {
    let network = scripted(&[401, 200]);
    let world = world(network.clone(), "https://api.example");
    let same = || hallpass_core::Grant {
        access_token: "same".into(),
        lifetime: Some(Duration::from_secs(600)),
        scope: None,
    };
    world.platform.then(Ok(same()));
    world.platform.then(Ok(same()));
    let answer = world.post(empty()).await.unwrap();
    assert_eq!((answer.response.status().as_u16(), network.sent().len()), (401, 1));
    assert_eq!(answer.report.not_replayed, Some("the platform granted the same token again"));
}

#[tokio::test]
async fn calls_that_cannot_be_replayed_cost_one_token_in_a_while_and_not_one_each() {
    let network = scripted(&[401; 20]);
    let world = world(network.clone(), "https://api.example");
    for _ in 0..20 {
        let long = full(Bytes::from(vec![b'x'; REPLAY_LIMIT + 1]));
        assert_eq!(world.post(long).await.unwrap().response.status(), 401);
    }
    assert!(world.platform.requests() <= 2, "{}", world.platform.requests());
}

#[tokio::test]
async fn a_server_that_grants_one_token_for_ever_is_not_asked_on_every_401() {
    let network = scripted(&[401; 20]);
    let world = world(network.clone(), "https://api.example");
    for _ in 0..30 {
        let same = hallpass_core::Grant {
            access_token: "same".into(),
            lifetime: Some(Duration::from_secs(600)),
            scope: None,
        };
        world.platform.then(Ok(same));
    }
    for _ in 0..20 {
        assert_eq!(world.post(empty()).await.unwrap().response.status(), 401);
    }
    assert!(world.platform.requests() <= 2, "{}", world.platform.requests());
}

#[tokio::test]
async fn a_long_401_is_passed_on_whole() {
    let long = Response::builder()
        .status(401)
        .header("not-about-the-token", "1")
        .body(Bytes::from(vec![b'y'; 300_000]))
        .unwrap();
    let world = world(Arc::new(ScriptedTransport::new([Ok(long)])), "https://api.example");
    let answer = world.post(empty()).await.unwrap();
    assert_eq!(text(answer.response.into_body()).await.len(), 300_000);
}
