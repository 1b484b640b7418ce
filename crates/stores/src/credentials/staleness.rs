//! For how long a credential in memory may be used.

use std::time::Duration;

use hallpass_core::{Moment, Reread};

use super::limits::StoreLimits;

/// When what is held was last seen in a store, and when a store was last asked in vain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    seen: Moment,
    failed: Option<Moment>,
}

/// What may be done with what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Use it.
    Fresh,
    /// Use it, and look at the store beside that.
    Due,
    /// Use it; the store was asked in vain a moment ago.
    Bridged,
    /// Too old: a store must be read first.
    Stale,
}

impl Age {
    /// Seen in a store at `now`.
    pub(super) fn new(now: Moment) -> Self {
        Self { seen: now, failed: None }
    }

    /// No store had it, or a newer one, at `now`.
    pub(super) fn failed(&mut self, now: Moment) {
        self.failed = Some(now);
    }

    /// What may be done with it at `now`. By the more pessimistic of both clocks: a sandbox that was frozen over night held it all night.
    pub(super) fn standing(&self, limits: &StoreLimits, now: Moment) -> Standing {
        let is_past = |since: Moment, limit| since.deadline(limit).reached(now);
        if is_past(self.seen, limits.stale_limit) {
            Standing::Stale
        } else if !is_past(self.seen, limits.reread_after) {
            Standing::Fresh
        } else if self.failed.is_some_and(|failed| !is_past(failed, RETRY)) {
            Standing::Bridged
        } else {
            Standing::Due
        }
    }

    /// How long ago it was seen, by the clock that went further.
    pub(super) fn since_seen(&self, now: Moment) -> Duration {
        let wall = now.wall.saturating_sub(self.seen.wall);
        wall.max(now.monotonic.saturating_sub(self.seen.monotonic))
    }
}

/// Whether what is held may be wrong or useless, so that even an answer of unknown age is better: the platform refused it, or it is too old.
pub(super) fn is_doubted(held: Option<Standing>, reread: Reread) -> bool {
    reread == Reread::Forced || held == Some(Standing::Stale)
}

/// After a read that failed everywhere the next is this far away: nobody waits for it, so there is no hurry.
const RETRY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::{Age, Standing};
    use crate::credentials::StoreLimits;
    use hallpass_core::Moment;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(wall: u64, monotonic: u64) -> Moment {
        Moment { wall: Duration::from_secs(10_000 + wall), monotonic: Duration::from_secs(monotonic) }
    }

    fn standing(age: &Age, seconds: u64) -> Standing {
        age.standing(&StoreLimits::DEFAULT, at(seconds, seconds))
    }

    #[test]
    fn it_is_fresh_then_due_then_stale() {
        let mut age = Age::new(at(0, 0));
        assert_eq!(standing(&age, 299), Standing::Fresh);
        assert_eq!(standing(&age, 300), Standing::Due);
        age.failed(at(300, 300));
        assert_eq!(standing(&age, 329), Standing::Bridged);
        assert_eq!(standing(&age, 330), Standing::Due);
        age.failed(at(86_399, 86_399));
        assert_eq!(standing(&age, 86_399), Standing::Bridged);
        assert_eq!(standing(&age, 86_400), Standing::Stale);
    }

    #[test]
    fn a_frozen_process_and_a_clock_set_back_make_it_no_younger() {
        let age = Age::new(at(0, 0));
        assert_eq!(age.standing(&StoreLimits::DEFAULT, at(86_400, 1)), Standing::Stale);
        assert_eq!(age.standing(&StoreLimits::DEFAULT, at(0, 86_400)), Standing::Stale);
        assert_eq!(age.since_seen(at(86_400, 1)), Duration::from_secs(86_400));
    }

    proptest! {
        #[test]
        fn past_the_limit_nothing_makes_it_usable(
            limit in 300u64..86_400, wall in 0u64..200_000, monotonic in 0u64..200_000, failed in prop::option::of(0u64..200_000)
        ) {
            let limits = StoreLimits { stale_limit: Duration::from_secs(limit), ..StoreLimits::DEFAULT };
            let mut age = Age::new(at(0, 0));
            if let Some(failed) = failed {
                age.failed(at(failed, failed));
            }
            let is_stale = age.standing(&limits, at(wall, monotonic)) == Standing::Stale;
            prop_assert_eq!(is_stale, wall >= limit || monotonic >= limit);
        }
    }
}
