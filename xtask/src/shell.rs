//! Starting other programs: always said out loud, never with an open stdin.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::environment::{self, Stopwatch};
use crate::{Fault, environment::set_by_cargo_run};

/// The cargo that started us, in `directory`.
pub(crate) fn cargo(directory: &Path) -> Command {
    let cargo = environment::variable("CARGO").unwrap_or_else(|| "cargo".to_owned());
    program(Path::new(&cargo), directory)
}

/// A program in `directory`, without the variables that cargo set for us alone.
pub(crate) fn program(path: &Path, directory: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(directory);
    for name in set_by_cargo_run() {
        command.env_remove(name);
    }
    // A test that forgets to stub a cloud must find nothing to talk to.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Runs a program whose output goes straight to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), Fault> {
    say(command);
    let status = command.stdin(Stdio::null()).status().map_err(|fault| cannot_start(command, &fault))?;
    demand(command, status)
}

/// Runs a program quietly and hands back what it wrote to stdout.
pub(crate) fn capture(command: &mut Command) -> Result<String, Fault> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|fault| cannot_start(command, &fault))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` ended with {}:\n{}", shown(command), output.status, said.trim_end()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the program can be started and ends well.
pub(crate) fn works(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a program, passing each line of its stdout on to the terminal and to `each`.
///
/// Ends it when `patience` runs out, so that a hung script cannot hang a build machine.
pub(crate) fn follow(
    command: &mut Command,
    patience: Duration,
    mut each: impl FnMut(&str),
) -> Result<ExitStatus, Fault> {
    say(command);
    let started = Stopwatch::start();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|fault| cannot_start(command, &fault))?;
    let lines = lines_of(&mut child);
    loop {
        match lines.recv_timeout(patience.saturating_sub(started.elapsed())) {
            Ok(line) => {
                println!("{line}");
                each(&line);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(child.wait()?),
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                return Err(format!("`{}` was ended after {}", shown(command), started.shown()).into());
            }
        }
    }
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn say(command: &Command) {
    println!("$ {}", shown(command));
}

fn demand(command: &Command, status: ExitStatus) -> Result<(), Fault> {
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", shown(command)).into()) }
}

fn cannot_start(command: &Command, fault: &std::io::Error) -> Fault {
    format!("cannot start `{}`: {fault}", shown(command)).into()
}

/// Reads stdout on a thread of its own, because std has no read with a deadline.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut raw = Vec::new();
            // Bytes, not text: one byte that is not UTF-8 must not end the reading.
            while reader.read_until(b'\n', &mut raw).is_ok_and(|count| count > 0) {
                let line = String::from_utf8_lossy(&raw).trim_end_matches(['\n', '\r']).to_owned();
                raw.clear();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn every_line_is_seen_and_the_status_kept() {
        let mut seen = Vec::new();
        let status = follow(&mut sh("echo one; echo two; exit 3"), Duration::from_secs(20), |line| {
            seen.push(line.to_owned());
        });
        assert_eq!(seen, ["one", "two"]);
        assert_eq!(status.unwrap().code(), Some(3));
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let fault = follow(&mut sh("exec sleep 600"), Duration::from_millis(100), |_| ()).unwrap_err();
        assert!(fault.to_string().contains("was ended after"), "{fault}");
    }

    #[test]
    fn a_failed_capture_says_what_the_program_said() {
        let fault = capture(&mut sh("echo no such thing >&2; exit 1")).unwrap_err();
        assert!(fault.to_string().contains("no such thing"), "{fault}");
    }
}
