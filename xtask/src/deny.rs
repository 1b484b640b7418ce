//! Bans, licences and sources of every dependency, judged by cargo-deny with the rules of `deny.toml`.
//!
//! Advisories are not part of it: their database changes by the hour, and a test command that fails because somebody
//! published something overnight teaches people to ignore it. A scheduled workflow asks for them instead.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workspace::Workspace;
use crate::{Fault, shell};

/// The version we have seen pass; a newer one may judge differently.
const VERSION: &str = "0.20.2";

/// Where each direct dependency is argued for.
const PAGE: &str = "docs/design/dependencies.md";

/// Installs cargo-deny where it is missing, and asks it; checks that every dependency was argued for.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Fault> {
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml"))?;
    let page = fs::read_to_string(workspace.root.join(PAGE)).map_err(|fault| format!("{PAGE}: {fault}"))?;
    let missing = unargued(&manifest.parse()?, &page);
    if !missing.is_empty() {
        return Err(format!("no row in {PAGE} for: {}", missing.join(", ")).into());
    }
    let tools = workspace.own_target().join("tools");
    let tool = tools.join("bin").join("cargo-deny");
    if !is_installed(&tool) {
        install(workspace, &tools)?;
    }
    // By its path: as `cargo deny` it would have to be on PATH.
    let mut deny = shell::program(&tool, &workspace.root);
    shell::run(deny.args(["check", "bans", "licenses", "sources"]))
}

/// The direct dependencies that the page does not name; our own crates need no argument.
fn unargued(manifest: &toml::Table, page: &str) -> Vec<String> {
    let dependencies =
        manifest.get("workspace").and_then(|it| it.get("dependencies")).and_then(toml::Value::as_table);
    let foreign = dependencies.into_iter().flatten().filter(|(_, value)| value.get("path").is_none());
    let missing = foreign.filter(|(name, _)| !page.contains(&format!("`{name}`")));
    missing.map(|(name, _)| name.clone()).collect()
}

fn is_installed(tool: &Path) -> bool {
    let version = shell::capture(Command::new(tool).arg("--version"));
    version.is_ok_and(|said| said.trim() == format!("cargo-deny {VERSION}"))
}

/// Builds it without optimisation: it reads one lock file, and its own release profile (whole-program optimisation
/// on one core) would take several times as long to build as it will ever save.
fn install(workspace: &Workspace, tools: &Path) -> Result<(), Fault> {
    println!("cargo-deny {VERSION} is not in target/tools; building it once");
    let build = tools.join("build");
    let mut command = shell::cargo(&workspace.root);
    command.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--force", "--root"]);
    command.arg(tools).arg("--target-dir").arg(&build);
    let outcome = shell::run(command.env("CARGO_PROFILE_DEV_DEBUG", "0"));
    if build.exists() {
        // Half a gigabyte that nothing will read again.
        fs::remove_dir_all(&build)?;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_nobody_argued_for_is_found() {
        let manifest = "[workspace.dependencies]\nserde = \"1\"\nours = { path = \"o\" }\nleft-pad = { version = \"1\" }\n";
        assert_eq!(unargued(&manifest.parse().unwrap(), "| `serde` | data |"), ["left-pad"]);
    }
}
