//! A day, as people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A day of the proleptic Gregorian calendar, in UTC, from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u32);

/// Why a text is not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a day such as 2027-03-31")]
pub struct DateFault;

impl Date {
    /// The day on which `since_epoch` falls.
    #[must_use]
    pub fn of(since_epoch: Duration) -> Self {
        Self(u32::try_from(since_epoch.as_secs() / DAY).unwrap_or(u32::MAX))
    }

    /// How many days this is after `earlier`; negative if it is before.
    #[must_use]
    pub fn days_after(self, earlier: Self) -> i64 {
        i64::from(self.0) - i64::from(earlier.0)
    }
}

impl FromStr for Date {
    type Err = DateFault;

    fn from_str(text: &str) -> Result<Self, DateFault> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(DateFault);
        }
        let number = |part: &str| part.parse::<u32>().map_err(|_| DateFault);
        let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
        if year < 1970 || !(1..=12).contains(&month) || !(1..=length(year, month)).contains(&day) {
            return Err(DateFault);
        }
        let years: u32 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
        let months: u32 = (1..month).map(|month| length(year, month)).sum();
        Ok(Self(years + months + day - 1))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut year, mut rest) = (1970, self.0);
        while rest >= 365 + u32::from(is_leap(year)) && year < 10_000 {
            rest -= 365 + u32::from(is_leap(year));
            year += 1;
        }
        let mut month = 1;
        while month < 12 && rest >= length(year, month) {
            rest -= length(year, month);
            month += 1;
        }
        write!(f, "{year:04}-{month:02}-{:02}", rest + 1)
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn length(year: u32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::Date;
    use std::time::Duration;

    #[test]
    fn days_are_read_and_written() {
        for (text, days) in
            [("1970-01-01", 0), ("1972-02-29", 789), ("2000-03-01", 11_017), ("2026-11-22", 20_779)]
        {
            let date: Date = text.parse().unwrap();
            assert_eq!(date, Date::of(Duration::from_secs(days * 86_400 + 86_399)), "{text}");
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn every_day_of_two_centuries_is_the_same_when_it_is_read_again() {
        for days in 0..73_000 {
            let date = Date(days);
            assert_eq!(date.to_string().parse(), Ok(date));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "2026-01-01T",
            "+026-01-01",
            "1969-12-31",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
