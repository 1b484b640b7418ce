//! libfaketime, a Debian package: the real binary under clocks that freeze and jump.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::Workspace;
use crate::{Fault, shell};

/// The library for programs with threads: the system's, or one unpacked below `target`, which needs no right to install. `None` where neither
/// can be had.
pub(super) fn library(workspace: &Workspace, system: bool) -> Result<Option<PathBuf>, Fault> {
    let own = workspace.own_target().join("interop").join("faketime");
    let find = || below(Path::new("/usr/lib")).or_else(|| below(&own.join("usr").join("lib")));
    if let Some(found) = find() {
        return Ok(Some(found));
    }
    if !shell::works(Command::new("apt-get").arg("--version")) {
        return Ok(None);
    }
    if system {
        shell::run(Command::new("apt-get").args(["update", "--quiet"]))?;
    }
    fs::create_dir_all(&own)?;
    let fetched = shell::works(Command::new("apt-get").args(["download", "libfaketime"]).current_dir(&own));
    let package = fs::read_dir(&own)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"));
    if let Some(package) = package.filter(|_| fetched) {
        shell::run(Command::new("dpkg").arg("--extract").arg(package).arg(&own))?;
    }
    Ok(find())
}

/// `LIB/TRIPLET/faketime/libfaketimeMT.so.1`.
fn below(lib: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(lib).ok()?.flatten();
    folders.map(|folder| folder.path().join("faketime").join("libfaketimeMT.so.1")).find(|path| path.exists())
}

/// Whether a script uses it.
pub(super) fn is_needed_by(script: &Path) -> Result<bool, Fault> {
    Ok(fs::read_to_string(script)?.contains("HALLPASS_FAKETIME"))
}
