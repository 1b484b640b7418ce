//! What to start, and how.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{Fault, Finished, Running};
use crate::stream::Collected;
use crate::variables;

/// What to start, and how.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    stdin: Vec<u8>,
}

impl Launch {
    /// A program, by path or by name.
    ///
    /// Its environment is the one of the test; [`Launch::clear_env`] leaves only `PATH`. Its stdin is empty.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self { command: Command::new(program), stdin: Vec::new() }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Forgets every variable but `PATH`, so that what a developer has set does not reach the process.
    #[must_use]
    pub fn clear_env(mut self) -> Self {
        self.command.env_clear().env("PATH", variables::search_path());
        self
    }

    /// The folder to start in.
    #[must_use]
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// What the process finds on its stdin, which is closed after it.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started.
    pub fn start(mut self) -> Result<Running, Fault> {
        let program = PathBuf::from(self.command.get_program());
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let cannot_start =
            |fault: io::Error| Fault::new(format!("cannot start {}: {fault}", program.display()));
        let mut child = self.command.spawn().map_err(cannot_start)?;
        if let Some(mut pipe) = child.stdin.take() {
            let bytes = self.stdin;
            // On a thread: a process that writes before it reads would otherwise wait for us while we wait for it. One
            // that ends without reading closes the pipe, which is its right.
            thread::spawn(move || pipe.write_all(&bytes).ok());
        }
        let stdout = child.stdout.take().map(Collected::from).unwrap_or_default();
        let stderr = child.stderr.take().map(Collected::from).unwrap_or_default();
        Ok(Running { child, program, stdout, stderr })
    }

    /// Starts it and waits for its end.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be started or does not end within `patience`.
    pub fn run(self, patience: Duration) -> Result<Finished, Fault> {
        self.start()?.wait(patience)
    }
}
