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
    fn a_frozen_clock_moves_by_jumps_only() {
        let clock = Clock::new(ClockSettings::Frozen(1_000));
        assert_eq!(clock.now().unix_seconds(), 1_000);
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), Moment::at(1_060));
    }
}
