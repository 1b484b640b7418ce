//! Secrets made, lost and watched: what a drill of a rotation stands on.

use hallpass_emulator::{
    Act, ClientState, Emulator, LiveSecret, Misbehaviour, NewAccessKey, NewClient, Platform, SecretKind,
    Settings,
};

use crate::wire::{End, TOKEN_REQUEST, call_with, exchange};

async fn emulator() -> Emulator {
    Emulator::start(Settings { control: true, seed: Some(1), ..Settings::default() }).await.unwrap()
}

fn live(emulator: &Emulator) -> Vec<(SecretKind, String)> {
    emulator.world().live_secrets().into_iter().map(|secret| (secret.kind, secret.id)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_lost_reply_leaves_a_secret_that_only_the_witness_knows_of() {
    let emulator = emulator().await;
    let world = emulator.world();
    world.add_client(NewClient::named("admin").id("c").secret("s"));
    world.add_client(NewClient::named("queue-sync").id("a").secret("old"));
    let token = exchange(&emulator.login_url(), TOKEN_REQUEST).member("access_token");
    let lost =
        Misbehaviour::on_api(Act::ResetAfterEffect).method("POST").path("/api/v2/oauth/clients/*/secret");
    world.misbehave(lost);
    let reset = call_with("POST", "/api/v2/oauth/clients/a/secret", &token, "null");
    assert_eq!(exchange(&emulator.api_url(), &reset).end, End::Reset);
    assert!(!world.is_live("a", "old") && world.is_live("a", "emulated-1-secret-1"));
    assert!(!world.is_live("nobody", "old"));
    assert_eq!(world.witness().clients["a"].secrets_made, 1);
    let new = exchange(&emulator.api_url(), &reset);
    assert!(world.is_live("a", &new.member("secret")));
    assert_eq!(world.witness().totals.secrets_made, 2);
    assert!(!format!("{:?} {:?}", world.witness(), world.live_secrets()).contains(&new.member("secret")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn live_secrets_are_those_that_get_a_token() {
    let emulator = emulator().await;
    let world = emulator.world();
    world.add_client(NewClient::named("queue-sync").id("a"));
    let keys = world.add_access_key(NewAccessKey::named("nice").id("k").application("app", "s").user("u"));
    let all = [(SecretKind::Client, "a"), (SecretKind::AccessKey, "k"), (SecretKind::Application, "app")];
    assert_eq!(live(&emulator), all.map(|(kind, id)| (kind, id.to_owned())));
    assert!(world.is_live("k", &keys.access_key_secret) && world.is_live("app", "s"));
    assert!(!world.is_live("k", "s"));
    world.set_cxone_user_active("u", false);
    world.set_state("app", ClientState::Inactive);
    let only = LiveSecret { platform: Platform::Genesys, kind: SecretKind::Client, id: "a".to_owned() };
    assert_eq!(world.live_secrets(), [only]);
    world.remove_client("a");
    assert!(world.live_secrets().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_control_door_says_what_is_live_and_what_was_refused() {
    let emulator = emulator().await;
    let url = emulator.control_url().unwrap();
    let order = |order: &str, body: &str| {
        let host = url.trim_start_matches("http://");
        let length = body.len();
        let request = format!("{order} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
        exchange(&url, request.as_bytes())
    };
    emulator.world().add_client(NewClient::named("queue-sync").id("c").secret("other"));
    let now = emulator.world().unix_seconds();
    assert_eq!(exchange(&emulator.login_url(), TOKEN_REQUEST).status(), Some(401));
    assert_eq!(order("GET /secrets", "").body(), r#"[{"id":"c","kind":"client","platform":"genesys"}]"#);
    assert_eq!(order("POST /secrets/check", r#"{"id":"c","secret":"other"}"#).member("live"), "true");
    assert_eq!(order("POST /secrets/check", r#"{"id":"c","secret":"s"}"#).member("live"), "false");
    let refused =
        |from: u64, to: u64| order("POST /refusals", &format!(r#"{{"from":{from},"to":{to}}}"#)).body();
    assert!(refused(now, now + 60).contains(r#""id":"c","platform":"genesys""#));
    assert_eq!((refused(0, now - 1), refused(now + 60, now + 90)), ("[]".to_owned(), "[]".to_owned()));

    let role = order("POST /roles", r#"{"name":"Queues","permissions":["routing:queue:view"]}"#);
    assert_eq!(role.member("id").len(), 36);
    let copy = order("POST /integration-credentials", r#"{"name":"data actions","fields":{"clientId":"c"}}"#);
    let path = format!("GET /integration-credentials/{}", copy.member("id"));
    assert_eq!(order(&path, "").member("clientId"), "c");
}
