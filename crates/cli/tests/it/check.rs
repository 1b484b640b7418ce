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
