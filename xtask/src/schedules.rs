//! The two searches that live in workspaces of their own, so that neither the build nor the lock file of the program knows of them:
//!
//! * `search/`: the sources of `crates/core` with a scheduler of ours behind their door to the synchronisation types.
//! * `model/`: the transition function of rotation in a world small enough that every order of events can be tried.

use std::process::Command;
use std::time::Duration;

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Fault, shell};

/// The folder of the search over schedules.
pub(crate) const SCHEDULES: &str = "search";

/// The folder of the search over the states of a rotation.
pub(crate) const STATES: &str = "model";

/// Both.
pub(crate) const FOLDERS: [&str; 2] = [SCHEDULES, STATES];

/// `cargo test` in such a folder. What it builds goes below this workspace's target folder.
pub(crate) fn cargo_test(workspace: &Workspace, folder: &str) -> Command {
    let mut command = shell::cargo(&workspace.root.join(folder));
    command.args(["test", "--locked", "--test", "it", "--target-dir"]);
    command.arg(workspace.target.join(folder));
    command
}

/// Every scenario of a folder, at its small size.
pub(crate) fn run(workspace: &Workspace, folder: &str) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let status = shell::follow(&mut cargo_test(workspace, folder), PATIENCE, |line| {
        tally += Tally::of_cargo_line(line);
    })?;
    if !status.success() && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
}

const PATIENCE: Duration = Duration::from_secs(10 * 60);
