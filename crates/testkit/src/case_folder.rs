//! Tests as folders: each folder is a case, its files are the input and the expectation.
//!
//! ```text
//! tests/cases/unknown_key/hallpass.toml     input
//! tests/cases/unknown_key/expected.txt      what must come
//! tests/cases/two_faults/...
//! ```
//!
//! One function runs them all and reports every case that failed, not only the first. A case is added without Rust:
//! make the folder, run the test with `HALLPASS_BLESS=1`, and read what was written.
//!
//! ```
//! use hallpass_testkit::case_folder;
//!
//! let root = tempfile::tempdir().expect("a place to write");
//! std::fs::create_dir(root.path().join("shouting")).expect("a case");
//! std::fs::write(root.path().join("shouting/input.txt"), "hello").expect("its input");
//! std::fs::write(root.path().join("shouting/expected.txt"), "HELLO").expect("its expectation");
//!
//! case_folder::each(root.path(), |case| {
//!     let answer = case.text("input.txt")?.to_uppercase();
//!     case.expect("expected.txt", &answer)
//! });
//! ```

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::expectation::compare_with_file;

/// What a case may end with: anything that says what went wrong.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Runs `check` for every folder directly below `root`, in order of name.
///
/// # Panics
///
/// Panics when a case fails, naming every one that did, and when there is no case at all: a test that found nothing to
/// do has proved nothing.
#[track_caller]
pub fn each(root: impl AsRef<Path>, mut check: impl FnMut(&Case) -> Outcome) {
    let root = root.as_ref();
    let cases = match cases(root) {
        Ok(cases) if cases.is_empty() => panic!("{}: no case folders", root.display()),
        Ok(cases) => cases,
        Err(fault) => panic!("{}: {fault}", root.display()),
    };
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| check(case).err().map(|fault| format!("case `{}`: {fault}", case.name())))
        .collect();
    if !failed.is_empty() {
        panic!("{} of {} cases failed\n\n{}", failed.len(), cases.len(), failed.join("\n\n"));
    }
}

/// One folder.
#[derive(Debug, Clone)]
pub struct Case {
    name: String,
    path: PathBuf,
}

impl Case {
    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the case, as text.
    ///
    /// # Errors
    ///
    /// Fails, naming the file, when it is missing or not UTF-8.
    pub fn text(&self, file: &str) -> Outcome<String> {
        let path = self.path.join(file);
        fs::read_to_string(&path).map_err(|fault| format!("{}: {fault}", path.display()).into())
    }

    /// A file of the case that not every case has, as text.
    ///
    /// # Errors
    ///
    /// Fails, naming the file, when it is there and cannot be read.
    pub fn optional_text(&self, file: &str) -> Outcome<Option<String>> {
        let path = self.path.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(format!("{}: {fault}", path.display()).into()),
        }
    }

    /// A file of the case, as bytes.
    ///
    /// # Errors
    ///
    /// Fails, naming the file, when it cannot be read.
    pub fn bytes(&self, file: &str) -> Outcome<Vec<u8>> {
        let path = self.path.join(file);
        fs::read(&path).map_err(|fault| format!("{}: {fault}", path.display()).into())
    }

    /// Compares what came with a file of the case; with `HALLPASS_BLESS=1` writes the file instead.
    ///
    /// # Errors
    ///
    /// Fails with a readable difference.
    pub fn expect(&self, file: &str, actual: impl AsRef<[u8]>) -> Outcome {
        Ok(compare_with_file(self.path.join(file), actual)?)
    }
}

fn cases(root: &Path) -> std::io::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            cases.push(Case { name: entry.file_name().to_string_lossy().into_owned(), path: entry.path() });
        }
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// Folders with one file each.
    fn folders(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn complaint(run: impl FnOnce()) -> String {
        let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    }

    #[test]
    fn cases_run_in_order_of_name_and_files_beside_them_do_not() {
        let root = folders(&[("b/in", "2"), ("a/in", "1"), ("README.md", "")]);
        let mut seen = Vec::new();
        each(root.path(), |case| {
            seen.push((case.name().to_owned(), case.text("in")?, case.optional_text("none")?));
            Ok(())
        });
        assert_eq!(seen, [("a".to_owned(), "1".to_owned(), None), ("b".to_owned(), "2".to_owned(), None)]);
    }

    #[test]
    fn every_failed_case_is_reported() {
        let root = folders(&[("a/out", "1"), ("b/out", "2"), ("c/out", "3")]);
        let is_two = |case: &Case| if case.text("out")? == "2" { Ok(()) } else { Err("not two".into()) };
        let complaint = complaint(|| each(root.path(), is_two));
        assert!(complaint.starts_with("2 of 3 cases failed"), "{complaint}");
        assert!(complaint.contains("case `a`") && complaint.contains("case `c`"), "{complaint}");
        assert!(!complaint.contains("case `b`"), "{complaint}");
    }

    #[test]
    fn a_folder_without_cases_fails() {
        let root = folders(&[("README.md", "")]);
        assert!(complaint(|| each(root.path(), |_| Ok(()))).ends_with("no case folders"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let root = folders(&[("a/in", "1")]);
        let complaint = complaint(|| each(root.path(), |case| case.bytes("other").map(|_| ())));
        assert!(complaint.contains("a/other: "), "{complaint}");
    }
}
