//! Repository chores of hallpass: `cargo xtask COMMAND`.
//!
//! Every check that guards this repository is a command here, so that what a contributor types, what the README says
//! and what a build machine runs are the same thing. A shell script would have been shorter to start and longer to
//! trust: the rules below have unit tests of their own.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line of its own: it talks to a terminal"
)]

use std::process::ExitCode;

use workspace::Workspace;

mod arrows;
mod ci;
mod deny;
mod environment;
mod interop;
mod mutants;
mod prove;
mod schedules;
mod shell;
mod sizes;
mod steps;
mod tally;
mod test;
mod tool;
mod workspace;

/// What goes wrong in a chore, already in words for a person.
type Fault = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = environment::arguments();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::from(2)
        }
    }
}

/// Runs the command that was typed; `false` means that it ran and found something wrong.
fn dispatch(arguments: &[String]) -> Result<bool, Fault> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(true);
    };
    if matches!(command.as_str(), "help" | "--help" | "-h")
        || rest.iter().any(|it| it == "--help" || it == "-h")
    {
        print!("{HELP}");
        return Ok(true);
    }
    let workspace = Workspace::find()?;
    match command.as_str() {
        "test" => test::command(&workspace, rest),
        "ci" => ci::command(&workspace, rest),
        "prove" => prove::command(&workspace, rest),
        "arrows" => without_arguments(rest, || arrows::check(&workspace)),
        "sizes" => without_arguments(rest, || sizes::check(&workspace)),
        "deny" => without_arguments(rest, || deny::check(&workspace)),
        "interop" => interop::command(&workspace, rest),
        unknown => Err(format!("no command `{unknown}`; `cargo xtask help` lists them").into()),
    }
}

/// Runs a check that takes no arguments, and refuses any that were given rather than ignoring them.
fn without_arguments(rest: &[String], check: impl FnOnce() -> Result<(), Fault>) -> Result<bool, Fault> {
    match rest.first() {
        Some(extra) => Err(format!("unexpected argument `{extra}`").into()),
        None => Ok(report(&check())),
    }
}

/// Prints the fault of a check that ran, and says whether there was none.
fn report(outcome: &Result<(), Fault>) -> bool {
    if let Err(fault) = outcome {
        eprintln!("error: {fault}");
    }
    outcome.is_ok()
}

const HELP: &str = "\
Repository chores of hallpass.

Usage: cargo xtask COMMAND

Commands:
  test      every check and every test; the last line is `N passed, N failed, N skipped`
              --list         print the steps and stop
              --only STEP    run this step only; may be repeated
              --keep-going   run the later steps even when one failed
              --system       may install missing Debian packages (needs root)
  arrows    which crate depends on which, against the list of allowed arrows
  sizes     production lines per file and lines per function, against the limits
  deny      bans, licences and sources of every dependency (installs cargo-deny into target/tools)
  interop   scripts under tests/interop, which drive the real binary with vendor SDKs
              --system       may install missing Debian packages (needs root)
  ci        what .ci/run runs: tool versions, then `test --system`
  prove     lists the promises found in the tests
              pNN            runs promise NN at its larger size and prints a line for docs/proof.md
              all            the same for every promise
              mutants        plants small faults in the token core and asks the tests to notice each
  help      this text

`test` counts one for each guard (formatting, arrows, sizes, lints, documentation, dependencies), one for each test,
and one for each line of an interop script. A step that was not reached counts as skipped; with CI=true a skip is a failure.
";
