//! The journal of a rotation as a file: one per integration, appended to, for its owner only.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hallpass_core::{BoxFuture, Fault, FaultCode};
use hallpass_lifecycle::rotation::Journal;
use rustix::fs::OFlags;

/// The largest journal that is read. A rotation writes about 40 KiB, so this is more than a thousand of them; what is larger is moved away by a person.
const LIMIT: u64 = 64 * 1024 * 1024;

/// A journal in a file. Opened anew for every line, so that a file that was moved away is begun again.
#[derive(Clone, Debug)]
pub(super) struct FileJournal {
    path: PathBuf,
}

impl FileJournal {
    /// The journal at `path`; nothing is opened yet.
    #[must_use]
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Journal for FileJournal {
    fn append<'a>(&'a self, line: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        let (path, line) = (self.path.clone(), line.to_owned());
        blocking(move || append(&path, &line))
    }

    fn read(&self) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        let path = self.path.clone();
        blocking(move || read(&path))
    }
}

/// A disk may take its time, and the runtime has other things to do meanwhile.
fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> BoxFuture<'static, Result<T, Fault>> {
    Box::pin(async move {
        let ended = tokio::task::spawn_blocking(work).await;
        ended.unwrap_or_else(|_| Err(Fault::new(FaultCode::JournalUnreadable, "the runtime is stopping")))
    })
}

/// One `write` of a whole line, and on the disk when this returns: a crash leaves at most a part of the last line.
fn append(path: &Path, line: &str) -> Result<(), Fault> {
    if let Some(folder) = path.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| unreadable(path, error))?;
    }
    let mut options = OpenOptions::new();
    let mut file = open(path, options.append(true).create(true).mode(0o600))?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
    written.map_err(|error| unreadable(path, error))
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let file = match open(path, OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(_) if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) => {
            return Ok(Vec::new());
        }
        Err(fault) => return Err(fault),
    };
    let mut bytes = Vec::new();
    let length = file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    if length as u64 > LIMIT {
        let detail = format!("`{}` is larger than 64 MiB", path.display());
        return Err(Fault::new(FaultCode::JournalUnreadable, detail));
    }
    Ok(bytes)
}

/// Refuses what is not a plain file of this user's alone: who can write it could make it say anything, and a link could lead anywhere.
fn open(path: &Path, options: &mut OpenOptions) -> Result<File, Fault> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let flags =
        i32::try_from(flags).map_err(|_| Fault::new(FaultCode::Internal, "open flags beyond 31 bits"))?;
    let file = options.custom_flags(flags).open(path).map_err(|error| unreadable(path, error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, error))?;
    let strange = match metadata {
        ref metadata if !metadata.is_file() => Some("is not a plain file"),
        ref metadata if metadata.uid() != rustix::process::geteuid().as_raw() => {
            Some("belongs to another user")
        }
        ref metadata if metadata.mode() & 0o077 != 0 => Some("is open to other users"),
        _ => None,
    };
    match strange {
        None => Ok(file),
        Some(what) => Err(Fault::new(FaultCode::JournalUnreadable, format!("`{}` {what}", path.display()))),
    }
}

fn unreadable(path: &Path, error: io::Error) -> Fault {
    Fault::new(FaultCode::JournalUnreadable, format!("`{}`", path.display())).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::FileJournal;
    use hallpass_core::FaultCode;
    use hallpass_lifecycle::rotation::Journal;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[tokio::test]
    async fn lines_are_appended_to_a_file_of_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rotations/queue-sync.jsonl");
        let journal = FileJournal::new(path.clone());
        assert_eq!(journal.read().await.unwrap(), b"", "there is none yet");
        journal.append("one\n").await.unwrap();
        journal.append("two\n").await.unwrap();
        assert_eq!(journal.read().await.unwrap(), b"one\ntwo\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn links_folders_and_open_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("open"), "").unwrap();
        fs::set_permissions(path("open"), fs::Permissions::from_mode(0o644)).unwrap();
        symlink("/dev/null", path("link")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        for name in ["open", "link", "folder"] {
            let journal = FileJournal::new(path(name));
            let codes = [
                journal.append("x\n").await.map_err(|fault| fault.code()),
                journal.read().await.map(drop).map_err(|fault| fault.code()),
            ];
            assert_eq!(codes, [Err(FaultCode::JournalUnreadable); 2], "{name}");
        }
        assert_eq!(fs::read(path("open")).unwrap(), b"");
    }
}
