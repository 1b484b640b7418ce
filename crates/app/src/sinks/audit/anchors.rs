//! The file of anchors, which should lie where whoever can write the log cannot write.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hallpass_core::audit::chain::{Anchor, ChainKey};
use hallpass_core::{Fault, FaultCode};

/// Appends anchors. Several processes may share the file: each anchor is one write.
#[derive(Debug)]
pub(super) struct AnchorFile {
    file: File,
    path: PathBuf,
}

impl AnchorFile {
    /// # Errors
    /// `audit-unwritable`.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let opened = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
        let file = opened.map_err(|error| {
            Fault::new(FaultCode::AuditUnwritable, format!("`audit.anchors`: `{}`", path.display()))
                .with_hint("check free space and permissions of `audit.anchors`")
                .with_source(error)
        })?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Makes `anchor` durable. A failure is logged and not a fault: the log itself is whole, only its end is proven less far.
    pub(super) fn add(&self, anchor: &Anchor, key: &ChainKey) {
        let mut line = Vec::new();
        if self.is_torn() {
            line.push(b'\n');
        }
        anchor.write(key, &mut line);
        let written = (&self.file).write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            tracing::error!(path = %self.path.display(), %error, "an anchor of the audit log could not be written");
        }
    }

    /// Whether somebody died over the last line.
    fn is_torn(&self) -> bool {
        let last = || -> io::Result<bool> {
            let Some(at) = self.file.metadata()?.len().checked_sub(1) else { return Ok(false) };
            let mut byte = [0];
            self.file.read_exact_at(&mut byte, at)?;
            Ok(byte != *b"\n")
        };
        last().unwrap_or(false)
    }
}
