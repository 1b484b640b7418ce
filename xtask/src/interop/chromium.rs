//! Chromium, a Debian package: what we write for people to look at, in a browser that they use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use crate::{Fault, shell};

/// The browser; with `system`, it is installed where there is none. It brings some hundred packages, so without that word none is fetched.
pub(super) fn program(system: bool) -> Result<Option<PathBuf>, Fault> {
    let find = || NAMES.iter().find(|name| shell::works(Command::new(name).arg("--version")));
    if find().is_none() && system && apt::is_here() {
        apt::install(&["chromium"])?;
    }
    Ok(find().map(PathBuf::from))
}

/// Debian's name, and that of some others.
const NAMES: [&str; 2] = ["chromium", "chromium-browser"];

/// Whether a script uses it.
pub(super) fn is_needed_by(script: &Path) -> Result<bool, Fault> {
    Ok(fs::read_to_string(script)?.contains("HALLPASS_CHROMIUM"))
}
