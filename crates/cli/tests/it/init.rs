//! A first configuration.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::scene::{PATIENCE, Scene};

const ALL: [&str; 9] = [
    "init",
    "--region",
    "eu-central-1",
    "--name",
    "queue-sync",
    "--environment",
    "test",
    "--allow",
    "GET /api/v2/routing/queues/**",
];

/// A folder without a configuration.
fn bare() -> Scene {
    let scene = Scene::empty();
    fs::remove_file(scene.path().join("hallpass.toml")).unwrap();
    scene
}

#[test]
fn what_the_flags_say_is_written_and_in_order() {
    let scene = bare();
    let more = ["--allow", "PATCH /api/v2/conversations/*/participants/*/attributes"];
    scene.assert("init", &scene.run(&[&ALL[..], &more].concat()));
    let path = scene.path().join("hallpass.toml");
    let written = fs::read_to_string(&path).unwrap();
    hallpass_testkit::snapshot::assert_text(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots/init.toml"),
        &written,
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    let checked = scene.hallpass(&["check", "--offline"]).env("HOME", scene.path()).run(PATIENCE).unwrap();
    scene.assert("init_checked", &checked);
    // What comes next, as it was printed.
    let put =
        scene.hallpass(&["secret", "put", "queue-sync"]).env("HOME", scene.path()).stdin(scene.material());
    assert_eq!(put.run(PATIENCE).unwrap().code, Some(0));
    assert_eq!(scene.hallpass(&["check"]).env("HOME", scene.path()).run(PATIENCE).unwrap().code, Some(0));
}

#[test]
fn a_file_that_is_there_is_replaced_by_force_only() {
    let scene = Scene::empty();
    let before = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.assert("init_exists", &scene.run(&ALL));
    assert_eq!(fs::read_to_string(scene.path().join("hallpass.toml")).unwrap(), before);
    assert_eq!(scene.run(&[&ALL[..], &["--force"]].concat()).code, Some(0));
    assert!(fs::read_to_string(scene.path().join("hallpass.toml")).unwrap().contains("eu-central-1"));
}

#[test]
fn another_place_is_named_to_the_next_commands() {
    let scene = bare();
    scene.assert("init_output", &scene.run(&[&ALL[..], &["--output", "my config.toml"]].concat()));
    let printed = scene.run(&[&ALL[..], &["--output", "-"]].concat());
    assert_eq!(printed.stdout, fs::read_to_string(scene.path().join("my config.toml")).unwrap());
    scene.assert("init_no_folder", &scene.run(&[&ALL[..], &["--output", "none/hallpass.toml"]].concat()));
}

#[test]
fn without_a_terminal_the_missing_flags_are_named() {
    let scene = bare();
    scene.assert("init_missing", &scene.run(&["init"]));
    scene.assert("init_missing_one", &scene.run(&ALL[..7]));
    assert!(!scene.path().join("hallpass.toml").exists());
}

#[test]
fn wrong_answers_are_told_all_at_once_and_not_repeated() {
    let scene = bare();
    let with = |flag: &str, value: &'static str| {
        let mut flags = ALL;
        let at = flags.iter().position(|given| *given == flag).unwrap();
        flags[at + 1] = value;
        flags
    };
    scene.assert("init_wrong_region", &scene.run(&with("--region", "eu-centrall-1")));
    scene.assert("init_unknown_region", &scene.run(&with("--region", "canary")));
    scene.assert("init_wrong_name", &scene.run(&with("--name", "Queue Sync canary")));
    scene.assert("init_wrong_platform", &scene.run(&[&ALL[..], &["--platform", "canary"]].concat()));
    scene.assert("init_wrong_key", &scene.run(&[&ALL[..], &["--set", "canary=1"]].concat()));
    let all =
        ["init", "--region", "canary", "--name", "Canary", "--environment", "canary!", "--allow", "canary"];
    scene.assert("init_all_wrong", &scene.run(&all));
    assert!(!scene.path().join("hallpass.toml").exists());
}
