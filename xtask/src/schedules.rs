//! The search over schedules: the sources of `crates/core` with a scheduler of ours behind their door to the synchronisation types.
//!
//! It lives in a workspace of its own (`search/`), so that neither the build nor the lock file of the program knows of it.

use std::process::Command;
use std::time::Duration;

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Fault, shell};

/// The folder of that workspace.
pub(crate) const FOLDER: &str = "search";

/// `cargo test` there. What it builds goes below this workspace's target folder.
pub(crate) fn cargo_test(workspace: &Workspace) -> Command {
    let mut command = shell::cargo(&workspace.root.join(FOLDER));
    command.args(["test", "--locked", "--test", "it", "--target-dir"]);
    command.arg(workspace.target.join(FOLDER));
    command
}

/// Every scenario, under some thousand schedules.
pub(crate) fn run(workspace: &Workspace) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let status = shell::follow(&mut cargo_test(workspace), PATIENCE, |line| {
        tally += Tally::of_cargo_line(line);
    })?;
    if !status.success() && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
}

const PATIENCE: Duration = Duration::from_secs(10 * 60);
