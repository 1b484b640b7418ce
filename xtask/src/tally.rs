//! Counting: what passed, what failed, what was left out.

use std::fmt;
use std::ops::AddAssign;

/// How a run went, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Held.
    pub(crate) passed: usize,
    /// Did not hold.
    pub(crate) failed: usize,
    /// Was not tried.
    pub(crate) skipped: usize,
}

impl Tally {
    /// One check that held.
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One check that did not.
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// That many checks that were not tried.
    pub(crate) fn skipped(count: usize) -> Self {
        Self { skipped: count, ..Self::default() }
    }

    /// Whether the run counts as good; where `strict`, leaving something out does not.
    pub(crate) fn is_good(self, strict: bool) -> bool {
        self.failed == 0 && !(strict && self.skipped > 0)
    }

    /// Reads a summary line of cargo's test harness; any other line counts nothing.
    ///
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`
    pub(crate) fn of_cargo_line(line: &str) -> Self {
        let Some(summary) = line.trim_start().strip_prefix("test result: ") else { return Self::default() };
        let Some((_, counts)) = summary.split_once(". ") else { return Self::default() };
        let count = |word: &str| {
            let fields = counts.split(';').map(str::trim);
            let number = fields.filter_map(|field| field.strip_suffix(word)).next();
            number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        Self { passed: count(" passed"), failed: count(" failed"), skipped: count(" ignored") }
    }

    /// Reads a line of an interop script: `ok NAME`, `not ok NAME: why`, `skip NAME: why`.
    pub(crate) fn of_script_line(line: &str) -> Self {
        if line.starts_with("ok ") {
            Self::PASSED
        } else if line.starts_with("not ok ") {
            Self::FAILED
        } else if line.starts_with("skip ") {
            Self::skipped(1)
        } else {
            Self::default()
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_cargo_is_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 40 filtered out; finished in 0.00s";
        assert_eq!(Tally::of_cargo_line(line), Tally { passed: 12, failed: 2, skipped: 1 });
    }

    #[test]
    fn other_lines_of_cargo_count_nothing() {
        for line in ["", "test a::b ... ok", "test result: ", "running 3 tests", "failures:"] {
            assert_eq!(Tally::of_cargo_line(line), Tally::default(), "{line}");
        }
    }

    #[test]
    fn lines_of_a_script_are_counted_by_their_first_word() {
        let mut tally = Tally::default();
        for line in ["ok login", "not ok call: 401", "skip upload: no network", "okay then", "starting"] {
            tally += Tally::of_script_line(line);
        }
        assert_eq!(tally, Tally { passed: 1, failed: 1, skipped: 1 });
    }

    #[test]
    fn the_last_line_reads_as_promised() {
        assert_eq!(Tally { passed: 7, failed: 0, skipped: 2 }.to_string(), "7 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn a_skip_is_a_failure_only_where_nothing_may_be_left_out() {
        let tally = Tally { passed: 7, failed: 0, skipped: 2 };
        assert!(tally.is_good(false));
        assert!(!tally.is_good(true));
    }
}
