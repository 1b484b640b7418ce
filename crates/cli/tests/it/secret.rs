//! Storing secrets, and seeing which there are.

use crate::scene::{SECRET, Scene};

#[test]
fn a_secret_is_stored_and_listed_without_its_value() {
    let scene = Scene::empty();
    scene.assert("secret_put", &scene.run_with(&["secret", "put", "queue-sync"], scene.material()));
    scene.assert(
        "secret_put_again",
        &scene.run_with(&["secret", "put", "local:queue-sync"], scene.material()),
    );
    let put = scene
        .run_with(&["secret", "put", "queue-sync", "--json", "--config", "hallpass.toml"], scene.material());
    let stored: serde_json::Value = serde_json::from_str(&put.stdout).unwrap();
    assert_eq!((&stored["entry"], &stored["serial"]), (&"queue-sync".into(), &3.into()));
    scene.assert("secret_list", &scene.run(&["secret", "list"]));
    let listed = scene.run(&["secret", "list", "--json"]);
    let entries: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(entries["entries"][0]["name"], "queue-sync");
    assert!(entries["entries"][0]["previous"].is_string(), "{entries}");
}

#[test]
fn an_empty_store_lists_nothing() {
    let scene = Scene::empty();
    scene.assert("secret_list_empty", &scene.run(&["secret", "list"]));
}

#[test]
fn what_is_malformed_is_refused_and_never_repeated() {
    let scene = Scene::empty();
    let cases = [
        ("not_json", "canary-not-json".to_owned()),
        ("trailing", format!("{} canary", scene.material())),
        ("incomplete", r#"{"client_id":"canary"}"#.to_owned()),
        ("other_environment", scene.material().replace('{', r#"{"environment":"prod","#)),
        ("nothing", String::new()),
        ("too_long", format!(r#"{{"client_id":"canary","client_secret":"{}"}}"#, "canary".repeat(20_000))),
    ];
    for (name, stdin) in cases {
        let finished = scene.run_with(&["secret", "put", "queue-sync"], stdin);
        assert_eq!(finished.code, Some(4), "{name}: {finished:?}");
        assert!(
            !format!("{}{}", finished.stdout, finished.stderr).contains("canary"),
            "{name}: {finished:?}"
        );
        scene.assert(&format!("secret_put_{name}"), &finished);
    }
    assert!(!scene.path().join("store").exists(), "nothing was stored");
}

#[test]
fn a_secret_among_the_arguments_is_refused_and_never_repeated() {
    let scene = Scene::empty();
    let material = scene.material();
    let cases = [
        ("as_name", vec!["secret", "put", &material]),
        ("after_name", vec!["secret", "put", "queue-sync", SECRET]),
        ("as_flag", vec!["secret", "put", "queue-sync", "--client-secret=canary-in-a-flag"]),
    ];
    for (name, arguments) in cases {
        let finished = scene.run(&arguments);
        assert_eq!(finished.code, Some(2), "{name}: {finished:?}");
        assert!(
            !format!("{}{}", finished.stdout, finished.stderr).contains("canary"),
            "{name}: {finished:?}"
        );
        scene.assert(&format!("secret_in_argv_{name}"), &finished);
    }
}

#[test]
fn a_line_break_at_the_end_is_worth_a_warning() {
    let scene = Scene::empty();
    let material = r#"{"client_id":"id","client_secret":"secret\n"}"#;
    scene.assert("secret_put_line_break", &scene.run_with(&["secret", "put", "queue-sync"], material));
}

#[test]
fn where_a_secret_can_be_put_is_said() {
    let scene = Scene::empty();
    scene.assert("secret_put_unknown", &scene.run_with(&["secret", "put", "queue-snyc"], scene.material()));
    scene.configure("\n[integrations.other]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"env:OTHER\"\nallow = [\"GET /x\"]\n");
    scene.assert("secret_put_read_only", &scene.run_with(&["secret", "put", "other"], scene.material()));
}
