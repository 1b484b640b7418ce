//! How often a place may be read.
//!
//! # Why not a bucket of tokens
//!
//! A full bucket that is refilled while it is emptied lets twice its size through in one minute. The times of the last reads are a few
//! hundred numbers, and hold what the limit says in *any* minute.

use std::collections::VecDeque;
use std::time::Duration;

/// The reads of the last minute, and how many there may be.
#[derive(Debug)]
pub(super) struct Budget {
    per_minute: usize,
    /// On the monotonic clock alone: a wall clock that is set back would close the place for as long, one that jumps ahead would open it.
    granted: VecDeque<Duration>,
}

/// Why a place is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// To see whether what is held is still the newest.
    Usual,
    /// Because the platform refused what is held: these have a reserve, so that ordinary reads cannot keep a new secret from being found.
    Forced,
}

impl Budget {
    /// Room for `per_minute` reads in any minute.
    pub(super) fn of(per_minute: u32) -> Self {
        let per_minute = usize::try_from(per_minute).unwrap_or(usize::MAX).max(1);
        Self { per_minute, granted: VecDeque::new() }
    }

    /// Takes one read at the monotonic time `now`, or says after which time there will be one.
    pub(super) fn take(&mut self, urgency: Urgency, now: Duration) -> Result<(), Duration> {
        while self.granted.front().is_some_and(|first| *first + MINUTE <= now) {
            self.granted.pop_front();
        }
        let room = match urgency {
            Urgency::Usual => self.per_minute - self.per_minute / RESERVE,
            Urgency::Forced => self.per_minute,
        };
        let taken = self.granted.len();
        if taken < room {
            self.granted.push_back(now);
            return Ok(());
        }
        // Enough of the oldest must be gone for one to fit in.
        Err((self.granted[taken - room] + MINUTE).saturating_sub(now))
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// One part in so many is for forced reads.
const RESERVE: usize = 4;

#[cfg(test)]
mod tests {
    use super::{Budget, Urgency};
    use proptest::prelude::*;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_quarter_is_kept_for_forced_reads() {
        let mut budget = Budget::of(8);
        for _ in 0..6 {
            assert_eq!(budget.take(Urgency::Usual, SECOND), Ok(()));
        }
        assert_eq!(budget.take(Urgency::Usual, SECOND * 11), Err(SECOND * 50));
        assert_eq!(budget.take(Urgency::Forced, SECOND * 11), Ok(()));
        assert_eq!(budget.take(Urgency::Forced, SECOND * 11), Ok(()));
        assert_eq!(budget.take(Urgency::Forced, SECOND * 11), Err(SECOND * 50));
        assert_eq!(budget.take(Urgency::Forced, SECOND * 61), Ok(()));
    }

    #[test]
    fn the_smallest_budget_still_lets_one_through() {
        let mut budget = Budget::of(0);
        assert_eq!(budget.take(Urgency::Usual, SECOND), Ok(()));
        assert_eq!(budget.take(Urgency::Forced, SECOND), Err(SECOND * 60));
    }

    proptest! {
        #[test]
        fn no_minute_has_more_and_the_wait_that_is_told_is_enough(
            per_minute in 1u32..80, asks in prop::collection::vec((0u64..9_000, any::<bool>()), 1..400)
        ) {
            let (mut budget, mut now, mut granted) = (Budget::of(per_minute), Duration::ZERO, Vec::new());
            for (after, forced) in asks {
                now += Duration::from_millis(after);
                let urgency = if forced { Urgency::Forced } else { Urgency::Usual };
                match budget.take(urgency, now) {
                    Ok(()) => granted.push(now),
                    Err(wait) => {
                        prop_assert!(!wait.is_zero() && wait <= SECOND * 60);
                        now += wait;
                        prop_assert_eq!(budget.take(urgency, now), Ok(()));
                        granted.push(now);
                    }
                }
            }
            for (index, first) in granted.iter().enumerate() {
                let in_minute = granted[index..].iter().filter(|at| **at < *first + SECOND * 60).count();
                prop_assert!(in_minute <= per_minute as usize, "{} in one minute", in_minute);
            }
        }
    }
}
