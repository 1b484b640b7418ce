//! Programs of others that a chore needs, at versions we have seen work, built once below `target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::Workspace;
use crate::{Fault, shell};

/// The program of the crate `name` at `version`, installed where it is missing.
///
/// It is built without optimisation: such a program reads a few files, and its own release profile (whole-program optimisation on one
/// core) would take several times as long to build as it will ever save.
pub(crate) fn installed(workspace: &Workspace, name: &str, version: &str) -> Result<PathBuf, Fault> {
    let tools = workspace.own_target().join("tools");
    let tool = tools.join("bin").join(name);
    if is_installed(&tool, name, version) {
        return Ok(tool);
    }
    println!("{name} {version} is not in target/tools; building it once");
    let build = tools.join("build");
    let mut command = shell::cargo(&workspace.root);
    command.args(["install", name, "--version", version, "--locked", "--debug", "--force", "--root"]);
    command.arg(tools).arg("--target-dir").arg(&build);
    let outcome = shell::run(command.env("CARGO_PROFILE_DEV_DEBUG", "0"));
    if build.exists() {
        // Half a gigabyte that nothing will read again.
        fs::remove_dir_all(&build)?;
    }
    outcome.map(|()| tool)
}

/// Asked by its path, not through cargo: as `cargo NAME` it would have to be on PATH.
fn is_installed(tool: &Path, name: &str, version: &str) -> bool {
    let said = shell::capture(Command::new(tool).arg("--version"));
    said.is_ok_and(|said| said.trim() == format!("{name} {version}"))
}
