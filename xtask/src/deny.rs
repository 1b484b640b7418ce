//! Bans, licences and sources of every dependency, judged by cargo-deny with the rules of `deny.toml`.
//!
//! Advisories are not part of it: their database changes by the hour, and a test command that fails because somebody
//! published something overnight teaches people to ignore it. A scheduled workflow asks for them instead.

use std::fs;

use crate::workspace::Workspace;
use crate::{Fault, shell, tool};

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
    let tool = tool::installed(workspace, "cargo-deny", VERSION)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_nobody_argued_for_is_found() {
        let manifest = "[workspace.dependencies]\nserde = \"1\"\nours = { path = \"o\" }\nleft-pad = { version = \"1\" }\n";
        assert_eq!(unargued(&manifest.parse().unwrap(), "| `serde` | data |"), ["left-pad"]);
    }
}
