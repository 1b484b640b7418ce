//! A record as a file that several processes add to.
//!
//! Whoever adds holds an advisory lock on a sibling file, reads, adds, writes a new file and puts it in the place of the old one. So a crash leaves the
//! old content or the new, and nobody's counts are lost to somebody else's. The sibling stays: a lock that is removed guards nothing.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hallpass_core::{Fault, FaultCode, IntegrationName};
use hallpass_lifecycle::learn::Record;
use rustix::fs::OFlags;

/// The record of one integration.
#[derive(Clone, Debug)]
pub(super) struct RecordFile {
    path: PathBuf,
}

/// How an attempt to add to a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is there.
    Done,
    /// Another process is adding; nothing was changed.
    Busy,
}

impl RecordFile {
    /// The record of `integration` in `folder`.
    pub(super) fn of(folder: &Path, integration: &IntegrationName) -> Self {
        Self { path: folder.join(format!("{integration}.json")) }
    }

    /// The record at `path`.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// What is on record, or `None` if there is no file.
    ///
    /// # Errors
    /// `record-unreadable` for what is not a record, or belongs to somebody else, or could have been written by somebody else.
    pub(super) fn read(&self) -> Result<Option<Record>, Fault> {
        let mut file = match open(&self.path, OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.fault("").with_source(error)),
        };
        self.judge(&file)?;
        let mut bytes = Vec::new();
        let length = (&mut file).take(Record::LARGEST + 1).read_to_end(&mut bytes);
        let length = length.map_err(|error| self.fault("").with_source(error))?;
        if length as u64 > Record::LARGEST {
            return Err(self.fault("is larger than any record"));
        }
        Record::read(&bytes).map(Some).map_err(|fault| self.fault(fault.detail()))
    }

    /// Changes what is on record. If the process dies meanwhile, the old record stays.
    ///
    /// # Errors
    /// `record-unreadable`; the old record stays.
    pub(super) fn change(&self, change: impl FnOnce(Option<Record>) -> Record) -> Result<Added, Fault> {
        let failed = |error: io::Error| self.fault("").with_source(error);
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let lock = self.beside(".lock");
        let held =
            open(&lock, OpenOptions::new().write(true).create(true).truncate(false)).map_err(failed)?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Added::Busy),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let text = change(self.read()?).text();
        let new = self.beside(".new");
        // Whatever has this name is the leftover of a process that died: the lock admits one.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut file = open(&new, OpenOptions::new().write(true).create_new(true)).map_err(failed)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.and_then(|()| fs::rename(&new, &self.path)).map_err(failed)?;
        Ok(Added::Done)
    }

    /// A record becomes rules that somebody pastes, so it must be nobody else's work.
    fn judge(&self, file: &File) -> Result<(), Fault> {
        let metadata = file.metadata().map_err(|error| self.fault("").with_source(error))?;
        if !metadata.is_file() {
            return Err(self.fault("is not a plain file"));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(self.fault("belongs to another user"));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(self.fault("can be written by other users"));
        }
        Ok(())
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(end);
        name.into()
    }

    fn fault(&self, what: &str) -> Fault {
        let between = if what.is_empty() { "" } else { ": " };
        Fault::new(FaultCode::RecordUnreadable, format!("`{}`{between}{what}", self.path.display()))
    }
}

/// Never through a link, never waiting for a pipe, and new files for their owner alone.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).map_err(io::Error::other)?;
    options.mode(0o600).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use super::{Added, RecordFile};
    use hallpass_core::FaultCode;
    use hallpass_lifecycle::learn::{Record, Taken};
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn more(record: Option<Record>) -> Record {
        let fresh = || Record::new("queue-sync".parse().unwrap(), "dev".parse().unwrap(), 1);
        let mut record = record.unwrap_or_else(fresh);
        record.add(&Taken { calls: Vec::new(), other: 1 }, 2);
        record
    }

    #[test]
    fn a_record_grows_in_a_file_of_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = RecordFile::of(&folder.path().join("a/b"), &"queue-sync".parse().unwrap());
        assert_eq!(file.read().unwrap(), None);
        assert_eq!((file.change(more).unwrap(), file.change(more).unwrap()), (Added::Done, Added::Done));
        assert_eq!(file.read().unwrap().unwrap().other, 2);
        let path = folder.path().join("a/b/queue-sync.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut names: Vec<_> =
            fs::read_dir(path.parent().unwrap()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["queue-sync.json", "queue-sync.json.lock"]);
    }

    #[test]
    fn one_process_adds_at_a_time_and_a_leftover_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let file = RecordFile::of(folder.path(), &"queue-sync".parse().unwrap());
        file.change(more).unwrap();
        fs::write(folder.path().join("queue-sync.json.new"), "half a rec").unwrap();
        let lock = File::open(folder.path().join("queue-sync.json.lock")).unwrap();
        lock.lock().unwrap();
        assert_eq!(file.change(more).unwrap(), Added::Busy);
        drop(lock);
        assert_eq!(file.change(more).unwrap(), Added::Done);
        assert_eq!(file.read().unwrap().unwrap().other, 2);
    }

    #[test]
    fn what_is_damaged_or_somebody_elses_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("torn"), "{\"version\": 1, \"canary").unwrap();
        fs::write(path("open"), more(None).text()).unwrap();
        fs::set_permissions(path("open"), fs::Permissions::from_mode(0o666)).unwrap();
        symlink("/dev/null", path("link")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        for name in ["torn", "open", "link", "folder"] {
            let file = RecordFile::at(&path(name));
            for fault in [file.read().map(drop), file.change(more).map(drop)].map(Result::unwrap_err) {
                assert_eq!(fault.code(), FaultCode::RecordUnreadable, "{name}");
                assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
            }
        }
        assert_eq!(fs::read_to_string(path("torn")).unwrap(), "{\"version\": 1, \"canary");
    }
}
