//! Dates as the platforms' JSON has them.

use std::time::Duration;

/// The time since the Unix epoch of an RFC 3339 date such as `2026-01-31T12:00:00.000Z`; `None` for what is none, and for dates before 1970.
/// `+0000` without a colon, as some Java servers write it, is read, too.
pub(crate) fn since_epoch(text: &str) -> Option<Duration> {
    let (date, rest) = text.trim().split_once(['T', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let (time, offset) = split_offset(rest)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hour, minute, second] = numbers(time, ':')?;
    // 60 is a leap second.
    if !(1970..10_000).contains(&year) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_since_epoch(year, month, day)?;
    let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let seconds = u64::try_from(local - offset).ok()?;
    Some(Duration::new(seconds, nanos(fraction)?))
}

/// The time of day and the seconds it is ahead of UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = text.rfind(['+', '-'])?;
    let (time, offset) = text.split_at(at);
    let digits: String = offset[1..].chars().filter(|c| *c != ':').collect();
    let whole = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = whole.then(|| digits.parse().ok()).flatten()?;
    let seconds = (number / 100) * 3_600 + (number % 100) * 60;
    Some((time, if offset.starts_with('-') { -seconds } else { seconds }))
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

fn nanos(fraction: &str) -> Option<u32> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().ok()
}

/// Years that begin in March have their leap day at the end, which makes the sum below one expression.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::since_epoch;
    use std::time::Duration;

    #[test]
    fn dates_of_both_platforms_are_read() {
        let noon = Some(Duration::from_secs(1_767_268_800));
        for text in [
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00.000Z",
            "2026-01-01 12:00:00Z",
            "2026-01-01T14:00:00+02:00",
            "2026-01-01T12:00:00.0+0000",
            "2026-01-01T06:30:00-0530",
        ] {
            assert_eq!(since_epoch(text), noon, "{text}");
        }
        assert_eq!(since_epoch("1970-01-01T00:00:00Z"), Some(Duration::ZERO));
        assert_eq!(since_epoch("2000-02-29T00:00:00.5Z"), Some(Duration::from_millis(951_782_400_500)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026-01-01",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.xZ",
            "2026-01-01T00:00:00+é:00",
            "1969-12-31T00:00:00Z",
            "1970-01-01T00:00:00+01:00",
            "2026-01-01-01T00:00:00Z",
        ] {
            assert_eq!(since_epoch(text), None, "{text}");
        }
    }
}
