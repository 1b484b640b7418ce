//! A configuration, judged.

use crate::scene::Scene;

#[test]
fn a_good_configuration_is_summed_up() {
    let scene = Scene::with_secret();
    scene.assert("check_good", &scene.run(&["check"]));
    scene.assert("check_good_json", &scene.run(&["check", "--json"]));
}

#[test]
fn a_secret_that_cannot_be_read_is_told() {
    let scene = Scene::empty();
    scene.assert("check_without_secret", &scene.run(&["check"]));
    let offline = scene.run(&["check", "--offline"]);
    assert_eq!(offline.code, Some(0));
    scene.assert("check_offline", &offline);
}

#[test]
fn every_fault_is_told_with_its_line() {
    let scene = Scene::empty();
    scene.write(
        "hallpass.toml",
        "version = 1\nenviroment = \"test\"\n\n[integrations.queue-sync]\nplatform = \"genesys\"\nregion = \"us-east-9\"\n\
         secret = \"canary-pasted-here\"\nallow = []\n",
    );
    let finished = scene.run(&["check"]);
    assert_eq!(finished.code, Some(3));
    assert!(!format!("{finished:?}").contains("canary"));
    scene.assert("check_bad", &finished);
    scene.assert("check_bad_json", &scene.run(&["check", "--json"]));
}

#[test]
fn without_a_configuration_there_is_a_way_on() {
    let scene = Scene::empty();
    std::fs::remove_file(scene.path().join("hallpass.toml")).unwrap();
    scene.assert("check_missing", &scene.run(&["check"]));
}

#[test]
fn the_configuration_is_found_by_flag_and_by_variable() {
    let scene = Scene::with_secret();
    let path = scene.path().join("hallpass.toml");
    let path = path.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let by_flag = scene.hallpass(&["--config", path, "check"]).current_dir(folder.path());
    assert_eq!(by_flag.run(crate::scene::PATIENCE).unwrap().code, Some(0));
    let by_variable = scene.hallpass(&["check"]).current_dir(folder.path()).env("HALLPASS_CONFIG", path);
    assert_eq!(by_variable.run(crate::scene::PATIENCE).unwrap().code, Some(0));
}

/// What the guides say works against an emulator; at the vendor's own hosts it is warned against, and still allowed.
#[test]
fn a_form_that_the_vendor_does_not_document_is_warned_against() {
    let scene = Scene::empty();
    let at = |place: &str| {
        let text = format!(
            "version = 1\nenvironment = \"test\"\n\n[stores.local]\npath = \"store\"\n\n[integrations.contact-export]\nplatform = \"cxone\"\nprofile = \"guide\"\n{place}\
             secret = \"local:contact-export\"\nallow = [\"GET /inContactAPI/**\"]\n\n\
             [integrations.queue-sync]\nplatform = \"genesys\"\nprofile = \"guide\"\norganization = \"acme\"\n\
             secret = \"local:queue-sync\"\nallow = [\"GET /api/v2/routing/queues/**\"]\n"
        );
        scene.write("hallpass.toml", &text);
    };
    at("");
    let checked = scene.run(&["check", "--offline"]);
    assert_eq!(checked.code, Some(0));
    scene.assert("check_guide", &checked);
    scene.assert("check_guide_json", &scene.run(&["check", "--offline", "--json"]));
    at("token_url = \"http://127.0.0.1:9/oauth2/token\"\napi_url = \"http://127.0.0.1:9\"\n");
    let warnings = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["warnings"].clone();
    let warned = warnings(&scene.run(&["check", "--offline", "--json"]).stdout);
    assert_eq!(warned.as_array().unwrap().len(), 1, "an emulator is no vendor: {warned}");
    assert_eq!(warned[0]["integration"], "queue-sync");
}
