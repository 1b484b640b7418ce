//! Secrets from one place to another.

use hallpass_testkit::process::Finished;

use crate::scene::{PATIENCE, SECRET, Scene};

/// A scene whose variable `GIVEN` holds a secret of that serial, if any.
fn copy(scene: &Scene, arguments: &[&str], given: &str) -> Finished {
    let launch = scene.hallpass(&[&["secret", "copy"], arguments].concat()).env("GIVEN", given);
    let finished = launch.run(PATIENCE).unwrap();
    assert!(!format!("{}{}", finished.stdout, finished.stderr).contains("canary"), "{finished:?}");
    finished
}

fn credential(scene: &Scene, secret: &str, serial: u64) -> String {
    serde_json::json!({ "client_id": scene.keys.id, "client_secret": secret, "serial": serial, "environment": "test" })
        .to_string()
}

fn checked(scene: &Scene) -> serde_json::Value {
    let finished = scene.run(&["check", "--json"]);
    serde_json::from_str::<serde_json::Value>(&finished.stdout).unwrap()["integrations"][0]["readable"]
        .clone()
}

#[test]
fn a_secret_moves_from_the_environment_into_the_store() {
    let scene = Scene::empty();
    let given = credential(&scene, SECRET, 7);
    let (from, to) = ("env:GIVEN", "local:queue-sync");
    scene.assert("copy_dry_run", &copy(&scene, &[from, to, "--dry-run"], &given));
    assert!(!scene.path().join("store").exists(), "nothing was written");
    scene.assert("copy", &copy(&scene, &[from, to], &given));
    assert_eq!(checked(&scene)["serial"], 7, "the serial is kept");
    scene.assert("copy_again", &copy(&scene, &[from, to], &given));
    assert_eq!(scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]).code, Some(0));
}

#[test]
fn both_stages_are_copied_in_order() {
    let scene = Scene::with_secret();
    let put =
        scene.run_with(&["secret", "put", "queue-sync"], scene.material().replace("canary", "canary-2"));
    assert_eq!(put.code, Some(0));
    scene.assert("copy_stages", &copy(&scene, &["local:queue-sync", "local:other"], ""));
    scene.assert("copy_stages_listed", &scene.run(&["secret", "list"]));
    let before = scene.run(&["secret", "list", "--json"]).stdout;
    // Once more in the other direction: both stages are there, so nothing is written.
    assert_eq!(copy(&scene, &["local:other", "local:queue-sync"], "").code, Some(0));
    assert_eq!(scene.run(&["secret", "list", "--json"]).stdout, before);
}

#[test]
fn the_present_version_becomes_the_previous_one() {
    let scene = Scene::with_secret();
    let mounted = scene.write("mounted", &credential(&scene, SECRET, 2));
    std::fs::set_permissions(&mounted, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let json = copy(&scene, &["file:mounted", "local:queue-sync", "--json"], "");
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&told["written"], &told["serial"]), (&true.into(), &2.into()), "{told}");
    let listed = scene.run(&["secret", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert!(listed["entries"][0]["previous"].is_string(), "{listed}");
}

#[test]
fn a_newer_secret_is_overwritten_only_by_force() {
    let scene = Scene::with_secret();
    let newer = credential(&scene, "canary-newer", 9);
    assert_eq!(copy(&scene, &["env:GIVEN", "local:queue-sync"], &newer).code, Some(0));
    let older = credential(&scene, SECRET, 3);
    scene.assert("copy_newer", &copy(&scene, &["env:GIVEN", "local:queue-sync"], &older));
    let without = scene.material();
    scene.assert(
        "copy_without_serial",
        &copy(&scene, &["env:GIVEN", "local:queue-sync", "--dry-run"], &without),
    );
    assert_eq!(checked(&scene)["serial"], 9);
    scene.assert("copy_force", &copy(&scene, &["env:GIVEN", "local:queue-sync", "--force"], &older));
    assert_eq!(checked(&scene)["serial"], 3);
}

#[test]
fn what_cannot_be_copied_is_said() {
    let scene = Scene::with_secret();
    let whole = credential(&scene, SECRET, 1);
    let cases = [
        ("read_only", "local:queue-sync", "env:TARGET", whole.clone()),
        ("read_only_file", "local:queue-sync", "file:target", whole.clone()),
        ("missing_entry", "local:none", "local:queue-sync", whole.clone()),
        ("missing_variable", "env:UNSET", "local:queue-sync", whole.clone()),
        ("missing_file", "file:none", "local:queue-sync", whole.clone()),
        ("same", "local:queue-sync", "local:queue-sync", whole.clone()),
        ("no_reference", "canary-pasted-here", "local:queue-sync", whole.clone()),
        ("elsewhere", "aws-sm:prod/queue-sync", "local:queue-sync", whole.clone()),
        ("other_environment", "env:GIVEN", "local:queue-sync", whole.replace("\"test\"", "\"prod\"")),
        ("incomplete", "env:GIVEN", "local:queue-sync", r#"{"client_id":"canary"}"#.to_owned()),
        ("not_json", "env:GIVEN", "local:queue-sync", "canary".to_owned()),
    ];
    for (name, from, to, given) in cases {
        scene.assert(&format!("copy_{name}"), &copy(&scene, &[from, to], &given));
    }
}
