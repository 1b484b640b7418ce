//! Which place is asked first: one that just failed is asked last for a while.

use std::time::Duration;

use hallpass_core::{Deadline, Fault, FaultCode, Moment};

/// Until when a place is asked last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cooldown(Option<Deadline>);

impl Cooldown {
    /// It failed, or was too slow to wait for. A store that says when to come back is taken at its word, within reason.
    pub(super) fn failed(&mut self, now: Moment, retry_after: Option<Duration>) {
        let rest = retry_after.unwrap_or_default().clamp(SHORTEST, LONGEST);
        self.0 = Some(now.deadline(rest));
    }

    /// It answered.
    pub(super) fn answered(&mut self) {
        self.0 = None;
    }

    /// Whether it failed a short while ago.
    pub(super) fn lasts(&self, now: Moment) -> bool {
        self.0.is_some_and(|until| !until.reached(now))
    }
}

/// Whether after `fault` a place is better asked last. One that has no such entry is well, and quick to say so; one that was not asked,
/// because its budget is spent, has not failed.
pub(super) fn cools(fault: &Fault) -> bool {
    !matches!(fault.code(), FaultCode::EntryNotFound | FaultCode::StoreBudgetSpent)
}

/// The ranks of the places in the order in which they are asked: those that failed a short while ago (`true`) last, otherwise as
/// configured. A forced read begins with the primary all the same: only there can be what the replicas do not have yet.
pub(super) fn order(cooling: &[bool], forced: bool) -> Vec<usize> {
    let is_last = |rank: &usize| cooling[*rank] && !(forced && *rank == 0);
    let mut ranks: Vec<_> = (0..cooling.len()).collect();
    ranks.sort_by_key(is_last);
    ranks
}

/// Short: a read costs little, and the primary is the one to read from. Long enough that a burst of reads pays for a dead place once.
const SHORTEST: Duration = Duration::from_secs(30);

/// However long a store asks to be left alone, it is only asked last meanwhile, and is the only hope when the others fail.
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::{Cooldown, cools, order};
    use hallpass_core::{Fault, FaultCode, Moment};
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Moment {
        Moment { wall: Duration::from_secs(1_000 + seconds), monotonic: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_failure_lasts_half_a_minute_or_as_long_as_was_asked_for() {
        let mut place = Cooldown::default();
        assert!(!place.lasts(at(0)));
        place.failed(at(0), None);
        assert!(place.lasts(at(29)) && !place.lasts(at(30)));
        place.failed(at(0), Some(Duration::from_secs(90)));
        assert!(place.lasts(at(89)) && !place.lasts(at(90)));
        place.failed(at(0), Some(Duration::from_secs(86_400)));
        assert!(!place.lasts(at(300)));
        place.failed(at(300), None);
        place.answered();
        assert!(!place.lasts(at(300)));
    }

    #[test]
    fn only_a_place_that_failed_is_asked_last() {
        assert!(!cools(&Fault::new(FaultCode::EntryNotFound, "")));
        assert!(!cools(&Fault::new(FaultCode::StoreBudgetSpent, "")));
        assert!(cools(&Fault::new(FaultCode::StoreUnreachable, "")));
        assert_eq!(order(&[true, false, true, false], false), [1, 3, 0, 2]);
        assert_eq!(order(&[true, false, true, false], true), [0, 1, 3, 2]);
    }

    proptest! {
        #[test]
        fn every_place_is_asked_once_and_ranks_decide_among_equals(
            cooling in prop::collection::vec(any::<bool>(), 1..8), forced: bool
        ) {
            let ranks = order(&cooling, forced);
            let mut sorted = ranks.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.iter().copied().eq(0..cooling.len()));
            prop_assert!(!forced || ranks[0] == 0);
            for pair in ranks.windows(2).skip(usize::from(forced)) {
                prop_assert!(cooling[pair[0]] <= cooling[pair[1]]);
                prop_assert!(cooling[pair[0]] != cooling[pair[1]] || pair[0] < pair[1]);
            }
        }
    }
}
