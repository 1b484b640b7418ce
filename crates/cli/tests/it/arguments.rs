//! Help, version, and what is typed wrong.

use crate::scene::Scene;

#[test]
fn every_command_explains_itself() {
    let scene = Scene::empty();
    let commands = [
        "",
        "quickstart",
        "init",
        "check",
        "serve",
        "exec",
        "call",
        "policy",
        "policy test",
        "secret",
        "secret put",
        "secret list",
        "secret import",
        "secret copy",
        "emulate",
        "schema",
        "completions",
        "man",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        scene.assert(&format!("help {command}").trim_end().replace(' ', "_"), &scene.run(&arguments));
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let finished = Scene::empty().run(&["--version"]);
    assert_eq!(finished.stdout, format!("hallpass {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(finished.code, Some(0));
}

#[test]
fn a_mistyped_command_is_corrected() {
    let scene = Scene::empty();
    scene.assert("mistyped_command", &scene.run(&["chek"]));
}

#[test]
fn what_is_typed_wrong_is_not_repeated_where_it_may_be_a_secret() {
    let scene = Scene::empty();
    let mistakes: [&[&str]; 8] = [
        &["exec", "--Canary7", "x"],
        &["secret", "put", "--Canary7"],
        &["Canary7"],
        &["--client-secret=canary"],
        &["emulate", "--validity", "Canary7"],
        &["emulate", "--listen", "Canary7"],
        &["check", "Canary7"],
        &["secret", "Canary7"],
    ];
    for mistake in mistakes {
        let finished = scene.run(mistake);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
        assert!(!finished.stderr.to_lowercase().contains("canary"), "{mistake:?}: {finished:?}");
    }
    scene.assert("not_repeated", &scene.run(&["check", "Canary7"]));
}

#[test]
fn the_schema_is_json() {
    let finished = Scene::empty().run(&["schema"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let schema: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(schema["title"], "hallpass.toml");
    assert_eq!(schema["properties"]["version"]["type"], "integer");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scene = Scene::empty();
    let script = "\"$0\" schema | head -1 >/dev/null; echo \"${PIPESTATUS[0]}\"";
    let launch =
        hallpass_testkit::process::Launch::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_hallpass")]);
    let finished = launch.current_dir(scene.path()).run(crate::scene::PATIENCE).unwrap();
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("0\n", ""));
}
