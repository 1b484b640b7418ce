//! What the README shows is what the binary takes.

use std::fs;
use std::path::Path;

use crate::scene::Scene;

#[test]
fn the_configuration_in_the_readme_is_accepted() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let (_, rest) = readme.split_once("<<'TOML'\n").unwrap();
    let (configuration, _) = rest.split_once("\nTOML\n").unwrap();
    let scene = Scene::empty();
    scene.write("hallpass.toml", configuration);
    let checked = scene
        .hallpass(&["check", "--offline"])
        .env("HOME", scene.path())
        .run(crate::scene::PATIENCE)
        .unwrap();
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn every_command_in_the_readme_exists() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let scene = Scene::empty();
    let lines = readme.lines().filter_map(|line| line.trim().strip_prefix("hallpass "));
    let commands: Vec<_> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        assert_eq!(scene.run(&[command, "--help"]).code, Some(0), "{command}");
    }
}
