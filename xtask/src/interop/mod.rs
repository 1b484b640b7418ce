//! Scripts under `tests/interop`, which drive the real binary with programs we did not write.
//!
//! Our own tests speak to our own idea of a vendor SDK. These install the SDK itself, at a pinned version, into a
//! virtual environment below `target`, and use it as its readme says.

mod apt;
mod chromium;
mod faketime;
mod node;
mod python;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Fault, environment, report, shell};

/// How long one script may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(300);

/// The command by itself, with its count as last line.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<bool, Fault> {
    let system = match arguments {
        [] => false,
        [only] if only == "--system" => true,
        _ => return Err("`interop` knows `--system` only".into()),
    };
    match run(workspace, system) {
        Ok(tally) => {
            println!("{tally}");
            Ok(tally.is_good(environment::is_ci()))
        }
        Err(fault) => Ok(report(&Err(fault))),
    }
}

/// Prepares what the scripts need, builds the binary, runs every script and counts their lines.
pub(crate) fn run(workspace: &Workspace, system: bool) -> Result<Tally, Fault> {
    let folder = workspace.root.join("tests").join("interop");
    let scripts = scripts(&folder)?;
    if scripts.is_empty() {
        println!("no tests/interop/*_test.py");
        return Ok(Tally::default());
    }
    if !python::is_ready(system)? {
        println!(
            "missing: python3 with the modules `venv` and `ensurepip` (Debian: python3-venv; --system installs it)"
        );
        return Ok(Tally::skipped(scripts.len()));
    }
    let modules = node::modules(workspace, &folder)?;
    let faketime = faketime::library(workspace, system)?;
    let chromium = chromium::program(system)?;
    build(workspace)?;
    let binary = workspace.target.join("debug").join("hallpass");
    let mut total = Tally::default();
    for script in &scripts {
        let missing = [
            ("npm", modules.is_none() && node::is_needed_by(script)?),
            ("libfaketime (a Debian package)", faketime.is_none() && faketime::is_needed_by(script)?),
            (
                "chromium (a Debian package; --system installs it)",
                chromium.is_none() && chromium::is_needed_by(script)?,
            ),
        ];
        if let Some((what, _)) = missing.iter().find(|(_, is_missing)| *is_missing) {
            println!("missing: {what}, for {}", script.display());
            total += Tally::skipped(1);
            continue;
        }
        let python = python::with_packages(workspace, script)?;
        total += run_script(
            &python,
            script,
            &Surroundings {
                binary: &binary,
                modules: modules.as_deref(),
                faketime: faketime.as_deref(),
                chromium: chromium.as_deref(),
            },
        );
    }
    Ok(total)
}

/// Everything that scripts start. The workspace as a whole is what the step before built, so nothing of the clouds' SDKs is built a second time with other
/// features; the one program that a user would write stands for itself, without them.
fn build(workspace: &Workspace) -> Result<(), Fault> {
    let cargo = |arguments: &[&str]| shell::run(shell::cargo(&workspace.root).args(arguments));
    cargo(&["build", "--workspace", "--bins", "--examples"])?;
    cargo(&["build", "--package", "hallpass", "--features", "reqwest", "--example", "sidecar_caller"])
}

/// What a script finds in its environment.
struct Surroundings<'a> {
    binary: &'a Path,
    modules: Option<&'a Path>,
    faketime: Option<&'a Path>,
    chromium: Option<&'a Path>,
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("_test.py")) {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// Runs one script; what it says is counted, and so is a script that fails without saying why.
fn run_script(python: &Path, script: &Path, surroundings: &Surroundings<'_>) -> Tally {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let mut command = Command::new(python);
    command.arg(script).current_dir(script.parent().unwrap_or(Path::new(".")));
    if let Some(modules) = surroundings.modules {
        command.env("HALLPASS_NODE_MODULES", modules).env("HALLPASS_NODE", node::binary(modules));
    }
    if let Some(library) = surroundings.faketime {
        command.env("HALLPASS_FAKETIME", library);
    }
    if let Some(program) = surroundings.chromium {
        command.env("HALLPASS_CHROMIUM", program);
    }
    command
        .env("HALLPASS_EXAMPLES", surroundings.binary.with_file_name("examples"))
        .env("HALLPASS_BIN", surroundings.binary)
        .env("HALLPASS_CLOUD_EMULATOR", surroundings.binary.with_file_name("hallpass-cloud-emulator"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUNBUFFERED", "1");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let mut tally = Tally::default();
    match shell::follow(&mut command, PATIENCE, |line| tally += Tally::of_script_line(line)) {
        Err(fault) => {
            println!("not ok {name}: {fault}");
            tally += Tally::FAILED;
        }
        Ok(status) if !status.success() && tally.failed == 0 => {
            println!("not ok {name}: ended with {status}");
            tally += Tally::FAILED;
        }
        Ok(_) if tally == Tally::default() => {
            println!("not ok {name}: reported nothing");
            tally += Tally::FAILED;
        }
        Ok(_) => (),
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets `sh` play the interpreter, so that the test needs no Python.
    fn tally_of(name: &str, script: &str) -> Tally {
        let folder = std::env::temp_dir().join(format!("xtask-interop-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a_test.py");
        fs::write(&path, script).unwrap();
        let tally = run_script(
            Path::new("sh"),
            &path,
            &Surroundings { binary: Path::new("/bin/true"), modules: None, faketime: None, chromium: None },
        );
        assert_eq!(scripts(&folder).unwrap(), [path]);
        fs::remove_dir_all(&folder).unwrap();
        tally
    }

    #[test]
    fn the_lines_of_a_script_are_counted() {
        let script = "echo 'ok login'\necho \"ok bin $HALLPASS_BIN\"\necho 'not ok call: 401'\nexit 1\n";
        assert_eq!(tally_of("lines", script), Tally { passed: 2, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_script_that_dies_is_a_failure() {
        assert_eq!(tally_of("dies", "echo 'ok login'\nexit 1\n"), Tally { passed: 1, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_script_that_says_nothing_proves_nothing() {
        assert_eq!(tally_of("silent", "exit 0\n"), Tally::FAILED);
    }
}
