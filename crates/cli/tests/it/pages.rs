//! Completions and manual pages.

use std::fs;

use hallpass_testkit::process::Launch;

use crate::scene::{PATIENCE, Scene};

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    let scene = Scene::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let finished = scene.run(&["completions", shell]);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["hallpass", "quickstart", "secret", "put", "--offline", "completions"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(finished.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    scene.assert("completions_unknown", &scene.run(&["completions", "tcsh"]));
}

#[test]
fn bash_reads_its_script_and_completes() {
    let scene = Scene::empty();
    let script = "eval \"$(\"$0\" completions bash)\"; COMP_WORDS=(hallpass sec); COMP_CWORD=1; _hallpass hallpass sec hallpass; echo \"${COMPREPLY[@]}\"";
    let launch = Launch::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_hallpass")]);
    let finished = launch.current_dir(scene.path()).run(PATIENCE).unwrap();
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("secret\n", ""));
}

#[test]
fn there_is_one_manual_page_for_each_command() {
    let scene = Scene::empty();
    let page = scene.run(&["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""));
    assert!(page.stdout.contains(".TH hallpass 1"), "{}", page.stdout);
    scene.assert("man_dir", &scene.run(&["man", "--dir", "share/man1"]));
    let written = fs::read_dir(scene.path().join("share/man1")).unwrap();
    let mut names: Vec<_> = written.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(
        names.contains(&"hallpass.1".to_owned()) && names.contains(&"hallpass-secret-put.1".to_owned()),
        "{names:?}"
    );
    assert!(!names.iter().any(|name| name.contains("help")), "{names:?}");
    let put = fs::read_to_string(scene.path().join("share/man1/hallpass-secret-put.1")).unwrap();
    assert!(put.contains("Store an integration"), "{put}");
    scene.write("taken", "");
    scene.assert("man_no_folder", &scene.run(&["man", "--dir", "taken"]));
}
