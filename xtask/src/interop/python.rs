//! Virtual environments below `target`, one for each list of requirements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use crate::workspace::Workspace;
use crate::{Fault, shell};

/// Whether environments can be made; with `system`, what is missing is installed first.
///
/// Debian ships `venv` without `ensurepip`, so that `python3 -m venv --help` works where making one does not.
pub(super) fn is_ready(system: bool) -> Result<bool, Fault> {
    let ready = || shell::works(Command::new("python3").args(["-c", "import ensurepip, venv"]));
    if ready() || !system {
        return Ok(ready());
    }
    apt::install(&["python3", "python3-venv"])?;
    Ok(ready())
}

/// The interpreter for `script`: scripts whose names begin with `NAME` share an environment if there is a `requirements-NAME.txt` beside them, since programs we
/// did not write pin packages against each other; all others share `requirements.txt`.
pub(super) fn with_packages(workspace: &Workspace, script: &Path) -> Result<PathBuf, Fault> {
    let file = script.file_name().unwrap_or_default().to_string_lossy();
    let environments = workspace.own_target().join("interop");
    // `aws_store_test.py`: `aws_store`, or else `aws`.
    let mut name = file.strip_suffix("_test.py");
    while let Some(shared) = name {
        let own = script.with_file_name(format!("requirements-{shared}.txt"));
        if own.exists() {
            return install(&environments.join(format!("venv-{shared}")), &own);
        }
        name = shared.rsplit_once('_').map(|(shorter, _)| shorter);
    }
    install(&environments.join("venv"), &script.with_file_name("requirements.txt"))
}

/// The interpreter of the environment `venv`, which holds exactly these requirements.
fn install(venv: &Path, requirements: &Path) -> Result<PathBuf, Fault> {
    let python = venv.join("bin").join("python");
    let stamp = venv.join("requirements.installed");
    let wanted =
        fs::read_to_string(requirements).map_err(|fault| format!("{}: {fault}", requirements.display()))?;
    // The stamp is written last, so that an installation cut short is done again.
    let installed = fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    if !installed || !shell::works(Command::new(&python).arg("--version")) {
        shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
        let mut pip = Command::new(&python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--requirement",
        ]);
        shell::run(pip.arg(requirements))?;
        fs::write(&stamp, wanted)?;
    }
    Ok(python)
}
