//! Node packages below `target`, a Node 22 among them: some programs need a newer one than the machine has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::Workspace;
use crate::{Fault, shell};

/// The folder with the packages of `package.json`, exactly as its lock file says; `None` where there is no npm.
pub(super) fn modules(workspace: &Workspace, scripts: &Path) -> Result<Option<PathBuf>, Fault> {
    let manifest = scripts.join("package.json");
    if !manifest.exists() || !shell::works(Command::new("npm").arg("--version")) {
        return Ok(None);
    }
    let folder = workspace.own_target().join("interop").join("node");
    let lock = scripts.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).map_err(|fault| format!("{}: {fault}", lock.display()))?;
    let stamp = folder.join("packages.installed");
    // The stamp is written last, so that an installation cut short is done again.
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        fs::create_dir_all(&folder)?;
        fs::copy(&manifest, folder.join("package.json"))?;
        fs::copy(&lock, folder.join("package-lock.json"))?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        shell::run(npm.current_dir(&folder))?;
        fs::write(&stamp, wanted)?;
    }
    Ok(Some(folder.join("node_modules")))
}

/// The Node among the packages.
pub(super) fn binary(modules: &Path) -> PathBuf {
    modules.join(".bin").join("node")
}

/// Whether a script uses it.
pub(super) fn is_needed_by(script: &Path) -> Result<bool, Fault> {
    Ok(fs::read_to_string(script)?.contains("HALLPASS_NODE"))
}
