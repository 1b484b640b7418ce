//! `cargo xtask test`: every check and every test, and one line that says how it went.

use crate::Fault;
use crate::environment::{self, Stopwatch};
use crate::steps::Step;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Runs the steps asked for; the last line printed is `N passed, N failed, N skipped`.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<bool, Fault> {
    let options = Options::parse(arguments)?;
    if options.list {
        for step in Step::ALL {
            println!("{:<9} {}", step.name(), step.purpose());
        }
        return Ok(true);
    }
    let strict = environment::is_ci();
    let tally = run(&options, |step| step.run(workspace, options.system));
    if strict && tally.skipped > 0 {
        println!("CI=true: what was skipped counts against this run");
    }
    println!("{tally}");
    Ok(tally.is_good(strict))
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    steps: Vec<Step>,
    list: bool,
    system: bool,
    keep_going: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Fault> {
        let mut options = Self { steps: Vec::new(), list: false, system: false, keep_going: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => options.list = true,
                "--system" => options.system = true,
                "--keep-going" => options.keep_going = true,
                "--only" => options.steps.push(step_named(arguments.next())?),
                unknown => return Err(format!("`test` knows no argument `{unknown}`").into()),
            }
        }
        if options.steps.is_empty() {
            options.steps = Step::ALL.to_vec();
        }
        Ok(options)
    }
}

fn step_named(name: Option<&String>) -> Result<Step, Fault> {
    let name = name.ok_or("`--only` needs the name of a step; `--list` prints them")?;
    let found = Step::ALL.into_iter().find(|step| step.name() == name);
    found.ok_or_else(|| format!("no step `{name}`; `cargo xtask test --list` prints them").into())
}

/// Runs the steps in order and stops at the first that fails, unless told to keep going.
fn run(options: &Options, mut run_step: impl FnMut(Step) -> Result<Tally, Fault>) -> Tally {
    let mut total = Tally::default();
    let mut summary = Vec::new();
    let mut steps = options.steps.iter();
    for &step in steps.by_ref() {
        println!("\n=== {}: {}", step.name(), step.purpose());
        let clock = Stopwatch::start();
        let tally = run_step(step).unwrap_or_else(|fault| {
            println!("error: {fault}");
            Tally::FAILED
        });
        summary.push(format!("{:<9} {:>12}   {tally}", step.name(), clock.shown()));
        total += tally;
        if tally.failed > 0 && !options.keep_going {
            break;
        }
    }
    for step in steps {
        summary.push(format!("{:<9} {:>12}   1 skipped", step.name(), "not reached"));
        total += Tally::skipped(1);
    }
    println!("\n{}", summary.join("\n"));
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<Options, Fault> {
        Options::parse(&arguments.iter().map(|&it| it.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn without_arguments_every_step_runs() {
        assert_eq!(options(&[]).unwrap().steps, Step::ALL);
    }

    #[test]
    fn only_may_be_repeated() {
        let options = options(&["--only", "fmt", "--system", "--only", "deny"]).unwrap();
        assert_eq!(options.steps, [Step::Format, Step::Deny]);
        assert!(options.system);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in [&["--fast"][..], &["--only"], &["--only", "lint"]] {
            assert!(options(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_first_failure_stops_the_run_and_the_rest_counts_as_skipped() {
        let mut ran = Vec::new();
        let total = run(&options(&[]).unwrap(), |step| {
            ran.push(step);
            if step == Step::Arrows { Err("planted".into()) } else { Ok(Tally::PASSED) }
        });
        assert_eq!(ran, [Step::Format, Step::Arrows]);
        assert_eq!(total, Tally { passed: 1, failed: 1, skipped: 8 });
    }

    #[test]
    fn keep_going_runs_them_all() {
        let total = run(&options(&["--keep-going"]).unwrap(), |step| {
            if step == Step::Arrows { Err("planted".into()) } else { Ok(Tally::PASSED) }
        });
        assert_eq!(total, Tally { passed: 9, failed: 1, skipped: 0 });
    }
}
