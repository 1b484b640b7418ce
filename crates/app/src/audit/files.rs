//! What the files of a log are called: `audit.jsonl` is written to, `audit.jsonl.000001` was the first to be full.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The files that gave way to `path`, the oldest first, with their numbers.
pub(crate) fn rotated(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        let number = file.file_name().to_str().and_then(|other| {
            let digits = other.strip_prefix(name)?.strip_prefix('.')?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        });
        found.extend(number.map(|number| (number, file.path())));
    }
    found.sort_unstable();
    Ok(found)
}

/// The name of the file with that number.
pub(crate) fn numbered(path: &Path, number: u64) -> PathBuf {
    beside(path, &format!(".{number:06}"))
}

/// The file whose lock says who renames.
pub(crate) fn lock_beside(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
