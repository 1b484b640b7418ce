//! Starting a real binary, talking to it and collecting what it said.
//!
//! Let the binary listen on port zero and announce the port it got: tests then never share one, and nobody guesses when
//! it is ready.
//!
//! ```
//! use std::time::Duration;
//! use hallpass_testkit::process::{Launch, Stream};
//!
//! let patience = Duration::from_secs(20);
//! let mut server = Launch::new("sh").args(["-c", "echo listening on 4711; exec sleep 60"]).start().expect("it starts");
//! let port = server.line(Stream::Stdout, "listening on ", patience).expect("it announces itself");
//! assert_eq!(port, "4711");
//!
//! server.signal("TERM").expect("it is there");
//! let finished = server.wait(patience).expect("it ends");
//! assert_eq!(finished.signal, Some(15));
//! ```
//!
//! A process that is still there when its [`Running`] goes out of scope is killed. Only processes started here are ever
//! signalled: never one found by its name.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::clock::Deadline;
use crate::stream::Collected;

mod launch;

#[cfg(test)]
mod tests;

pub use launch::Launch;

/// A process that was started here, and dies with this value.
#[derive(Debug)]
pub struct Running {
    child: Child,
    program: PathBuf,
    stdout: Collected,
    stderr: Collected,
}

impl Running {
    /// The number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a complete line that starts with `prefix` and returns what follows the prefix.
    ///
    /// Each call looks from the line after the one the last call found in that stream.
    ///
    /// # Errors
    ///
    /// Fails, with everything both streams said, when the stream ends or `patience` runs out first.
    pub fn line(&self, stream: Stream, prefix: &str, patience: Duration) -> Result<String, Fault> {
        let found = self.collected(stream).next_line(prefix, Deadline::after(patience));
        let rest = found.and_then(|line| line.strip_prefix(prefix).map(str::to_owned));
        rest.ok_or_else(|| self.fault(&format!("no line `{prefix}...` on {stream:?}")))
    }

    /// What a stream said so far.
    #[must_use]
    pub fn said(&self, stream: Stream) -> String {
        self.collected(stream).text()
    }

    /// Sends a signal by its name: `TERM`, `INT`, `STOP`, `CONT`.
    ///
    /// # Errors
    ///
    /// Fails when the process has ended.
    pub fn signal(&mut self, name: &str) -> Result<(), Fault> {
        // Until `try_wait` has seen its end, the number cannot belong to another process.
        if self.try_wait()?.is_some() {
            return Err(self.fault(&format!("ended before signal {name}")));
        }
        // The shell's own `kill`: slim images lack the program.
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -s \"$0\" \"$1\"", name]).arg(self.id().to_string());
        let sent =
            kill.stdin(Stdio::null()).output().map_err(|fault| self.fault(&format!("no sh: {fault}")))?;
        if sent.status.success() { Ok(()) } else { Err(self.fault(&String::from_utf8_lossy(&sent.stderr))) }
    }

    /// Waits for the end and returns what the process left.
    ///
    /// # Errors
    ///
    /// Fails when `patience` runs out; the process is killed then.
    pub fn wait(mut self, patience: Duration) -> Result<Finished, Fault> {
        let deadline = Deadline::after(patience);
        let status = loop {
            if let Some(status) = self.try_wait()? {
                break status;
            }
            if deadline.left().is_zero() {
                return Err(self.fault("has not ended in time"));
            }
            // Std offers no wait with a deadline; a few milliseconds are below what anybody notices.
            thread::park_timeout(Duration::from_millis(3));
        };
        Ok(self.finished(status))
    }

    /// Kills it, as a crash would, and returns what it left.
    ///
    /// # Errors
    ///
    /// Fails when the operating system does not let us.
    pub fn kill(mut self) -> Result<Finished, Fault> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        let status = killed.map_err(|fault| self.fault(&format!("cannot be killed: {fault}")))?;
        Ok(self.finished(status))
    }

    /// Whether it has ended by now.
    ///
    /// # Errors
    ///
    /// Fails when the operating system does not say.
    pub fn has_ended(&mut self) -> Result<bool, Fault> {
        Ok(self.try_wait()?.is_some())
    }

    fn try_wait(&mut self) -> Result<Option<ExitStatus>, Fault> {
        self.child.try_wait().map_err(|fault| self.fault(&format!("cannot be waited for: {fault}")))
    }

    fn finished(&self, status: ExitStatus) -> Finished {
        // Usually at once; a grandchild that inherited a stream may hold it open for as long as it likes.
        let deadline = Deadline::after(Duration::from_secs(2));
        self.stdout.wait_for_end(deadline);
        self.stderr.wait_for_end(deadline);
        let (code, signal) = (status.code(), status.signal());
        Finished { code, signal, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    fn collected(&self, stream: Stream) -> &Collected {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    fn fault(&self, what: &str) -> Fault {
        let (program, stdout, stderr) = (self.program.display(), self.stdout.text(), self.stderr.text());
        Fault::new(format!("{program}: {what}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the process has ended and was waited for already, which is what we want.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One of the two streams a process writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Data.
    Stdout,
    /// Talk.
    Stderr,
}

/// What a process left when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// All of its stdout, as text.
    pub stdout: String,
    /// All of its stderr, as text.
    pub stderr: String,
}

/// A process did not do what the test waited for.
pub struct Fault(String);

impl Fault {
    fn new(what: String) -> Self {
        Self(what)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The same as Display: `expect` prints this form, and the streams are only readable with their lines broken.
impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Fault {}
