//! Comparing what came with what a file says should come.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{diff, variables};

/// Compares `actual` with the bytes of a file; with `HALLPASS_BLESS=1` writes the file instead.
///
/// # Errors
///
/// Returns a [`Mismatch`] that shows the difference, or says that the file cannot be read or written.
///
/// ```
/// let folder = tempfile::tempdir().expect("a place to write");
/// let file = folder.path().join("greeting.txt");
/// std::fs::write(&file, "hello\n").expect("a file to compare with");
/// assert!(hallpass_testkit::compare_with_file(&file, "hello\n").is_ok());
/// ```
pub fn compare_with_file(path: impl AsRef<Path>, actual: impl AsRef<[u8]>) -> Result<(), Mismatch> {
    let bless = variables::blessing();
    compare(path.as_ref(), actual.as_ref(), bless)
}

/// What a test expected is not what came.
#[derive(Debug)]
pub struct Mismatch {
    path: PathBuf,
    what: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.display(), self.what)
    }
}

impl std::error::Error for Mismatch {}

fn compare(path: &Path, actual: &[u8], bless: bool) -> Result<(), Mismatch> {
    let mismatch = |what| Err(Mismatch { path: path.to_owned(), what });
    if bless {
        let folder = path.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, actual));
        return written.or_else(|fault| mismatch(format!("cannot be written: {fault}")));
    }
    match fs::read(path) {
        Ok(expected) if expected == actual => Ok(()),
        Ok(expected) => mismatch(format!(
            "expected (-) is not what came (+); HALLPASS_BLESS=1 accepts it\n{}",
            show(&expected, actual)
        )),
        Err(fault) => {
            let came = String::from_utf8_lossy(actual);
            mismatch(format!("cannot be read ({fault}); HALLPASS_BLESS=1 writes it. What came:\n{came}"))
        }
    }
}

/// The difference of two texts, or the first place where bytes that are no text differ.
fn show(expected: &[u8], actual: &[u8]) -> String {
    if let (Ok(expected), Ok(actual)) = (str::from_utf8(expected), str::from_utf8(actual)) {
        return diff::lines(expected, actual);
    }
    let place = expected.iter().zip(actual).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| bytes[place..bytes.len().min(place + 24)].escape_ascii().to_string();
    format!("not text; byte {place}\n- {}\n+ {}\n", around(expected), around(actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("expected.txt");
        fs::write(&file, "one\ntwo\n").unwrap();
        let mismatch = compare(&file, b"one\n2\n", false).unwrap_err().to_string();
        assert!(mismatch.ends_with("  one\n- two\n+ 2\n"), "{mismatch}");
    }

    #[test]
    fn blessing_writes_what_came() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep").join("expected.txt");
        compare(&file, b"new\n", true).unwrap();
        compare(&file, b"new\n", false).unwrap();
    }

    #[test]
    fn a_missing_expectation_shows_what_came() {
        let folder = tempfile::tempdir().unwrap();
        let mismatch = compare(&folder.path().join("none"), b"came\n", false).unwrap_err().to_string();
        assert!(mismatch.contains("HALLPASS_BLESS=1 writes it. What came:\ncame\n"), "{mismatch}");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_from_their_first_difference() {
        assert_eq!(show(b"ab\xff\x00", b"ab\xfe"), "not text; byte 2\n- \\xff\\x00\n+ \\xfe\n");
    }
}
