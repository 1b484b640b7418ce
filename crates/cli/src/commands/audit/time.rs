//! Points in time, as people and auditors write them: `2026-11-22T21:10:12.345Z`.

/// Milliseconds since the Unix epoch as a time in UTC.
pub(super) fn shown(at_ms: u64) -> String {
    let (days, rest) = (at_ms / DAY_MS, at_ms % DAY_MS);
    let (year, month, day) = date(days);
    let (hour, minute, second, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// A time as a flag says it: a date, a time in UTC, or how long ago.
///
/// # Errors
/// What was expected, in words.
pub(super) fn read(text: &str) -> Result<Point, String> {
    let point = ago(text).map(Point::Ago).or_else(|| absolute(text).map(Point::At));
    point.ok_or_else(|| "expected 2026-11-22, 2026-11-22T21:10:00Z, or how long ago: 30m, 24h, 7d".to_owned())
}

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// Milliseconds since the Unix epoch.
    At(u64),
    /// So many milliseconds before now.
    Ago(u64),
}

impl Point {
    /// In milliseconds since the Unix epoch.
    pub(super) fn since_epoch(self, now_ms: u64) -> u64 {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now_ms.saturating_sub(ago),
        }
    }
}

fn ago(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        _ => return None,
    };
    digits(number)?.checked_mul(factor)
}

fn absolute(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if date.len() != 10 || !(1970..=9999).contains(&year) {
        return None;
    }
    let days = days(year, month, day);
    if self::date(days) != (year, month, day) {
        return None;
    }
    let Some(time) = time else { return Some(days * DAY_MS) };
    let mut parts = time.strip_suffix('Z')?.splitn(3, ':').map(digits);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    (hour < 24 && minute < 60 && second < 60)
        .then_some(days * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000)
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Days since 1970-01-01 of a date, from Howard Hinnant's "chrono-compatible low-level date algorithms". Years begin in March there, so that the leap day is the last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.saturating_sub(1);
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).saturating_sub(719_468)
}

/// The date so many days after 1970-01-01, from the same source.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + u64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::{Point, read, shown};

    #[test]
    fn a_time_is_read_back_as_it_is_shown() {
        assert_eq!(shown(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(shown(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        for day in 0..80_000_u64 {
            let text = shown(day * 86_400_000 + 3_661_000);
            let plain = text.replace(".000Z", "Z");
            assert_eq!(read(&plain), Ok(Point::At(day * 86_400_000 + 3_661_000)), "{text}");
        }
        assert_eq!(shown(1_709_164_800_000), "2024-02-29T00:00:00.000Z", "a leap day");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(read("24h"), Ok(Point::Ago(86_400_000)));
        assert_eq!(Point::Ago(10).since_epoch(4), 0);
        for text in [
            "",
            "h",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "2026-00-10",
            "2026-01-00",
            "24x",
            "-1h",
            "2026-01-01T25:00Z",
            "1969-01-01",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
