//! The variables a person sets for a test run.
#![expect(clippy::disallowed_methods, reason = "the one place of this crate that reads the environment")]

use std::env;
use std::ffi::OsString;

/// Whether this run was asked for the larger size of each promise: `cargo xtask prove` sets `HALLPASS_PROVE=1`.
///
/// ```
/// let callers = if hallpass_testkit::proving() { 10_000 } else { 200 };
/// assert!(callers >= 200);
/// ```
#[must_use]
pub fn proving() -> bool {
    is_set("HALLPASS_PROVE")
}

/// Whether this run rewrites expectations instead of comparing with them.
pub(crate) fn blessing() -> bool {
    is_set("HALLPASS_BLESS")
}

/// Where programs are found; the one variable that a process cannot do without.
pub(crate) fn search_path() -> OsString {
    env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/local/bin:/usr/bin:/bin"))
}

/// Whether a variable holds something other than nothing and `0`.
fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}
