//! The whole of what a command did, as one text that a person can review.
//!
//! Exit code, stdout and stderr together: a message that moves from one stream to the other, or a success that says
//! something alarming, is a change worth seeing.
//!
//! ```
//! use std::time::Duration;
//! use hallpass_testkit::process::Launch;
//! use hallpass_testkit::snapshot::{self, Filters};
//!
//! let script = "echo up at http://127.0.0.1:39911; echo warned at 2026-01-31T10:20:30Z >&2";
//! let finished = Launch::new("sh").args(["-c", script]).run(Duration::from_secs(20)).expect("it runs");
//! assert_eq!(
//!     snapshot::text(&finished, &Filters::standard()),
//!     "exit: 0\n--- stdout\nup at http://127.0.0.1:[PORT]\n--- stderr\nwarned at [TIME]\n"
//! );
//! ```

use std::path::Path;

use crate::expectation::compare_with_file;
pub use crate::filters::Filters;
use crate::process::Finished;

/// Compares what a process left with a file; with `HALLPASS_BLESS=1` writes the file instead.
///
/// # Panics
///
/// Panics with the difference.
#[track_caller]
pub fn assert(path: impl AsRef<Path>, finished: &Finished, filters: &Filters) {
    assert_text(path, &text(finished, filters));
}

/// Compares any text with a file; with `HALLPASS_BLESS=1` writes the file instead.
///
/// # Panics
///
/// Panics with the difference.
#[track_caller]
pub fn assert_text(path: impl AsRef<Path>, actual: &str) {
    if let Err(mismatch) = compare_with_file(path, actual) {
        panic!("{mismatch}");
    }
}

/// Exit code and both streams as one text, with what changes from run to run replaced.
#[must_use]
pub fn text(finished: &Finished, filters: &Filters) -> String {
    let end = match (finished.code, finished.signal) {
        (Some(code), _) => format!("exit: {code}"),
        (None, Some(signal)) => format!("signal: {signal}"),
        (None, None) => "ended, nobody knows how".to_owned(),
    };
    let mut text = format!("{end}\n");
    for (name, stream) in [("stdout", &finished.stdout), ("stderr", &finished.stderr)] {
        text.push_str(&format!("--- {name}\n{}", filters.apply(stream)));
        if !text.ends_with('\n') {
            text.push_str("\\ no newline at the end\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(code: Option<i32>, stdout: &str, stderr: &str) -> Finished {
        Finished {
            code,
            signal: code.is_none().then_some(9),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        }
    }

    #[test]
    fn a_quiet_success_is_still_a_text() {
        assert_eq!(text(&finished(Some(0), "", ""), &Filters::none()), "exit: 0\n--- stdout\n--- stderr\n");
    }

    #[test]
    fn a_signal_and_a_missing_newline_are_seen() {
        let text = text(&finished(None, "half", ""), &Filters::none());
        assert_eq!(text, "signal: 9\n--- stdout\nhalf\\ no newline at the end\n--- stderr\n");
    }
}
