//! The emulator's own clock: a settable start, real time on top if wished, and jumps that tests order.
//!
//! It is the only file that may look at a real clock.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;

use crate::settings::ClockSettings;

/// Time as the emulated platform sees it.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Duration,
    real: Option<Instant>,
    /// The sum of all jumps. A watch, so that whoever waits on this clock hears of a jump.
    jumped: watch::Sender<Duration>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the emulator hands out")]
    pub(crate) fn new(settings: ClockSettings) -> Self {
        let (start, real) = match settings {
            ClockSettings::Real => {
                let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                (start, Some(Instant::now()))
            }
            ClockSettings::StartingAt(seconds) => (Duration::from_secs(seconds), Some(Instant::now())),
            ClockSettings::Frozen(seconds) => (Duration::from_secs(seconds), None),
        };
        Self { start, real, jumped: watch::Sender::new(Duration::ZERO) }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that the emulator hands out")]
    pub(crate) fn now(&self) -> Moment {
        let followed = self.real.map_or(Duration::ZERO, |since| since.elapsed());
        Moment(self.start + followed + *self.jumped.borrow())
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.jumped.send_modify(|sum| *sum += by);
    }

    /// Waits until this clock says `until`, whether real time or a jump moves it there.
    pub(crate) async fn wait(&self, until: Moment) {
        // Subscribed before the first look at the clock, so no jump falls between the two.
        let mut jumps = self.jumped.subscribe();
        loop {
            let left = until.since(self.now());
            if left.is_zero() {
                return;
            }
            if self.real.is_some() {
                // Elapsed or jumped: either way the loop looks at the clock again.
                drop(tokio::time::timeout(left, jumps.changed()).await);
            } else if jumps.changed().await.is_err() {
                return;
            }
        }
    }
}

/// A point in the emulator's time: what has passed since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Duration);

impl Moment {
    #[cfg(test)]
    pub(crate) fn at(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub(crate) fn unix_seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// What lies between `earlier` and this, or nothing if this is the earlier one.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// As HTTP's `Date` header writes it.
    pub(crate) fn http_date(self) -> String {
        let Civil { year, month, day, weekday } = self.civil();
        let (weekday, month) = (WEEKDAYS[weekday], MONTHS[month - 1]);
        let (hour, minute, second) = self.of_day();
        format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
    }

    /// As the platform's JSON writes dates: ISO 8601 with milliseconds.
    pub(crate) fn iso(self) -> String {
        let Civil { year, month, day, .. } = self.civil();
        let (hour, minute, second) = self.of_day();
        let millis = self.0.subsec_millis();
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }

    /// Reads `2026-01-31T12:00:00Z`, with or without a fraction of a second, never with an offset.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [year, month, day] = numbers(date, '-', 4)?;
        let [hour, minute, second] = numbers(time, ':', 2)?;
        let fine = (1970..10_000).contains(&year) && hour < 24 && minute < 60 && second < 60;
        let digits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
        if !fine || !digits || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Counted from 1 March as in `civil`, the other way round.
        let (year_of_march, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = year_of_march * 365 + year_of_march / 4 - year_of_march / 100 + year_of_march / 400;
        let days = days + (153 * shifted + 2) / 5 + day - 1 - 719_468;
        let nanos = format!("{fraction:0<9}").parse().ok()?;
        let moment = Self(Duration::new(days * DAY + hour * 3600 + minute * 60 + second, nanos));
        // A day that its month does not have lands in the next one.
        (moment.civil().day == day).then_some(moment)
    }

    /// So many seconds later; the end of time where that is too much.
    pub(crate) fn after_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(Duration::from_secs(seconds)))
    }

    pub(crate) fn unix_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// The midnight (UTC) before.
    pub(crate) fn day(self) -> Self {
        Self(Duration::from_secs(self.unix_seconds() / DAY * DAY))
    }

    fn of_day(self) -> (u64, u64, u64) {
        let second = self.unix_seconds() % DAY;
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// Counts in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    fn civil(self) -> Civil {
        let days = self.unix_seconds() / DAY;
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Civil {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month: month as usize,
            day: of_year - (153 * march_month + 2) / 5 + 1,
            weekday: ((days + 4) % 7) as usize,
        }
    }
}

impl std::ops::Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by))
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0 + by)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

/// Three numbers, the first of `width` digits, the others of two.
fn numbers(text: &str, separator: char, width: usize) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).zip([width, 2, 2]);
    let mut next = || {
        let (part, width) = parts.next()?;
        let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    let numbers = [next()?, next()?, next()?];
    (text.matches(separator).count() == 2).then_some(numbers)
}

struct Civil {
    year: u64,
    month: usize,
    day: u64,
    weekday: usize,
}

const DAY: u64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_and_as_iso() {
        let sunday = Moment::at(784_111_777);
        assert_eq!(sunday.http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(sunday.iso(), "1994-11-06T08:49:37.000Z");
        assert_eq!(sunday.day().iso(), "1994-11-06T00:00:00.000Z");
        assert_eq!(Moment::at(951_782_400).iso(), "2000-02-29T00:00:00.000Z");
        assert_eq!(Moment::at(0).http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        for seconds in [0, 784_111_777, 951_782_400, 951_868_800, 1_767_225_600, 4_102_444_800] {
            assert_eq!(Moment::parse(&Moment::at(seconds).iso()), Some(Moment::at(seconds)));
        }
        assert_eq!(Moment::parse("2026-01-01T00:00:00Z"), Some(Moment::at(1_767_225_600)));
        for other in ["2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00+00:00", "2026-1-1T00:00:00Z"]
        {
            assert_eq!(Moment::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_frozen_clock_moves_by_jumps_only() {
        let clock = Clock::new(ClockSettings::Frozen(1_000));
        assert_eq!(clock.now().unix_seconds(), 1_000);
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), Moment::at(1_060));
    }
}
