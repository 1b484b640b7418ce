//! The one file of this program that reads its environment, its arguments and the clock.
#![expect(clippy::disallowed_methods, reason = "the only door to the process environment and the real clock")]

use std::env;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What was typed after `cargo xtask`.
pub(crate) fn arguments() -> Vec<String> {
    env::args().skip(1).collect()
}

/// The value of a variable, if it is set to readable text.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Whether this is a build machine, where leaving something out must not look like success.
pub(crate) fn is_ci() -> bool {
    variable("CI").is_some_and(|value| value == "true" || value == "1")
}

/// Variables that `cargo run` sets for us and that a cargo started by us must not see.
///
/// Some build scripts (that of `ring`, for one) ask to run again when `CARGO_MANIFEST_DIR` or a `CARGO_PKG_*` changes:
/// with these inherited, every switch between `cargo xtask test` and a plain `cargo test` would rebuild them.
pub(crate) fn set_by_cargo_run() -> Vec<String> {
    let ours = |name: &str| {
        name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || matches!(name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE")
    };
    env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| ours(name)).collect()
}

/// Measures how long something took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts counting.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// The time since the start, for people: `0.4 s`, `3 min 12 s`.
    pub(crate) fn shown(self) -> String {
        shown(self.elapsed())
    }
}

/// Today in Coordinated Universal Time, as `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    civil_date(since_epoch.as_secs() / 86_400)
}

fn shown(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds < 60 {
        format!("{:.1} s", elapsed.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// The Gregorian date that many days after 1970-01-01, by walking the years: no table to get wrong.
fn civil_date(mut days: u64) -> String {
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_the_epoch_become_a_date() {
        assert_eq!(civil_date(0), "1970-01-01");
        assert_eq!(civil_date(11_016), "2000-02-29");
        assert_eq!(civil_date(19_782), "2024-02-29");
        assert_eq!(civil_date(20_453), "2025-12-31");
    }

    #[test]
    fn a_duration_is_shown_for_people() {
        assert_eq!(shown(Duration::from_millis(440)), "0.4 s");
        assert_eq!(shown(Duration::from_secs(192)), "3 min 12 s");
    }
}
