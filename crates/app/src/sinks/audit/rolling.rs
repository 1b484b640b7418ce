//! A file that several processes append to, and that gives way to a new one when it is full.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hallpass_core::audit::chain::{LONGEST_LINE, Seen, last_line};
use hallpass_core::{Fault, FaultCode};

use crate::audit::files;

/// The file, open for appending. Whoever finds it full renames it to the next number, under a lock beside it; the others find another file in its place before their
/// next write, and open that. What is written in between lands in the renamed file, which is read before the new one.
#[derive(Debug)]
pub(super) struct RollingFile {
    path: PathBuf,
    file: File,
    identity: (u64, u64),
    rotate_at: u64,
    keep: Option<u64>,
}

impl RollingFile {
    /// # Errors
    /// `audit-unwritable`.
    pub(super) fn open(path: PathBuf, rotate_at: u64, keep: Option<u64>) -> Result<Self, Fault> {
        let (file, identity) = append_to(&path).map_err(|error| {
            Fault::new(FaultCode::AuditUnwritable, format!("`{}`", path.display())).with_source(error)
        })?;
        Ok(Self { path, file, identity, rotate_at, keep })
    }

    /// Sees to it that the next write goes to the present file, which has room. Whether that is another one than before.
    pub(super) fn prepare(&mut self) -> io::Result<bool> {
        match fs::metadata(&self.path) {
            Ok(found) if identity(&found) == self.identity => {
                if found.len() < self.rotate_at {
                    return Ok(false);
                }
                if let Err(error) = self.rotate() {
                    // A log that grows too long is better than none.
                    tracing::warn!(path = %self.path.display(), %error, "the audit log could not be rotated");
                    return Ok(false);
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        (self.file, self.identity) = append_to(&self.path)?;
        Ok(true)
    }

    /// The last whole line, and what stands behind it. Where the file is new, of the one before it.
    pub(super) fn seen(&self) -> io::Result<Seen> {
        if self.file.metadata()?.len() > 0 {
            return end_of(&self.file);
        }
        match files::rotated(&self.path)?.pop() {
            Some((_, path)) => Ok(Seen { torn: 0, ..end_of(&File::open(path)?)? }),
            None => Ok(Seen::default()),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn rotate(&self) -> io::Result<()> {
        let lock = files::lock_beside(&self.path);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock)?;
        // Freed when it is closed, also by the death of the process.
        lock.lock()?;
        // Somebody else may have been quicker.
        if identity(&fs::metadata(&self.path)?) != self.identity {
            return Ok(());
        }
        self.file.sync_data()?;
        let rotated = files::rotated(&self.path)?;
        let next = rotated.last().map_or(1, |(number, _)| number + 1);
        fs::rename(&self.path, files::numbered(&self.path, next))?;
        if let Some(keep) = self.keep {
            let mut old = rotated.iter().filter(|(number, _)| number.saturating_add(keep) <= next);
            old.try_for_each(|(_, path)| fs::remove_file(path))?;
        }
        Ok(())
    }
}

fn append_to(path: &Path) -> io::Result<(File, (u64, u64))> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let identity = identity(&file.metadata()?);
    Ok((file, identity))
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

fn end_of(file: &File) -> io::Result<Seen> {
    let length = file.metadata()?.len();
    // The last whole line and all that a process can leave behind it.
    let from = length.saturating_sub(2 * LONGEST_LINE as u64);
    let mut end = vec![0; usize::try_from(length - from).unwrap_or(0)];
    file.read_exact_at(&mut end, from)?;
    let (last, torn) = last_line(&end);
    Ok(Seen { last, torn })
}
