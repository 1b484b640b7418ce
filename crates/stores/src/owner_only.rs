//! Reading files that nobody but their owner may touch.
//!
//! A file is opened first and judged by what was opened, so that nothing can be swapped in between. Opening never blocks: a fifo
//! without a writer is refused instead of waited for.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use hallpass_core::{Fault, FaultCode};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

/// The whole content of the regular file at `path`, or `None` when there is nothing. Symbolic links are followed; the file they
/// lead to is the one that is judged.
///
/// # Errors
/// `permissions-too-open` when group or others may do anything with it; `store-unreadable` when it is not a regular file, is larger
/// than `limit` bytes, or cannot be read.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
    let unreadable = |error| Fault::new(FaultCode::StoreUnreadable, shown(path)).with_source(error);
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    judge(path, &metadata, limit)?;
    // Room for all of it at once: a buffer that grows leaves copies behind that nobody wipes.
    let room = usize::try_from(metadata.len().min(limit)).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        return Ok(Some(bytes));
    }
    Err(too_large(path, limit))
}

/// Gives `file` the owner that `model` has, when that is somebody else: what root writes must stay readable for the
/// account that runs the sidecar. Without a `model` there is nothing to do.
///
/// # Errors
/// What the operating system says.
pub(crate) fn adopt_owner(file: &File, model: &Path) -> io::Result<()> {
    let model = match std::fs::metadata(model) {
        Ok(model) => model,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    // The group alone is no reason: it has no rights here, and not everybody may give a file to it.
    if file.metadata()?.uid() == model.uid() {
        return Ok(());
    }
    fchown(file, Some(model.uid()), Some(model.gid()))
}

/// `path` as details name it.
pub(crate) fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let flags = i32::try_from(flags).map_err(|_| io::ErrorKind::Unsupported)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn judge(path: &Path, metadata: &Metadata, limit: u64) -> Result<(), Fault> {
    if !metadata.is_file() {
        let detail = format!("{} is not a regular file", shown(path));
        return Err(Fault::new(FaultCode::StoreUnreadable, detail).with_hint("name a regular file"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let detail = format!("{} has mode {mode:04o}", shown(path));
        let hint = format!("run `chmod 600 {}`", path.display());
        return Err(Fault::new(FaultCode::PermissionsTooOpen, detail).with_hint(hint));
    }
    if metadata.len() > limit { Err(too_large(path, limit)) } else { Ok(()) }
}

fn too_large(path: &Path, limit: u64) -> Fault {
    let detail = format!("{} is larger than {limit} bytes", shown(path));
    Fault::new(FaultCode::StoreUnreadable, detail).with_hint("name the file that holds the secret")
}
