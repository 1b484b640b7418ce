//! Two clocks, read together.
//!
//! A serverless sandbox is frozen between calls: its monotonic clock stops and its wall clock jumps. A host whose
//! clock is corrected does the reverse. So an instant here is a pair, and a deadline is reached as soon as
//! *either* clock says so.

use std::fmt;
use std::time::Duration;

use crate::sync::{AtomicU64, Ordering};

/// Where time comes from. The real one lives in `hallpass-outbound`; tests move one by hand.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Both clocks, read as close together as possible.
    fn now(&self) -> Moment;

    /// Both clocks, cheaply: never ahead of [`Clock::now`], and behind it by a tick of the kernel's timer (10 ms) at most while the machine
    /// runs. Fit for telling that a token is fresh, which ends long before its expiry; not for telling that it has not expired.
    fn glance(&self) -> Moment {
        self.now()
    }
}

/// An instant by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Time since the Unix epoch. May jump in both directions.
    pub wall: Duration,
    /// Time since some fixed point. Never goes back; may stop while frozen.
    pub monotonic: Duration,
}

impl Moment {
    /// The deadline `after` from this moment, by both clocks. Saturates instead of overflowing.
    #[must_use]
    pub fn deadline(self, after: Duration) -> Deadline {
        Deadline { wall: self.wall.saturating_add(after), monotonic: self.monotonic.saturating_add(after) }
    }

    /// How much further one clock went than the other since `earlier`. Zero while both run together.
    #[must_use]
    pub fn gap_since(self, earlier: Self) -> Duration {
        let wall = i128_nanos(self.wall) - i128_nanos(earlier.wall);
        let monotonic = i128_nanos(self.monotonic) - i128_nanos(earlier.monotonic);
        let nanos = (wall - monotonic).unsigned_abs();
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Whether the clocks moved apart since `earlier` as only a freeze or a step moves them. Told from whole seconds, which every hit can afford:
    /// never so for a gap of [`THAW_GAP`] or less, always for one of three seconds more.
    #[must_use]
    pub fn thawed_since(self, earlier: Self) -> bool {
        // Rounding each of the four readings down makes a gap look smaller or larger by less than two seconds.
        let apart = |at: Self| at.wall.as_secs().wrapping_sub(at.monotonic.as_secs());
        let gap = apart(self).wrapping_sub(apart(earlier)).cast_signed().unsigned_abs();
        gap > THAW_GAP.as_secs() + 1
    }
}

/// A point in time by both clocks; reached when either says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// On the wall clock.
    pub wall: Duration,
    /// On the monotonic clock.
    pub monotonic: Duration,
}

impl Deadline {
    /// Whether either clock has reached it.
    #[must_use]
    pub fn reached(self, now: Moment) -> bool {
        now.wall >= self.wall || now.monotonic >= self.monotonic
    }

    /// What is left, by the more pessimistic clock; zero once reached.
    #[must_use]
    pub fn remaining(self, now: Moment) -> Duration {
        let wall = self.wall.saturating_sub(now.wall);
        wall.min(self.monotonic.saturating_sub(now.monotonic))
    }

    /// The same deadline `by` earlier on both clocks.
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        Self { wall: self.wall.saturating_sub(by), monotonic: self.monotonic.saturating_sub(by) }
    }

    /// Whether this deadline ends after `other`, by both clocks taken together (the pessimistic remainder).
    #[must_use]
    pub fn is_after(self, other: Self, now: Moment) -> bool {
        self.remaining(now) > other.remaining(now)
    }
}

/// The gap between the clocks above which the process is taken to have been frozen (or its clock stepped).
///
/// Five seconds is far above what clock slewing makes in the life of a connection, and below the shortest
/// freeze after which a pooled connection is worth distrusting.
pub const THAW_GAP: Duration = Duration::from_secs(5);

/// Notices that the process was frozen since it was last asked. Lock-free; one per pool of connections.
#[derive(Debug, Default)]
pub struct ThawWatch {
    /// Wall minus monotonic, in milliseconds, plus one; zero before the first look.
    offset: AtomicU64,
}

impl ThawWatch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the clocks moved apart by more than [`THAW_GAP`] since the last call. Of several callers after one
    /// thaw exactly one is told so.
    pub fn thawed(&self, now: Moment) -> bool {
        let millis = now.wall.as_millis().saturating_sub(now.monotonic.as_millis());
        let offset = u64::try_from(millis).unwrap_or(u64::MAX - 1).saturating_add(1);
        let seen = self.offset.load(Ordering::Acquire);
        let gap = u128::from(seen.abs_diff(offset));
        if seen != 0 && gap <= THAW_GAP.as_millis() {
            return false;
        }
        let won = self.offset.compare_exchange(seen, offset, Ordering::AcqRel, Ordering::Acquire).is_ok();
        won && seen != 0
    }
}

fn i128_nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Moment, ThawWatch};
    use std::time::Duration;

    fn at(wall: u64, monotonic: u64) -> Moment {
        Moment { wall: Duration::from_secs(wall), monotonic: Duration::from_secs(monotonic) }
    }

    #[test]
    fn a_deadline_is_reached_by_either_clock() {
        let deadline = at(1000, 10).deadline(Duration::from_secs(60));
        assert!(!deadline.reached(at(1059, 69)));
        assert!(deadline.reached(at(1060, 11)), "the wall clock moved while the process was frozen");
        assert!(deadline.reached(at(900, 70)), "the wall clock was set back");
        assert_eq!(deadline.remaining(at(1050, 20)), Duration::from_secs(10));
    }

    #[test]
    fn whole_seconds_tell_a_freeze_from_slew_wherever_in_a_second_they_are_read() {
        let millis = |wall, monotonic| Moment {
            wall: Duration::from_millis(wall),
            monotonic: Duration::from_millis(monotonic),
        };
        for (wall, monotonic, later) in [(0, 0, 0), (999, 1, 1), (1, 999, 0), (500, 0, 999), (0, 999, 1)] {
            let earlier = millis(1_000_000 + wall, 20_000 + monotonic);
            let after = |gap: u64| millis(1_060_000 + wall + later + gap, 80_000 + monotonic + later);
            assert!(!after(5_000).thawed_since(earlier) && after(8_000).thawed_since(earlier));
            assert!(!earlier.thawed_since(after(5_000)) && earlier.thawed_since(after(8_000)));
        }
    }

    #[test]
    fn a_thaw_is_told_once() {
        let watch = ThawWatch::new();
        assert!(!watch.thawed(at(1000, 10)), "the first look has nothing to compare with");
        assert!(!watch.thawed(at(1004, 12)), "two seconds are clock slew");
        assert!(watch.thawed(at(4600, 13)));
        assert!(!watch.thawed(at(4601, 14)));
        assert!(watch.thawed(at(1000, 15)), "a wall clock set back is a gap too");
    }
}
