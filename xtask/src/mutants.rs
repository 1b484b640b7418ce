//! Mutation testing: small faults are planted in the token core one by one, and a test must notice each.
//!
//! What survives is killed by a test or explained in `docs/design/mutants.md`. It takes a quarter of an hour, so it is a thing to prove, not a step of
//! the test command.

use std::time::Duration;

use crate::workspace::Workspace;
use crate::{Fault, shell, tool};

/// The version whose mutants the page speaks of.
const VERSION: &str = "27.1.0";

/// The longest it may take.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// Plants faults in the token core; `false` when one survived that is not explained.
pub(crate) fn command(workspace: &Workspace) -> Result<bool, Fault> {
    let tool = tool::installed(workspace, "cargo-mutants", VERSION)?;
    let mut command = shell::program(&tool, &workspace.root);
    command.args(["mutants", "--package", "hallpass-core", "--file", "crates/core/src/token/*.rs"]);
    command.args(["--jobs", "2", "--timeout", "40", "--colors", "never", "--output"]);
    command.arg(workspace.own_target().join("mutants"));
    command.args(["--", "--lib"]);
    let page = std::fs::read_to_string(workspace.root.join("docs/design/mutants.md"))?;
    let mut unexplained = 0;
    let status = shell::follow(&mut command, PATIENCE, |line| {
        let missed = line.strip_prefix("MISSED").map(mutant);
        unexplained += usize::from(missed.is_some_and(|mutant| !page.contains(mutant)));
    })?;
    println!("{unexplained} unexplained survivors ({status})");
    Ok(unexplained == 0)
}

/// What was planted, without the place, which moves, and the times.
fn mutant(line: &str) -> &str {
    let planted = line.trim().split_once(": ").map_or(line, |(_, planted)| planted);
    planted.rsplit_once(" in ").map_or(planted, |(planted, _)| planted).trim()
}

#[cfg(test)]
mod tests {
    use super::mutant;

    #[test]
    fn a_mutant_is_known_by_what_was_planted() {
        let line =
            "   crates/core/src/token/lanes.rs:23:24: replace % with / in Lanes::mine in 1s build + 0s test";
        assert_eq!(mutant(line), "replace % with / in Lanes::mine");
    }
}
