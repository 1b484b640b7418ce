//! Replacing a file so that a crash at any moment leaves the old content or the new, whole.
//!
//! ```text
//!   remove a leftover ─▶ create (0600) ─▶ write ─▶ fsync ─▶ rename over the old one ─▶ fsync the directory
//! ```
//!
//! Without the first fsync a crash may keep the rename and lose the content; without the second it may lose the rename after we
//! said it was done. The new file's name is fixed: the lock admits one writer, so whatever has that name is the leftover of one
//! that died, and leftovers cannot pile up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hallpass_core::{Fault, FaultCode};

use crate::owner_only::{adopt_owner, shown};

/// Replaces the content of `path` by `bytes`, durably. The caller holds the writer's lock.
///
/// # Errors
/// `store-unwritable`. The old content is intact, unless the very last step failed: the detail says so then.
pub(super) fn replace(disk: &impl Disk, path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let new = path_of_new(path);
    let prepared = prepare(disk, path, &new, bytes).and_then(|()| disk.rename(&new, path));
    if let Err(error) = prepared {
        // What cannot be removed now is removed by the next write.
        drop(disk.remove(&new));
        return Err(unwritable(shown(path), error));
    }
    let detail =
        format!("{}: the new content is there, but the disk did not confirm that it will stay", shown(path));
    disk.sync_directory(path).map_err(|error| unwritable(detail, error))
}

/// The steps of a replacement, each one system call: a seam to fail or stop at every one of them.
pub(super) trait Disk {
    /// A file that was created and can be written.
    type New;

    /// Creates `path`, which must not exist, for nobody but the owner of `model`.
    fn create(&self, path: &Path, model: &Path) -> io::Result<Self::New>;

    /// Writes all of `bytes`.
    fn write(&self, file: &mut Self::New, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written durable.
    fn sync(&self, file: &Self::New) -> io::Result<()>;

    /// Puts `from` in the place of `to`, in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes creations and renames beside `path` durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// Removes `path`; one that does not exist is removed already.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The machine's disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    type New = File;

    fn create(&self, path: &Path, model: &Path) -> io::Result<File> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        adopt_owner(&file, model)?;
        Ok(file)
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        sync_parent(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// Makes creations and renames in the directory of `path` durable. Filesystems that do not know how are taken at their word.
///
/// # Errors
/// What the operating system says.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match File::open(parent.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        done => done,
    }
}

fn prepare(disk: &impl Disk, path: &Path, new: &Path, bytes: &[u8]) -> io::Result<()> {
    disk.remove(new)?;
    let mut file = disk.create(new, path)?;
    disk.write(&mut file, bytes)?;
    disk.sync(&file)
}

fn unwritable(detail: String, error: io::Error) -> Fault {
    Fault::new(FaultCode::StoreUnwritable, detail).with_source(error)
}

fn path_of_new(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".hallpass-new");
    name.into()
}

#[cfg(test)]
mod tests;
