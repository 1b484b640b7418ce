//! The story, and that it notices when it does not hold.

use std::fs;

use hallpass_testkit::process::Stream;

use crate::scene::{PATIENCE, Scene, get};

#[test]
fn the_story_holds_and_nothing_stays() {
    let scene = Scene::empty();
    let before = files(&scene);
    scene.assert("quickstart", &scene.run(&["quickstart"]));
    assert_eq!(files(&scene), before, "quickstart leaves nothing in the temporary folder");
}

#[test]
fn the_story_is_data_as_well() {
    let scene = Scene::empty();
    let finished = scene.run(&["quickstart", "--json"]);
    scene.assert("quickstart_json", &finished);
    let story: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(story["held"], true);
    for (index, platform) in ["genesys", "cxone"].into_iter().enumerate() {
        let witness = &story["witness"][index];
        assert_eq!((&witness["platform"], &witness["tokens_minted"]), (&platform.into(), &2.into()));
    }
}

/// The emulator really mints one token more than it was asked for; nothing in the story is told to fail.
#[test]
fn an_extra_token_makes_the_story_fail() {
    let scene = Scene::empty();
    let finished = scene.run(&["quickstart", "--plant", "extra-mint"]);
    assert_eq!(finished.code, Some(9));
    for platform in ["Genesys Cloud: 25 callers", "NICE CXone: 25 callers"] {
        assert!(finished.stderr.contains(platform), "both platforms notice: {finished:?}");
    }
    scene.assert("quickstart_extra_mint", &finished);
}

#[test]
fn staying_means_being_there_until_told_to_stop() {
    let scene = Scene::empty();
    let mut process = scene.hallpass(&["quickstart", "--stay", "--json"]).start().unwrap();
    let line = process.line(Stream::Stdout, "", PATIENCE).unwrap();
    let story: serde_json::Value = serde_json::from_str(&line).unwrap();
    let staying = |key: &str| story["staying"][key].as_str().unwrap().to_owned();
    let pass = fs::read_to_string(staying("pass_file")).unwrap();
    assert_eq!(get(&staying("url"), &pass, "/queue-sync/api/v2/routing/queues").0, 200);
    let contacts = "/contact-export/inContactAPI/services/v31.0/contacts/completed";
    assert_eq!(get(&staying("url"), &pass, contacts).0, 200);
    process.signal("INT").unwrap();
    assert_eq!(process.wait(PATIENCE).unwrap().code, Some(0));
    assert!(!fs::exists(staying("pass_file")).unwrap());
}

#[test]
fn staying_says_how_to_call() {
    let scene = Scene::empty();
    let mut process = scene.hallpass(&["quickstart", "--stay"]).start().unwrap();
    process.line(Stream::Stdout, "It stays until Ctrl-C", PATIENCE).unwrap();
    process.line(Stream::Stdout, "  configuration", PATIENCE).unwrap();
    process.signal("TERM").unwrap();
    let finished = process.wait(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.lines().count() <= 40, "{finished:?}");
    let (before, after) = finished.stdout.split_once("/hallpass-quickstart-").unwrap();
    assert!(before.ends_with(scene.path().to_str().unwrap()));
    let drawn = after.split('/').next().unwrap();
    let stdout = finished.stdout.replace(drawn, "[DRAWN]");
    scene.assert("quickstart_stay", &hallpass_testkit::process::Finished { stdout, ..finished });
}

/// One screen, and no line that wraps on it.
#[test]
fn the_story_fits_a_screen() {
    let scene = Scene::empty();
    let told = scene.run(&["quickstart"]).stdout;
    assert!(told.lines().count() <= 40, "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
}

fn files(scene: &Scene) -> usize {
    fs::read_dir(scene.path()).unwrap().count()
}
