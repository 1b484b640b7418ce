//! Promises: tests whose names start with their number, and the larger sizes at which they can be run.
//!
//! A promise has one test. Its size in the test command is small enough for everybody; `prove` runs the very same test
//! with `HALLPASS_PROVE=1`, optimised, and the test then chooses its larger size. Two tests, or one that is ignored by
//! default, would drift apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::environment::{self, Stopwatch};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Fault, mutants, schedules, shell};

/// The longest a promise may take to prove.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// The variable that tells a test to choose its larger size.
const VARIABLE: &str = "HALLPASS_PROVE";

/// Promises by number, each with the names of its tests.
type Promises = BTreeMap<u32, Tests>;

/// The tests of one promise, by where they run.
#[derive(Debug, Default)]
struct Tests {
    /// In the workspace.
    ours: BTreeSet<String>,
    /// In the searches that are workspaces of their own, by folder.
    apart: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Tests {
    fn all(&self) -> impl Iterator<Item = &str> {
        self.ours.iter().chain(self.apart.values().flatten()).map(String::as_str)
    }
}

/// Lists the promises, or proves one or all of them.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<bool, Fault> {
    let promises = find(&workspace.root)?;
    match arguments {
        [] => {
            for (number, tests) in &promises {
                println!("p{number:02}  {}", tests.all().collect::<Vec<_>>().join("\n     "));
            }
            println!("{} promises have a test", promises.len());
            Ok(true)
        }
        [all] if all == "all" => {
            let mut good = true;
            for (number, tests) in &promises {
                good &= prove(workspace, *number, tests)?;
            }
            Ok(good)
        }
        [one] if one == "mutants" => mutants::command(workspace),
        [one] => {
            let number =
                promise_number(one).ok_or_else(|| format!("`{one}` is not a promise such as `p13`"))?;
            let tests = promises.get(&number).ok_or_else(|| format!("no test starts with `{one}_`"))?;
            prove(workspace, number, tests)
        }
        _ => Err("`prove` takes one promise, or `all`".into()),
    }
}

/// Runs the tests of one promise at their larger size, and prints the line for `docs/proof.md`.
fn prove(workspace: &Workspace, number: u32, tests: &Tests) -> Result<bool, Fault> {
    let (mut tally, mut figures, mut well) = (Tally::default(), Vec::new(), true);
    let clock = Stopwatch::start();
    for mut command in commands(workspace, tests) {
        let status = shell::follow(command.env(VARIABLE, "1"), PATIENCE, |line| {
            tally += Tally::of_cargo_line(line);
            figures.extend(figure(line));
        })?;
        well &= status.success();
    }
    let held = well && tally.failed == 0 && tally.passed >= tests.all().count();
    let outcome = if held { "held" } else { "**did not hold**" };
    let figures = if figures.is_empty() { "no figure printed".to_owned() } else { figures.join("; ") };
    let (today, took) = (environment::today(), clock.shown());
    println!(
        "\n| p{number:02} | {today} | `cargo xtask prove p{number:02}` | {outcome}: {figures} | {took} |"
    );
    Ok(held)
}

/// The runs that a promise needs: of the workspace, and of the searches.
fn commands(workspace: &Workspace, tests: &Tests) -> Vec<Command> {
    let mut commands = Vec::new();
    if !tests.ours.is_empty() {
        let mut command = shell::cargo(&workspace.root);
        command.args(["test", "--workspace", "--release", "--no-fail-fast", "--", "--nocapture"]);
        command.args(&tests.ours);
        commands.push(command);
    }
    for (folder, names) in &tests.apart {
        let mut command = schedules::cargo_test(workspace, folder);
        command.args(["--release", "--", "--nocapture"]).args(names);
        commands.push(command);
    }
    commands
}

/// What a test reports about itself: `figure: 10000 callers, 1 token request`, on a line of its own or after cargo's.
fn figure(line: &str) -> Option<String> {
    let (_, figure) = line.split_once("figure: ")?;
    Some(figure.trim().to_owned())
}

/// Every promise that has a test, from the names in the sources.
fn find(root: &Path) -> Result<Promises, Fault> {
    let mut promises = Promises::new();
    for (number, name) in promise_tests(&root.join("crates"))? {
        promises.entry(number).or_default().ours.insert(name);
    }
    for folder in schedules::FOLDERS {
        for (number, name) in promise_tests(&root.join(folder).join("tests"))? {
            promises.entry(number).or_default().apart.entry(folder).or_default().insert(name);
        }
    }
    Ok(promises)
}

fn promise_tests(folder: &Path) -> Result<Vec<(u32, String)>, Fault> {
    let mut found = Vec::new();
    for file in sources(folder)? {
        let text = fs::read_to_string(&file)?;
        let names = text.lines().filter_map(promise_test);
        found.extend(names.filter_map(|name| Some((promise_number(name)?, name.to_owned()))));
    }
    Ok(found)
}

fn sources(root: &Path) -> Result<Vec<PathBuf>, Fault> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// The name of the test, if the line starts one that proves a promise.
fn promise_test(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    let name = line.split('(').next()?;
    let (label, _) = name.split_once('_')?;
    promise_number(label).map(|_| name)
}

/// The number in `p13` or `p13_ten_thousand_callers_one_flight`.
fn promise_number(label: &str) -> Option<u32> {
    label.split('_').next()?.strip_prefix('p')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_found_by_the_name_of_its_test() {
        assert_eq!(promise_test("    async fn p13_ten_callers() {"), Some("p13_ten_callers"));
        assert_eq!(promise_test("fn p07_every_step_twice() {"), Some("p07_every_step_twice"));
        for other in
            ["fn path_of(a: u8) {", "fn p_one() {", "let p13_x = 1;", "fn p13() {", "// fn p13_x() {"]
        {
            assert_eq!(promise_test(other), None, "{other}");
        }
    }

    #[test]
    fn a_leading_zero_is_the_same_promise() {
        assert_eq!(promise_number("p07"), promise_number("p7_every_step_twice"));
    }

    #[test]
    fn a_figure_is_found_wherever_the_harness_lets_it_stand() {
        assert_eq!(figure("figure: 1 token request").as_deref(), Some("1 token request"));
        assert_eq!(figure("test p13_x ... figure: 1 token request").as_deref(), Some("1 token request"));
        assert_eq!(figure("figures are elsewhere"), None);
    }
}
