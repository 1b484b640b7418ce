//! One call without a sidecar.

use hallpass_emulator::{Act, Misbehaviour};

use crate::scene::{SECRET, Scene};

#[test]
fn the_body_is_data_and_the_status_is_talk() {
    let scene = Scene::with_secret();
    let finished = scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues?pageSize=1"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), "HTTP 200 OK\n"), "{finished:?}");
    let body: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(body["entities"][0]["name"], "Sales");
    assert_eq!(scene.mints(), 1);
}

#[test]
fn a_body_is_sent_from_text_file_and_standard_input() {
    let scene = Scene::with_secret();
    let conversation =
        scene.world().add_conversation(hallpass_emulator::NewConversation::new().participant("customer"));
    let path = format!(
        "/api/v2/conversations/{}/participants/{}/attributes",
        conversation.id, conversation.participants[0]
    );
    let file = scene.write("body.json", r#"{"attributes":{"b":"2"}}"#);
    let from_file = format!("@{}", file.display());
    for data in [r#"{"attributes":{"a":"1"}}"#, &from_file, "-"] {
        let arguments = ["call", "queue-sync", "PATCH", &path, "--data", data];
        let finished = scene.run_with(&arguments, r#"{"attributes":{"c":"3"}}"#);
        assert_eq!(
            (finished.code, finished.stderr.as_str()),
            (Some(0), "HTTP 202 Accepted\n"),
            "{finished:?}"
        );
    }
    let attributes = scene.world().attributes_of(&conversation.id, &conversation.participants[0]);
    assert_eq!(
        attributes.into_iter().collect::<Vec<_>>(),
        [("a", "1"), ("b", "2"), ("c", "3")].map(|(k, v)| (k.into(), v.into()))
    );
}

#[test]
fn a_call_that_no_rule_covers_is_never_sent() {
    let scene = Scene::with_secret();
    scene.assert("call_refused", &scene.run(&["call", "queue-sync", "DELETE", "/api/v2/routing/queues/1"]));
    scene.assert("call_ambiguous", &scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues/../x"]));
    scene.assert(
        "call_with_body",
        &scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues", "--data", "{}"]),
    );
    scene.assert("call_unknown", &scene.run(&["call", "queue-snyc", "GET", "/api/v2/routing/queues"]));
    assert_eq!(scene.world().witness().totals.requests, 0);
}

#[test]
fn a_token_of_ones_own_is_refused_and_never_repeated() {
    let scene = Scene::with_secret();
    let header = format!("Authorization: Bearer {SECRET}");
    let finished = scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues", "--header", &header]);
    scene.assert("call_with_own_token", &finished);
    assert_eq!(scene.world().witness().totals.requests, 0);
}

#[test]
fn an_error_of_the_platform_has_a_code_of_its_own() {
    let scene = Scene::with_secret();
    let finished = scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues/none", "--include"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(8), "HTTP 404 Not Found\n"));
    assert!(finished.stdout.starts_with("HTTP 404 Not Found\n"), "{finished:?}");
}

#[test]
fn a_healed_401_is_mentioned() {
    let scene = Scene::with_secret();
    scene.world().misbehave(Misbehaviour::on_api(Act::EarlyTokenDeath));
    let finished = scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
    assert_eq!(finished.stderr, "HTTP 200 OK (after one 401, healed with a new token)\n");
    assert_eq!((finished.code, scene.mints()), (Some(0), 2));
}

#[test]
fn a_platform_that_is_down_is_told() {
    let mut scene = Scene::with_secret();
    scene.platform_down();
    let finished = scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    scene.assert("call_platform_down", &finished);
}

#[test]
fn a_wrong_secret_is_told() {
    let scene = Scene::with_secret();
    scene.world().set_secret(&scene.keys.id, "another");
    let finished = scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    scene.assert("call_wrong_secret", &finished);
}
