//! How long one place is waited for before the next is asked as well.

use std::collections::VecDeque;
use std::time::Duration;

/// How long a place took to answer, the last few times.
#[derive(Debug, Default)]
pub(super) struct Latencies(VecDeque<Duration>);

impl Latencies {
    /// It took this long; or at least this long, when another place was quicker and its answer was not waited for. Leaving those out would
    /// teach a place's good days only: once it is slower than the delay it would lose for ever.
    pub(super) fn note(&mut self, took: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(took);
    }

    /// The time after which an answer is late: what nineteen of the last twenty did not take longer than.
    pub(super) fn delay(&self) -> Duration {
        if self.0.len() < ENOUGH {
            return START;
        }
        let mut sorted: Vec<_> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * 19).div_ceil(20);
        sorted[rank - 1].clamp(SHORTEST, LONGEST)
    }
}

/// Enough to see one slow answer in twenty, few enough to forget a bad hour.
const REMEMBERED: usize = 32;

/// Below this there is no telling what is usual.
const ENOUGH: usize = 4;

/// Before anything is known: a first read in a process opens a connection, with two round trips for TLS, and gets the cloud's identity first. In
/// the region of the process that is 100 to 200 ms.
const START: Duration = Duration::from_millis(300);

/// A busy processor takes as long now and then; asking twice because of that would double the reads for nothing.
const SHORTEST: Duration = Duration::from_millis(50);

/// Two places that hang cost twice this, and the third still answers within two seconds.
const LONGEST: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::{LONGEST, Latencies, REMEMBERED, SHORTEST, START};
    use proptest::prelude::*;
    use std::time::Duration;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn after(taken: &[u64]) -> Duration {
        let mut latencies = Latencies::default();
        taken.iter().for_each(|took| latencies.note(millis(*took)));
        latencies.delay()
    }

    #[test]
    fn it_begins_with_a_guess_and_learns() {
        assert_eq!(after(&[]), START);
        assert_eq!(after(&[20, 20, 20]), START);
        assert_eq!(after(&[20, 20, 20, 20]), SHORTEST);
        assert_eq!(after(&[20, 120, 20, 20]), millis(120), "of a few the slowest counts");
        let mut many = [100; 32];
        many[7] = 400;
        assert_eq!(after(&many), millis(100), "one in thirty-two does not");
        assert_eq!(after(&[30_000; 4]), LONGEST);
    }

    #[test]
    fn a_place_that_became_slower_is_waited_for_again() {
        let mut latencies = Latencies::default();
        (0..REMEMBERED).for_each(|_| latencies.note(millis(20)));
        // It takes 200 ms from now on, and a second place answers 40 ms after it was asked.
        let reads = (0..).take_while(|_| {
            let lost_at = latencies.delay() + millis(40);
            latencies.note(lost_at.min(millis(200)));
            lost_at < millis(200)
        });
        assert!(reads.count() <= 12, "it must not lose for ever");
    }

    proptest! {
        #[test]
        fn the_delay_stays_within_its_bounds_and_slower_answers_never_shorten_it(
            taken in prop::collection::vec(0u64..40_000, 0..60), slower in 0u64..5_000
        ) {
            let more: Vec<_> = taken.iter().map(|took| took + slower).collect();
            prop_assert!((SHORTEST..=LONGEST).contains(&after(&taken)));
            prop_assert!(after(&taken) <= after(&more));
        }
    }
}
