//! Packages of the system, where whoever runs us said that they may be installed.

use std::process::Command;

use crate::{Fault, shell};

/// Installs Debian packages.
pub(super) fn install(packages: &[&str]) -> Result<(), Fault> {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        shell::run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], packages].concat())
}

/// Whether there is anything to install with.
pub(super) fn is_here() -> bool {
    shell::works(Command::new("apt-get").arg("--version"))
}
