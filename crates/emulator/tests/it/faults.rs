//! Bad days: held answers, lost answers, bodies that are too large.

use std::time::Duration;

use hallpass_emulator::{
    Act, ClockSettings, Emulator, GenesysSettings, Misbehaviour, NewClient, NewConversation, Settings,
};

use crate::wire::{End, TOKEN_REQUEST, Wire, call_with, exchange};

async fn emulator() -> (Emulator, String) {
    let settings = Settings { clock: ClockSettings::Frozen(1_767_225_600), ..Settings::default() };
    let emulator = Emulator::start(settings).await.unwrap();
    let world = emulator.world();
    world.add_client(NewClient::named("bulk").id("c").secret("s"));
    world.add_conversation(NewConversation::new().id("x").participant_with_id("customer", "p"));
    let token = exchange(&emulator.login_url(), TOKEN_REQUEST).member("access_token");
    (emulator, token)
}

const ATTRIBUTES: &str = "/api/v2/conversations/x/participants/p/attributes";

fn patch(token: &str) -> Vec<u8> {
    call_with("PATCH", ATTRIBUTES, token, r#"{"attributes":{"done":"yes"}}"#)
}

/// Waits until the witness has seen so many requests: an event, not a time.
async fn seen(emulator: &Emulator, requests: u64) {
    while emulator.world().witness().totals.requests < requests {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_delayed_request_takes_effect_when_the_clock_has_moved_on() {
    let (emulator, token) = emulator().await;
    let world = emulator.world();
    world.misbehave(Misbehaviour::on_api(Act::Delay { millis: 5_000 }));
    let mut wire = Wire::open(&emulator.api_url());
    wire.send(&patch(&token));
    seen(&emulator, 2).await;
    world.advance(Duration::from_millis(4_999));
    assert_eq!((world.patches_of("x"), world.witness().log[1].status), (0, None));
    world.advance(Duration::from_millis(1));
    assert_eq!(wire.read(false).status(), Some(202));
    assert_eq!(world.patches_of("x"), 1);
    assert_eq!(world.witness().log[1].misbehaviours, ["delay"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_caller_that_gives_up_on_a_delayed_answer_has_still_written() {
    let (emulator, token) = emulator().await;
    let world = emulator.world();
    world.misbehave(Misbehaviour::on_api(Act::DelayAnswer { millis: 5_000 }));
    let mut wire = Wire::open(&emulator.api_url());
    wire.send(&patch(&token));
    while world.patches_of("x") == 0 {
        tokio::task::yield_now().await;
    }
    wire.close();
    assert_eq!(exchange(&emulator.api_url(), &patch(&token)).status(), Some(202));
    assert_eq!(world.patches_of("x"), 2);
    assert_eq!(world.witness().clients["c"].calls, 2);
    assert_eq!(world.witness().clients["c"].calls_by_status[&202], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_write_repeated_after_a_lost_answer_is_seen_twice() {
    let (emulator, token) = emulator().await;
    let world = emulator.world();
    world.misbehave(Misbehaviour::on_api(Act::ResetBeforeEffect).method("PATCH"));
    world.misbehave(Misbehaviour::on_api(Act::ResetAfterEffect).path("/api/v2/conversations/**"));
    let patches = [End::Reset, End::Reset, End::Whole].map(|end| {
        assert_eq!(exchange(&emulator.api_url(), &patch(&token)).end, end);
        world.patches_of("x")
    });
    assert_eq!(patches, [0, 1, 2]);
    assert_eq!(world.attributes_of("x", "p")["done"], "yes");
    assert_eq!(world.witness().totals.resets, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_may_have_512000_bytes_and_not_one_more() {
    let (emulator, token) = emulator().await;
    let body = |length: usize| {
        let frame = r#"{"attributes":{"a":""}}"#.len();
        format!(r#"{{"attributes":{{"a":"{}"}}}}"#, "x".repeat(length - frame))
    };
    for (length, status) in [(512_000, 202), (512_001, 413), (2_000_000, 413)] {
        let request = call_with("PATCH", ATTRIBUTES, &token, &body(length));
        assert_eq!(exchange(&emulator.api_url(), &request).status(), Some(status), "{length}");
        assert_eq!(emulator.world().witness().log.last().unwrap().body_length, length as u64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_answer_may_be_any_bytes_and_an_impossible_one_is_reported() {
    let (emulator, token) = emulator().await;
    let world = emulator.world();
    world.misbehave(Misbehaviour::on_api(Act::answer(418, &[("X-A", "1"), ("X-A", "2")], [0xff, 0x00])));
    world.misbehave(Misbehaviour::on_api(Act::answer(200, &[("bad name", "x")], "")));
    let answer = exchange(&emulator.api_url(), &patch(&token));
    assert!(answer.bytes.ends_with(b"\r\n\r\n\xff\x00"));
    assert!(String::from_utf8_lossy(&answer.bytes).contains("x-a: 1\r\nx-a: 2\r\n"));
    let impossible = exchange(&emulator.api_url(), &patch(&token));
    assert_eq!(impossible.status(), Some(500));
    assert!(impossible.body().contains("impossible header"));
    assert_eq!(world.patches_of("x"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_token_has_three_hundred_calls_a_minute() {
    let (emulator, token) = emulator().await;
    let mut wire = Wire::open(&emulator.api_url());
    let mut status = || {
        wire.send(&patch(&token));
        wire.read(false).status()
    };
    assert!((0..300).all(|_| status() == Some(202)));
    assert_eq!(status(), Some(429));
    emulator.world().advance(Duration::from_secs(60));
    assert_eq!(status(), Some(202));
    assert_eq!(emulator.world().patches_of("x"), 301);
    assert_eq!(GenesysSettings::default().api_limit.unwrap().requests, 300);
}
