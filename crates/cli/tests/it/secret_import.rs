//! Secrets out of the files they come in.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use hallpass_testkit::process::Finished;

use crate::scene::{SECRET, Scene};

#[track_caller]
fn import(scene: &Scene, arguments: &[&str], stdin: &str) -> Finished {
    let finished = scene.run_with(&[&["secret", "import"], arguments].concat(), stdin);
    assert!(!format!("{}{}", finished.stdout, finished.stderr).contains("canary"), "{finished:?}");
    finished
}

fn given(scene: &Scene, name: &str, mode: u32, text: &str) {
    let path = scene.write(name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn every_form_is_stored_and_works() {
    let scene = Scene::empty();
    let id = scene.keys.id.clone();
    let answer = serde_json::json!({ "id": id, "name": "queue sync", "secret": SECRET, "roleIds": [], "accessTokenValiditySeconds": 86400 });
    given(&scene, "client.json", 0o600, &answer.to_string());
    given(&scene, ".env", 0o644, &format!("# made by hand\nCLIENT_ID={id}\nCLIENT_SECRET='{SECRET}'\n"));
    given(
        &scene,
        "vendor env",
        0o600,
        &format!("GENESYSCLOUD_OAUTHCLIENT_ID={id}\nGENESYSCLOUD_OAUTHCLIENT_SECRET={SECRET}\n"),
    );
    for (name, file) in [("answer", "client.json"), ("dotenv", ".env"), ("vendor", "vendor env")] {
        scene.assert(&format!("import_{name}"), &import(&scene, &[file], ""));
        assert_eq!(
            scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]).code,
            Some(0),
            "{name}"
        );
    }
    scene.assert("import_object", &import(&scene, &["-", "--integration", "queue-sync"], &scene.material()));
    let told = import(&scene, &["-", "--json"], &scene.material()).stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["entry"], &told["serial"]), (&"queue-sync".into(), &5.into()));
    assert!(
        fs::read_to_string(scene.path().join(".env")).unwrap().contains(SECRET),
        "the source is left as it is"
    );
}

#[test]
fn what_cannot_be_imported_is_said() {
    let scene = Scene::empty();
    let cases = [
        ("two_clients", r#"[{"id":"canary1","secret":"a"},{"id":"canary2","secret":"b"}]"#),
        ("two_clients_dotenv", "CLIENT_ID=canary1\nCLIENT_SECRET=a\nCLIENT_ID=canary2\nCLIENT_SECRET=b\n"),
        ("template", "CLIENT_ID=\nCLIENT_SECRET=\n"),
        ("without_secret", r#"{"id":"canary","name":"queue sync"}"#),
        ("half", "CLIENT_ID=canary\n"),
        ("nothing_known", "PASSWORD=canary\n"),
        ("not_json", "{\"client_id\": canary"),
        ("empty", ""),
        ("other_environment", r#"{"client_id":"canary","client_secret":"canary","environment":"prod"}"#),
    ];
    for (name, text) in cases {
        scene.assert(&format!("import_{name}"), &import(&scene, &["-"], text));
    }
    scene.assert("import_too_long", &import(&scene, &["-"], &"canary".repeat(20_000)));
    scene.assert("import_missing_file", &import(&scene, &["none"], ""));
    scene.assert("import_folder", &import(&scene, &["."], ""));
    assert!(!scene.path().join("store").exists(), "nothing was stored");
}

#[test]
fn of_several_integrations_one_has_to_be_named() {
    let scene = Scene::empty();
    scene.configure("\n[integrations.other]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"env:OTHER\"\nallow = [\"GET /x\"]\n");
    scene.assert("import_which", &import(&scene, &["-"], &scene.material()));
    scene.assert("import_read_only", &import(&scene, &["-", "--integration", "other"], &scene.material()));
    scene.assert("import_unknown", &import(&scene, &["-", "--integration", "queue-snyc"], &scene.material()));
}
