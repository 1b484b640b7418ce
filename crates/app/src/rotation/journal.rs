//! The journal of a rotation as a file.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use hallpass_core::{BoxFuture, Fault, FaultCode};
use hallpass_lifecycle::rotation::Journal;
use rustix::fs::OFlags;

/// Appended to and never rewritten, for its owner alone.
#[derive(Debug)]
pub(super) struct FileJournal {
    path: PathBuf,
}

impl FileJournal {
    /// Nothing is opened yet; file and folder are made by the first line.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    fn append_now(&self, line: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut options = OpenOptions::new();
        let options = options.append(true).create(true).mode(0o600).custom_flags(no_follow());
        let mut file = options.open(&self.path)?;
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }

    fn read_now(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match OpenOptions::new().read(true).custom_flags(no_follow()).open(&self.path) {
            Ok(file) => file.take(LONGEST).read_to_end(&mut bytes).map(|_| bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(bytes),
            Err(error) => Err(error),
        }
    }

    fn fault(&self, error: io::Error) -> Fault {
        Fault::new(FaultCode::JournalUnreadable, format!("`{}`", self.path.display())).with_source(error)
    }
}

impl Journal for FileJournal {
    fn append<'a>(&'a self, line: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        // One short write and a sync, about fifty times in a rotation that takes days.
        Box::pin(async move { self.append_now(line).map_err(|error| self.fault(error)) })
    }

    fn read(&self) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        Box::pin(async move { self.read_now().map_err(|error| self.fault(error)) })
    }
}

/// A link in its place could lead anywhere that this user may write.
fn no_follow() -> i32 {
    i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

/// A rotation leaves some tens of kilobytes; this is a thousand of them.
const LONGEST: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::FileJournal;
    use hallpass_core::FaultCode;
    use hallpass_lifecycle::rotation::Journal;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[tokio::test]
    async fn lines_are_appended_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let journal = FileJournal::at(folder.path().join("rotations/queue-sync.jsonl"));
        assert_eq!(journal.read().await.unwrap(), b"");
        journal.append("one\n").await.unwrap();
        journal.append("two\n").await.unwrap();
        assert_eq!(journal.read().await.unwrap(), b"one\ntwo\n");
        let mode =
            |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("rotations"), mode("rotations/queue-sync.jsonl")), (0o700, 0o600));
    }

    #[tokio::test]
    async fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        symlink("/dev/null", &path).unwrap();
        let journal = FileJournal::at(path);
        for fault in [journal.append("x\n").await.unwrap_err(), journal.read().await.unwrap_err()] {
            assert_eq!(fault.code(), FaultCode::JournalUnreadable);
        }
    }
}
