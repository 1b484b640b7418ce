//! The pass: what callers show, and the file they find it in.
//!
//! ```text
//!   new file beside it, mode 0400, locked ──▶ moved to its name ──▶ (serving) ──▶ removed
//! ```
//!
//! The file is locked by the process whose pass it holds, for as long as that lives: the kernel lets go of a lock when its process dies, however
//! it dies. So a file that can be locked is stale and is replaced, and one that cannot belongs to a living gateway and is left alone:
//! replacing it would cut that gateway's callers off. A file with a process id in it could not tell, since ids are used again.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hallpass_core::sync::{AtomicU64, Ordering};
use hallpass_core::{Fault, FaultCode, Randomness, Secret};

/// Tells apart the files that one process makes.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Draws a pass: 256 bits as 43 characters that need no escaping in a header, a URL or a shell.
pub(crate) fn draw(randomness: &dyn Randomness) -> Secret {
    let mut bytes = vec![0; 32];
    randomness.fill(&mut bytes);
    let bytes = Secret::new(bytes);
    let mut text = vec![0; 43];
    let written = BASE64_URL_SAFE_NO_PAD.encode_slice(bytes.expose(), &mut text);
    debug_assert_eq!(written.ok(), Some(43));
    Secret::new(text)
}

/// The file with the pass of a living gateway. Dropping it removes the file.
#[derive(Debug)]
pub(crate) struct PassFile {
    path: PathBuf,
    // Held for its lock.
    file: File,
}

impl PassFile {
    /// Writes `pass` to `path`: readable by its owner, and by the members of `group` if there is one. A missing folder is made, for the owner
    /// alone unless there is a group.
    ///
    /// If the process dies meanwhile, a file with a name of its own may stay behind, whose pass opens nothing any more.
    ///
    /// # Errors
    /// `listen-failed` when a living gateway holds that file, or it cannot be written.
    pub(crate) fn create(path: &Path, group: Option<u32>, pass: &Secret) -> Result<Self, Fault> {
        let failed = |error: io::Error| {
            let detail = format!("the pass file `{}`", path.display());
            let hint = "name a place that this user can write in `sidecar.pass_file`";
            Fault::new(FaultCode::ListenFailed, detail).with_hint(hint).with_source(error)
        };
        make_folder(path, group).map_err(failed)?;
        let stale = match take_over(path).map_err(failed)? {
            Present::Nothing => None,
            Present::Stale(file) => Some(file),
            Present::Alive => return Err(held(path)),
        };
        let first = stale.is_none();
        let file = match write_beside(path, group, pass, first) {
            Err(error) if first && error.kind() == ErrorKind::AlreadyExists => return Err(held(path)),
            written => written.map_err(failed)?,
        };
        drop(stale);
        Ok(Self { path: path.to_owned(), file })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PassFile {
    fn drop(&mut self) {
        // Somebody may have put another in its place by hand; that one is not ours to remove.
        if is_at(&self.file, &self.path).unwrap_or(false)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the pass file could not be removed");
        }
    }
}

fn held(path: &Path) -> Fault {
    let detail = format!("another gateway holds the pass file `{}`", path.display());
    let hint = "stop that one, or name another file in `sidecar.pass_file`";
    Fault::new(FaultCode::ListenFailed, detail).with_hint(hint)
}

enum Present {
    Nothing,
    /// Left by a dead process; locked by us now, so that of two who start at once only one goes on.
    Stale(File),
    Alive,
}

fn take_over(path: &Path) -> io::Result<Present> {
    loop {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Present::Nothing),
            Err(error) => return Err(error),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "something that is no file has this name"));
        }
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(Present::Alive),
            Err(TryLockError::Error(error)) => return Err(error),
            // Between opening and locking it may have been replaced: then the lock is on a file that nobody sees.
            Ok(()) if is_at(&file, path)? => return Ok(Present::Stale(file)),
            Ok(()) => {}
        }
    }
}

/// `first`: nothing was there, so nothing may be there when the file gets its name; of two who start at once one learns that it was second.
fn write_beside(path: &Path, group: Option<u32>, pass: &Secret, first: bool) -> io::Result<File> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(name);
    drop(fs::remove_file(&beside));
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o400).open(&beside)?;
    let written = file.write_all(pass.expose()).and_then(|()| {
        if let Some(group) = group {
            fchown(&file, None, Some(group))?;
            file.set_permissions(Permissions::from_mode(0o440))?;
        }
        file.try_lock()?;
        if first { publish(&beside, path) } else { fs::rename(&beside, path) }
    });
    match written {
        Ok(()) => Ok(file),
        Err(error) => {
            drop(fs::remove_file(&beside));
            Err(error)
        }
    }
}

/// Gives the file its name if nobody has it, which a rename would not tell. Where a file system has no links, a rename must do.
fn publish(beside: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(beside, path) {
        Ok(()) => fs::remove_file(beside),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::rename(beside, path),
    }
}

fn make_folder(path: &Path, group: Option<u32>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let mode = if group.is_some() { 0o755 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(folder)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::metadata(path) {
        Ok(present) => Ok((present.dev(), present.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{PassFile, draw};
    use hallpass_core::{FaultCode, Secret};
    use hallpass_outbound::OsRandomness;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_pass_is_43_plain_characters_and_never_the_same() {
        let (one, other) = (draw(&OsRandomness), draw(&OsRandomness));
        assert_eq!(one.len(), 43);
        assert!(one.expose().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)));
        assert_ne!(one, other);
    }

    #[test]
    fn a_pass_file_is_private_and_goes_with_its_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/pass");
        let file = PassFile::create(&path, None, &Secret::from("pass")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read(file.path()).unwrap(), b"pass");
        drop(file);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0, "nothing stays behind");
    }

    #[test]
    fn the_file_of_a_living_gateway_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        let first = PassFile::create(&path, None, &Secret::from("first")).unwrap();
        let fault = PassFile::create(&path, None, &Secret::from("second")).unwrap_err();
        assert_eq!(fault.code(), FaultCode::ListenFailed);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        drop(first);
        assert!(PassFile::create(&path, None, &Secret::from("second")).is_ok());
    }

    #[test]
    fn the_file_of_a_dead_gateway_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        fs::write(&path, "stale").unwrap();
        let file = PassFile::create(&path, None, &Secret::from("fresh")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"fresh");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "by hand").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"by hand");
    }

    #[test]
    fn of_gateways_that_start_together_one_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = folder.path().join(format!("pass-{round}"));
            let together = std::sync::Barrier::new(4);
            let made: Vec<_> = std::thread::scope(|scope| {
                let start = || {
                    together.wait();
                    PassFile::create(&path, None, &Secret::from("x"))
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "round {round}");
            drop(made);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
        }
    }
}
