//! Days, as people write them.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar in UTC, as `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Days since 1970-01-01.
    since_epoch: u64,
}

impl Day {
    /// The day on which an instant lies.
    #[must_use]
    pub fn of_millis(millis: u64) -> Self {
        Self { since_epoch: millis / MILLIS }
    }

    /// Its first instant, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn begins_ms(self) -> u64 {
        self.since_epoch.saturating_mul(MILLIS)
    }

    /// Year, month and day. The arithmetic counts in years that begin in March, so that the leap day comes last
    /// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
    fn civil(self) -> (u64, u64, u64) {
        let days = self.since_epoch + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        (year_of_era + era * 400 + u64::from(month <= 2), month, day)
    }

    fn of_civil(year: u64, month: u64, day: u64) -> Option<Self> {
        let year = if month <= 2 { year.checked_sub(1)? } else { year };
        let (era, of_era) = (year / 400, year % 400);
        let from_march = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * from_march + 2) / 5 + day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        days.checked_sub(719_468).map(|since_epoch| Self { since_epoch })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let expected = "expected a day such as 2026-11-22";
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(expected) };
        let number = |part: &str, width: usize| {
            let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u64>().ok().filter(|_| digits).ok_or(expected)
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        // What the calendar does not have comes out as another day than it went in.
        let found = Self::of_civil(year, month.clamp(1, 12), day.max(1)).ok_or(expected)?;
        if found.civil() == (year, month, day) { Ok(found) } else { Err("there is no such day") }
    }
}

const MILLIS: u64 = 24 * 60 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_are_read_and_written() {
        let cases = [(0, "1970-01-01"), (951_782_400_000, "2000-02-29"), (1_795_305_600_000, "2026-11-22")];
        for (millis, text) in cases {
            assert_eq!(Day::of_millis(millis).to_string(), text);
            assert_eq!(text.parse::<Day>().unwrap().begins_ms(), millis, "{text}");
            assert_eq!(Day::of_millis(millis + 86_399_999).to_string(), text);
        }
        for day in 0..200_000 {
            let day = Day::of_millis(day * 86_400_000);
            assert_eq!(day.to_string().parse(), Ok(day));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "x",
            "1969-12-31",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
