//! The few questions a configuration asks the file system, so that tests need none.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a configuration needs to know about files.
pub trait Files: Send + Sync + fmt::Debug {
    /// The content of `path`, but at most `limit` + 1 bytes of it: one more than the limit says that it is longer.
    ///
    /// # Errors
    /// As the operating system says.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// The permission bits of `path`, symbolic links followed.
    ///
    /// # Errors
    /// As the operating system says.
    fn mode(&self, path: &Path) -> io::Result<u32>;
}

/// The machine's own files.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineFiles;

impl Files for MachineFiles {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        Ok(content)
    }

    fn mode(&self, path: &Path) -> io::Result<u32> {
        Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
    }
}
