//! A file or a stream.

use std::fmt;
use std::io::{self, Write};

use hallpass_core::Fault;
use hallpass_core::audit::chain::{Seen, last_line};

use super::rolling::RollingFile;
use crate::config::{AuditConfig, AuditTarget};

/// Where lines go.
pub(super) enum Output {
    /// A file that gives way to a new one when it is full.
    File(RollingFile),
    /// A stream that somebody else keeps, and what was left on it by a write that failed.
    Stream(Box<dyn Write + Send>, Seen),
}

impl Output {
    /// # Errors
    /// `audit-unwritable` for a file that cannot be opened.
    pub(super) fn open(target: &AuditTarget, config: &AuditConfig) -> Result<Self, Fault> {
        Ok(match target {
            AuditTarget::File(path) => {
                Self::File(RollingFile::open(path.clone(), config.rotate_at, config.keep)?)
            }
            AuditTarget::Stderr => Self::stream(io::stderr()),
            AuditTarget::Stdout => Self::stream(io::stdout()),
        })
    }

    pub(super) fn stream(stream: impl Write + Send + 'static) -> Self {
        Self::Stream(Box::new(stream), Seen::default())
    }

    /// Gets ready for a write. Whether what is written now goes into another file than what was written last.
    pub(super) fn prepare(&mut self) -> io::Result<bool> {
        match self {
            Self::File(file) => file.prepare(),
            Self::Stream(..) => Ok(false),
        }
    }

    /// What stands at its end, for a chain that begins.
    pub(super) fn seen(&self) -> io::Result<Seen> {
        match self {
            Self::File(file) => file.seen(),
            Self::Stream(_, seen) => Ok(*seen),
        }
    }

    /// Writes `lines`, in one act of the kernel wherever it takes them whole, so that lines of several processes do not mix. On failure it says how much was written all the same.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        while written < lines.len() {
            let outcome = match self {
                Self::File(file) => file.write(&lines[written..]),
                Self::Stream(stream, _) => stream.write(&lines[written..]),
            };
            match outcome {
                Ok(0) => return Err(self.left(lines, written, io::ErrorKind::WriteZero.into())),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.left(lines, written, error)),
            }
        }
        match self {
            Self::File(_) => Ok(()),
            Self::Stream(stream, seen) => {
                *seen = Seen::default();
                stream.flush().map_err(|error| (written, error))
            }
        }
    }

    /// Makes what was written durable, where that is ours to do.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync(),
            Self::Stream(..) => Ok(()),
        }
    }

    fn left(&mut self, lines: &[u8], written: usize, error: io::Error) -> (usize, io::Error) {
        // What an earlier write left is still there if this one left nothing.
        if let Self::Stream(_, seen) = self
            && written > 0
        {
            let (last, torn) = last_line(&lines[..written]);
            *seen = Seen { last: last.or(seen.last), torn };
        }
        (written, error)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Stream(..) => f.write_str("Stream"),
        }
    }
}
