//! The page about rotation says what the code does.

use std::fs;
use std::path::Path;

use hallpass_lifecycle::rotation::{CALLS, Cause};

fn page() -> String {
    fs::read_to_string(root().join("docs/design/rotation.md")).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap()
}

#[test]
fn the_table_of_strategies_is_the_one_in_the_code() {
    let page = page();
    for (step, calls) in CALLS {
        let cells = calls.map(|call| if call.is_empty() { "–" } else { call });
        let row = format!("| {} {} | {} |", step.number(), step.name(), cells.join(" | "));
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn every_cause_has_its_command() {
    let page = page();
    for cause in Cause::ALL {
        let row = format!("| {} | `{}` |", cause.words(), cause.verb());
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let folders = [
        "crates/lifecycle/tests/it",
        "crates/lifecycle/src/rotation",
        "model/tests/it",
        "crates/app/tests/it",
        "crates/cli/tests/it",
    ];
    let nested = ["crates/lifecycle/src/rotation/evidence", "crates/lifecycle/src/rotation/journal"];
    let files =
        folders.into_iter().chain(nested).flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let sources: String = files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok()).collect();
    let page = page();
    let named: Vec<&str> =
        page.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() > 3).collect();
    assert!(named.len() > 30, "{}", named.len());
    for name in named {
        assert!(sources.contains(&format!("fn {name}(")), "{name}");
    }
}

#[test]
fn every_script_that_is_named_exists() {
    let page = page();
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(|word| word.ends_with(".py")).collect();
    assert!(named.len() > 3, "{named:?}");
    for name in named {
        assert!(root().join(name).is_file(), "{name}");
    }
}
