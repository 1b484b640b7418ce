//! The control door: what it lets in, and what it orders.

use hallpass_emulator::{Emulator, Settings};
use serde_json::Value;

use crate::wire::{Answer, TOKEN_REQUEST, call, call_with, exchange};

async fn emulator() -> Emulator {
    Emulator::start(Settings { control: true, ..Settings::default() }).await.unwrap()
}

fn order(emulator: &Emulator, order: &str, headers: &str, body: &str) -> Answer {
    let url = emulator.control_url().unwrap();
    let request = format!("{order} HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    exchange(&url, request.as_bytes())
}

fn host(emulator: &Emulator) -> String {
    format!("Host: {}\r\n", emulator.control_url().unwrap().trim_start_matches("http://"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn only_the_exact_host_without_an_origin_is_let_in() {
    let emulator = emulator().await;
    let exact = host(&emulator);
    for (headers, status) in [
        (exact.clone(), 200),
        ("Host: localhost\r\n".to_owned(), 421),
        (format!("{exact}{exact}"), 421),
        (format!("{exact}Origin: http://example.com\r\n"), 403),
        (format!("{exact}Origin: null\r\n"), 403),
    ] {
        assert_eq!(order(&emulator, "GET /witness", &headers, "").status(), Some(status), "{headers}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn another_program_can_do_what_a_test_can() {
    let emulator = emulator().await;
    let host = host(&emulator);
    let post = |path: &str, body: &str| order(&emulator, &format!("POST {path}"), &host, body);

    let keys = post("/clients", r#"{"name":"queue-sync","id":"c","secret":"s"}"#);
    assert_eq!((keys.member("id"), keys.member("secret")), ("c".to_owned(), "s".to_owned()));
    post("/conversations", r#"{"id":"x","participants":[{"purpose":"customer","id":"p"}]}"#);
    assert_eq!(post("/queues", r#"{"name":"Sales"}"#).member("id").len(), 36);

    let token = exchange(&emulator.login_url(), TOKEN_REQUEST).member("access_token");
    let path = "/api/v2/conversations/x/participants/p/attributes";
    exchange(&emulator.api_url(), &call_with("PATCH", path, &token, r#"{"attributes":{"a":"1"}}"#));
    let conversation = order(&emulator, "GET /conversations/x", &host, "");
    assert_eq!((conversation.member("patches"), conversation.member("id")), ("1".to_owned(), "x".to_owned()));

    assert_eq!(post("/clients/c/secret", r#"{"secret":"other"}"#).status(), Some(204));
    assert_eq!(exchange(&emulator.login_url(), TOKEN_REQUEST).status(), Some(401));
    assert_eq!(post("/clients/c/revoke-tokens", "").member("revoked"), "1");
    assert_eq!(post("/clients/c/state", r#"{"state":"removed"}"#).status(), Some(204));
    assert_eq!(exchange(&emulator.login_url(), TOKEN_REQUEST).status(), Some(400));

    let witness: Value = serde_json::from_str(&order(&emulator, "GET /witness", &host, "").body()).unwrap();
    assert_eq!(witness["clients"]["c"]["mints"], 1);
    assert_eq!(witness["clients"]["c"]["name"], "queue-sync");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn access_keys_can_be_ordered_about_as_clients_can() {
    let emulator = emulator().await;
    let host = host(&emulator);
    let post = |path: &str, body: &str| order(&emulator, &format!("POST {path}"), &host, body);

    let tenant = post("/cxone-tenants", r#"{"name":"acme","area":"eu1"}"#).member("tenant_id");
    let new = format!(r#"{{"name":"queue-sync","tenant_id":"{tenant}","validity_seconds":300}}"#);
    let keys = post("/access-keys", &new);
    let [id, secret] = ["access_key_id", "access_key_secret"].map(|name| keys.member(name));
    assert_eq!((keys.member("tenant_id"), id.len(), secret.len()), (tenant.clone(), 56, 56));
    let login = |secret: &str| {
        let body = format!(r#"{{"accessKeyId":"{id}","accessKeySecret":"{secret}"}}"#);
        let path = "/authentication/v1/token/access-key";
        exchange(&emulator.cxone_userhub_url(), &call_with("POST", path, "", &body))
    };
    let token = login(&secret).member("access_token");
    let contacts = post("/contacts", &format!(r#"{{"count":2,"tenant_id":"{tenant}"}}"#)).member("ids");
    assert_eq!(contacts, "[480000001,480000002]");
    let tags = "/inContactAPI/services/v31.0/contacts/480000002/tags";
    exchange(&emulator.cxone_api_url(), &call_with("POST", tags, &token, r#"{"tags":[{"tagId":7}]}"#));
    let contact = order(&emulator, "GET /contacts/480000002", &host, "");
    assert_eq!((contact.member("tagPosts"), contact.member("tags")), ("1".to_owned(), "[7]".to_owned()));
    assert_eq!(order(&emulator, "GET /contacts/1", &host, "").status(), Some(404));

    assert_eq!(post(&format!("/access-keys/{id}/secret"), r#"{"secret":"other"}"#).status(), Some(204));
    assert_eq!((login(&secret).status(), login("other").status()), (Some(401), Some(200)));
    assert_eq!(post(&format!("/access-keys/{id}/revoke-tokens"), "").member("revoked"), "2");
    assert_eq!(post(&format!("/access-keys/{id}/state"), r#"{"state":"inactive"}"#).status(), Some(204));
    assert_eq!(login("other").status(), Some(401));
    assert_eq!(post("/access-keys/nothing/state", r#"{"state":"inactive"}"#).status(), Some(404));
    assert_eq!(post("/cxone-clients", r#"{"name":"a","id":"a","secret":"b"}"#).member("secret"), "b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn orders_that_make_no_sense_change_nothing() {
    let emulator = emulator().await;
    let host = host(&emulator);
    for (path, body, status) in [
        ("/clients", "{}", 400),
        ("/clients", r#"{"name":"a","sceret":"b"}"#, 400),
        ("/clients/nobody/secret", r#"{"secret":"a"}"#, 404),
        ("/misbehave", r#"{"act":{"kind":"explode"}}"#, 400),
        ("/misbehave", r#"{"act":{"kind":"fail","status":503},"timse":2}"#, 400),
        ("/clock/advance", r#"{"seconds":-1}"#, 400),
        ("/clock", "{}", 404),
    ] {
        let answer = order(&emulator, &format!("POST {path}"), &host, body);
        assert_eq!(answer.status(), Some(status), "{path} {body}");
        assert!(!answer.member("error").is_empty());
    }
    assert!(emulator.world().witness().clients.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_platform_knows_no_control_paths_and_the_door_is_closed_by_default() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    assert_eq!(emulator.control_url(), None);
    assert_eq!(exchange(&emulator.api_url(), &call("GET", "/witness", "x")).status(), Some(404));
}
