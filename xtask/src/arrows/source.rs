//! Two rules that no manifest shows: which half of hyper a crate uses, and whether it inherits the workspace's lints.

use std::fs;
use std::path::Path;

use crate::workspace::{Package, Workspace};
use crate::{Fault, sizes};

/// Everything in sources and manifests that the rules forbid.
pub(super) fn faults(workspace: &Workspace) -> Result<Vec<String>, Fault> {
    let mut faults = Vec::new();
    for package in &workspace.packages {
        let manifest = fs::read_to_string(&package.manifest)?;
        faults.extend(fault_of_manifest(&package.name, &manifest)?);
        if ["sidecar", "runtimes"].contains(&package.room()) {
            faults.extend(client_half(package, &workspace.root)?);
        }
    }
    Ok(faults)
}

/// A crate that forgets these lines escapes every lint, or could be published by accident.
fn fault_of_manifest(name: &str, manifest: &str) -> Result<Vec<String>, Fault> {
    let manifest: toml::Table = manifest.parse()?;
    let inherits = |table: &str, key: Option<&str>| {
        let value = manifest.get(table).and_then(|table| match key {
            Some(key) => table.get(key),
            None => Some(table),
        });
        value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    let mut faults = Vec::new();
    if !inherits("lints", None) {
        faults.push(format!("{name}: the manifest lacks `[lints] workspace = true`"));
    }
    for key in ["edition", "license", "publish", "rust-version", "version"] {
        if !inherits("package", Some(key)) {
            faults.push(format!("{name}: the manifest lacks `{key}.workspace = true`"));
        }
    }
    Ok(faults)
}

/// Sidecar and runtimes serve; whatever they send on goes through outbound, so the client half of hyper is not for them.
fn client_half(package: &Package, root: &Path) -> Result<Vec<String>, Fault> {
    let mut faults = Vec::new();
    let source = package.manifest.with_file_name("src");
    for file in sizes::production_files(&source)? {
        let text = fs::read_to_string(&file)?;
        let shown = file.strip_prefix(root).unwrap_or(&file).display();
        faults.extend(
            mentions_client(&text)
                .map(|line| format!("{shown}:{line}: the client half of hyper is outbound's")),
        );
    }
    Ok(faults)
}

/// The number of the first production line that names the client half.
fn mentions_client(text: &str) -> Option<usize> {
    let mut lines = text.lines().take(sizes::production_lines(text)).enumerate();
    let found = lines.find(|(_, line)| line.contains("hyper::client") || line.contains("hyper_util::client"));
    found.map(|(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_without_the_workspace_lints_is_found() {
        let manifest = "[package]\nname = \"x\"\nedition.workspace = true\nlicense.workspace = true\n\
                        publish.workspace = true\nrust-version.workspace = true\nversion.workspace = true\n";
        let faults = fault_of_manifest("x", manifest).unwrap();
        assert_eq!(faults, ["x: the manifest lacks `[lints] workspace = true`"]);
        let complete = format!("{manifest}\n[lints]\nworkspace = true\n");
        assert_eq!(fault_of_manifest("x", &complete).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_client_half_of_hyper_is_found_in_production_lines_only() {
        assert_eq!(mentions_client("use hyper::server;\nuse hyper_util::client::legacy::Client;\n"), Some(2));
        assert_eq!(
            mentions_client("fn a() {}\n#[cfg(test)]\nmod tests {\n    use hyper::client::conn;\n}\n"),
            None
        );
    }
}
