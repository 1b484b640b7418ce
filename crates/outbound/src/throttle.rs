//! 429 and `Retry-After`.

use std::time::{Duration, SystemTime};

use hallpass_core::sync::{Mutex, lock};
use hallpass_core::{Deadline, Moment};
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// The longest `Retry-After` that is believed while somebody waits. A longer one is a mistake or an attack; RFC 9110 10.2.3 sets no bound.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(120);

/// The longest that is believed where nobody waits: a batch loses nothing by a quarter of an hour, and much by being throttled again.
pub const BATCH_RETRY_AFTER_CAP: Duration = Duration::from_secs(15 * 60);

/// Reads `Retry-After` (RFC 9110 10.2.3): whole seconds, or a date, which is read against the answer's own `Date` so that a wrong clock here
/// does not matter. Of several headers the largest counts. Unreadable values count as none; the result is at most `cap`,
/// such as [`RETRY_AFTER_CAP`].
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Moment, cap: Duration) -> Option<Duration> {
    let local = SystemTime::UNIX_EPOCH + now.wall;
    let server = headers
        .get(DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
        .unwrap_or(local);
    let values = headers.get_all(RETRY_AFTER).iter().filter_map(|value| value.to_str().ok());
    values.filter_map(|value| read(value.trim_matches([' ', '\t']), server)).max().map(|after| after.min(cap))
}

fn read(value: &str, server: SystemTime) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a u64 holds is still "very long", not nothing.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(server).unwrap_or(Duration::ZERO))
}

/// Holds later calls back after a 429, for all callers of one integration alike.
///
/// The 429 itself goes to its caller. Calls that follow are delayed by at most [`Gate::LONGEST`], so that a short throttle is absorbed and
/// a long one is told by the platform's own answer rather than by a hanging call.
#[derive(Debug, Default)]
pub struct Gate {
    closed_until: Mutex<Option<Deadline>>,
}

impl Gate {
    /// The longest a call is held back.
    pub const LONGEST: Duration = Duration::from_secs(2);

    /// Closes the gate for `after`, unless it is closed for longer already.
    pub fn close(&self, now: Moment, after: Duration) {
        let until = now.deadline(after);
        let mut closed = lock(&self.closed_until);
        if closed.is_none_or(|present| until.is_after(present, now)) {
            *closed = Some(until);
        }
    }

    /// How long a call that comes now is held back; `None` when the gate is open.
    #[must_use]
    pub fn hold(&self, now: Moment) -> Option<Duration> {
        let mut closed = lock(&self.closed_until);
        let left = closed.map(|until| until.remaining(now))?;
        if left.is_zero() {
            *closed = None;
            return None;
        }
        Some(left.min(Self::LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, RETRY_AFTER_CAP, retry_after};
    use hallpass_core::Moment;
    use http::HeaderMap;
    use std::time::Duration;

    const NOON: Moment =
        Moment { wall: Duration::from_secs(1_445_412_480), monotonic: Duration::from_secs(5) };

    fn read(values: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(*name, value.parse().unwrap());
        }
        retry_after(&headers, NOON, RETRY_AFTER_CAP).map(|after| after.as_secs())
    }

    #[test]
    fn seconds_and_all_three_date_forms_are_read() {
        assert_eq!(read(&[("retry-after", "7")]), Some(7));
        assert_eq!(read(&[("retry-after", " 5 ")]), Some(5));
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        for later in
            ["Wed, 21 Oct 2015 07:28:30 GMT", "Wednesday, 21-Oct-15 07:28:30 GMT", "Wed Oct 21 07:28:30 2015"]
        {
            assert_eq!(read(&[date, ("retry-after", later)]), Some(30), "{later}");
        }
        assert_eq!(
            read(&[date, ("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT")]),
            Some(0),
            "a past date is no wait"
        );
    }

    #[test]
    fn the_larger_of_two_counts_and_absurd_ones_are_capped() {
        assert_eq!(read(&[("retry-after", "3"), ("retry-after", "9")]), Some(9));
        let cap = Some(RETRY_AFTER_CAP.as_secs());
        assert_eq!(read(&[("retry-after", "999999999999")]), cap);
        assert_eq!(read(&[("retry-after", "99999999999999999999999999")]), cap);
        assert_eq!(read(&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")]), cap);
    }

    #[test]
    fn malformed_values_count_as_none() {
        for bad in [
            "-1",
            "+5",
            "5.5",
            "5, 10",
            "",
            "soon",
            "Sat, 31 Feb 2026 00:00:00 GMT",
            "Wed, 21 Oct 2015 07:28:00 EST",
        ] {
            assert_eq!(read(&[("retry-after", bad)]), None, "{bad:?}");
        }
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn the_gate_holds_calls_back_at_most_two_seconds() {
        let gate = Gate::default();
        assert_eq!(gate.hold(NOON), None);
        gate.close(NOON, Duration::from_secs(30));
        gate.close(NOON, Duration::from_secs(1));
        assert_eq!(gate.hold(NOON), Some(Gate::LONGEST));
        let later = Moment {
            wall: NOON.wall + Duration::from_secs(29),
            monotonic: NOON.monotonic + Duration::from_secs(29),
        };
        assert_eq!(gate.hold(later), Some(Duration::from_secs(1)));
        let after = Moment {
            wall: NOON.wall + Duration::from_secs(30),
            monotonic: NOON.monotonic + Duration::from_secs(30),
        };
        assert_eq!(gate.hold(after), None);
    }
}
