//! The files of a log as they stand at one moment, while others write to them and rename them.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

use super::files;

/// A file, and how far it is read: what is written from then on is another day's.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) path: PathBuf,
    /// Open where the name may go to another file meanwhile. A full one keeps its name, and a log may have more of them than a process may have open.
    file: Option<File>,
    /// Bytes; without end for what is no plain file, such as a pipe.
    limit: Option<u64>,
}

/// The file at `path` and those that gave way to it, the oldest first.
///
/// A process may rename the file between the look at the folder and the opening, and would so hide it. So the folder is looked at again afterwards.
///
/// # Errors
/// What came in the way, with the file that it was about.
pub(super) fn log(path: &Path) -> Result<Vec<Opened>, (PathBuf, io::Error)> {
    let rotated = || files::rotated(path).map_err(|error| (path.to_owned(), error));
    let mut before = rotated()?;
    // A log that rolls faster than this looks is read as it was found.
    for last in (0..TRIES).map(|nth| nth + 1 == TRIES) {
        let live = match Opened::held(path.to_owned()) {
            Err((_, error)) if error.kind() == io::ErrorKind::NotFound && !before.is_empty() => None,
            live => Some(live?),
        };
        let opened: Result<Vec<_>, _> =
            before.iter().rev().map(|(_, path)| Opened::full(path.clone())).collect();
        let after = rotated()?;
        if after == before || last {
            let mut all = opened?;
            all.reverse();
            all.extend(live);
            return Ok(all);
        }
        before = after;
    }
    Ok(Vec::new())
}

/// These files, the oldest first.
///
/// # Errors
/// As [`log`].
pub(super) fn named(paths: &[PathBuf]) -> Result<Vec<Opened>, (PathBuf, io::Error)> {
    let mut all = paths.iter().rev().map(|path| Opened::held(path.clone())).collect::<Result<Vec<_>, _>>()?;
    all.reverse();
    Ok(all)
}

impl Opened {
    fn full(path: PathBuf) -> Result<Self, (PathBuf, io::Error)> {
        Self::held(path).map(|one| Self { file: None, ..one })
    }

    /// The newest file is to be opened first: a process that goes on in a newer one wrote its line in the older one before, so that line is within the older one's
    /// length, which is looked at later.
    fn held(path: PathBuf) -> Result<Self, (PathBuf, io::Error)> {
        let open = || {
            let file = File::open(&path)?;
            let found: Metadata = file.metadata()?;
            if found.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok((file, found.is_file().then_some(found.len())))
        };
        match open() {
            Ok((file, limit)) => Ok(Self { path, file: Some(file), limit }),
            Err(error) => Err((path, error)),
        }
    }

    /// How many bytes will be read; none are known of what is no plain file.
    pub(super) fn length(&self) -> u64 {
        self.limit.unwrap_or_default()
    }

    /// What stands in it, from the beginning.
    ///
    /// # Errors
    /// What came in the way.
    pub(super) fn content(&self) -> io::Result<BufReader<Take<File>>> {
        let mut file = match &self.file {
            Some(file) => file.try_clone()?,
            None => File::open(&self.path)?,
        };
        if self.limit.is_some() {
            file.seek(SeekFrom::Start(0))?;
        }
        Ok(BufReader::with_capacity(BUFFER, file.take(self.limit.unwrap_or(u64::MAX))))
    }
}

const TRIES: u32 = 100;
const BUFFER: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::{Opened, log, named};
    use std::fs;
    use std::io::{ErrorKind, Read};

    fn text(all: &[Opened]) -> String {
        let mut text = String::new();
        for one in all {
            one.content().unwrap().read_to_string(&mut text).unwrap();
            text.push('|');
        }
        text
    }

    #[test]
    fn what_is_written_and_renamed_afterwards_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = |end: &str| folder.path().join(format!("audit.jsonl{end}"));
        fs::write(path(".000001"), "a\n").unwrap();
        fs::write(path(""), "b\n").unwrap();
        let opened = log(&path("")).unwrap();
        fs::rename(path(""), path(".000002")).unwrap();
        fs::write(path(".000002"), "b\nlate\n").unwrap();
        fs::write(path(""), "c\n").unwrap();
        for _ in 0..2 {
            assert_eq!(text(&opened), "a\n|b\n|");
        }
        assert_eq!(opened.iter().map(Opened::length).sum::<u64>(), 4);
        assert_eq!(text(&log(&path("")).unwrap()), "a\n|b\nlate\n|c\n|");
    }

    #[test]
    fn between_two_files_there_may_be_none_to_write_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let kind = |path: &std::path::Path| log(path).unwrap_err().1.kind();
        assert_eq!(kind(&path), ErrorKind::NotFound);
        fs::write(folder.path().join("audit.jsonl.000001"), "a\n").unwrap();
        assert_eq!(text(&log(&path).unwrap()), "a\n|");
        fs::create_dir(&path).unwrap();
        assert_eq!(kind(&path), ErrorKind::IsADirectory);
        assert_eq!(named(std::slice::from_ref(&path)).unwrap_err().0, path);
    }
}
