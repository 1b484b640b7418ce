//! When a token is fresh, due, in its blocking margin, or expired.

use std::time::Duration;

use crate::clock::{Deadline, Moment};

/// The three deadlines of one token, fixed when it is received. Each is kept on both clocks and reached by whichever comes first. Only the first is
/// ever moved, by a draw after a freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From here on one background flight replaces the token.
    pub refresh_at: Deadline,
    /// From here on callers wait for that flight.
    pub block_at: Deadline,
    /// From here on the token is never served.
    pub expiry: Deadline,
    /// How long before expiry refreshing would begin without the draw.
    ahead: Duration,
    /// When `refresh_at` was drawn.
    drawn: Moment,
}

/// Which side of its deadlines a token is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Serve it.
    Fresh,
    /// Serve it and see that one flight is on its way.
    Due,
    /// Wait for the flight; if that fails for a passing cause, serve it all the same.
    Blocking,
    /// Never serve it.
    Expired,
}

impl Schedule {
    /// The deadlines of a token that was asked for at `asked` (not received: the lifetime began somewhere in between) and lives for
    /// `lifetime`; `draw` in `0.0..1.0` is drawn once per token.
    ///
    /// * The blocking margin is `min(60 s, lifetime / 5)`: 60 s covers clock drift, latency and validation delay for tokens of 300 s and more; a
    ///   fifth keeps shorter tokens usable.
    /// * Refresh-ahead begins `min(1 h, lifetime / 2)` before expiry: half a lifetime of outage stays invisible, and a long-lived token is not
    ///   replaced a day early.
    /// * The draw makes it earlier by up to 20 %, never later, so that processes started together do not ask together.
    #[must_use]
    pub fn plan(lifetime: Duration, asked: Moment, draw: f64) -> Self {
        let expiry = asked.deadline(lifetime);
        let margin = (lifetime / 5).min(LONGEST_MARGIN);
        let ahead = (lifetime / 2).min(LONGEST_AHEAD);
        let refresh_at = expiry.earlier(jittered(ahead, draw));
        Self { refresh_at, block_at: expiry.earlier(margin), expiry, ahead, drawn: asked }
    }

    /// The same deadlines with another draw, made `now`.
    ///
    /// A snapshot of a process can run many times over (AWS Lambda calls that SnapStart), and every copy has drawn the same: they would all refresh in
    /// one second. A copy cannot be told from a process that was frozen, so whatever was frozen draws again.
    #[must_use]
    pub fn redrawn(&self, now: Moment, draw: f64) -> Self {
        Self { refresh_at: self.expiry.earlier(jittered(self.ahead, draw)), drawn: now, ..*self }
    }

    /// Whether the process was frozen since the draw, or its clock stepped.
    #[must_use]
    pub fn thawed(&self, now: Moment) -> bool {
        now.thawed_since(self.drawn)
    }

    /// Whether the token is fresh and nothing was frozen since the draw: all that a hit has to know. The other two deadlines come later than
    /// `refresh_at` on either clock, so they need not be looked at.
    #[must_use]
    pub fn serves(&self, now: Moment) -> bool {
        !self.refresh_at.reached(now) && !self.thawed(now)
    }

    /// Where `now` is among the deadlines.
    #[must_use]
    pub fn judge(&self, now: Moment) -> Freshness {
        if self.expiry.reached(now) {
            Freshness::Expired
        } else if self.block_at.reached(now) {
            Freshness::Blocking
        } else if self.refresh_at.reached(now) {
            Freshness::Due
        } else {
            Freshness::Fresh
        }
    }
}

fn jittered(ahead: Duration, draw: f64) -> Duration {
    ahead + ahead.mul_f64(JITTER * draw.clamp(0.0, 1.0))
}

const LONGEST_MARGIN: Duration = Duration::from_secs(60);
const LONGEST_AHEAD: Duration = Duration::from_secs(3600);
const JITTER: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::{Freshness, Schedule};
    use crate::clock::Moment;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(wall: u64, monotonic: u64) -> Moment {
        Moment { wall: Duration::from_secs(wall), monotonic: Duration::from_secs(monotonic) }
    }

    #[test]
    fn the_margin_is_sixty_seconds_for_both_usual_lifetimes() {
        for lifetime in [300, 3600, 86_400] {
            let schedule = Schedule::plan(Duration::from_secs(lifetime), at(1000, 0), 0.0);
            assert_eq!(schedule.judge(at(1000 + lifetime - 61, 1)), Freshness::Due);
            assert_eq!(schedule.judge(at(1000 + lifetime - 60, 1)), Freshness::Blocking);
            assert_eq!(schedule.judge(at(1000 + lifetime - 1, 1)), Freshness::Blocking);
            assert_eq!(schedule.judge(at(1000 + lifetime, 1)), Freshness::Expired);
        }
    }

    #[test]
    fn a_short_token_keeps_a_margin_of_a_fifth() {
        let schedule = Schedule::plan(Duration::from_secs(50), at(1000, 0), 0.0);
        let seen = [1024, 1025, 1039, 1040, 1049, 1050].map(|wall| schedule.judge(at(wall, 1)));
        use Freshness::{Blocking, Due, Expired, Fresh};
        assert_eq!(seen, [Fresh, Due, Due, Blocking, Blocking, Expired]);
    }

    #[test]
    fn refresh_begins_at_half_life_or_an_hour_before_and_jitter_only_makes_it_earlier() {
        let plan = |lifetime, draw| {
            Schedule::plan(Duration::from_secs(lifetime), at(0, 0), draw).refresh_at.wall.as_secs()
        };
        assert_eq!(plan(300, 0.0), 150);
        assert_eq!(plan(300, 1.0), 120);
        assert_eq!(plan(86_400, 0.0), 82_800);
        assert_eq!(plan(86_400, 0.5), 82_440);
    }

    #[test]
    fn a_draw_after_a_freeze_moves_the_refresh_and_nothing_else() {
        let schedule = Schedule::plan(Duration::from_secs(3600), at(1000, 50), 1.0);
        assert!(!schedule.thawed(at(1100, 150)) && schedule.thawed(at(1100, 50)));
        assert!(schedule.serves(at(1100, 150)) && !schedule.serves(at(1100, 50)));
        let again = schedule.redrawn(at(1100, 50), 0.0);
        assert_eq!((again.block_at, again.expiry), (schedule.block_at, schedule.expiry));
        assert_eq!((schedule.refresh_at.wall.as_secs(), again.refresh_at.wall.as_secs()), (2440, 2800));
        assert!(again.serves(at(1100, 50)));
    }

    #[test]
    fn a_frozen_process_does_not_serve_an_expired_token() {
        let schedule = Schedule::plan(Duration::from_secs(3600), at(0, 0), 0.0);
        assert_eq!(schedule.judge(at(7200, 3)), Freshness::Expired);
        assert_eq!(
            schedule.judge(at(0, 3600)),
            Freshness::Expired,
            "a wall clock set back does not prolong a token"
        );
    }

    proptest! {
        #[test]
        fn deadlines_are_in_order(lifetime in prop_oneof![1u64..400, 1u64..200_000], draw in 0.0f64..1.0, wall in 0u64..4_000_000_000) {
            let schedule = Schedule::plan(Duration::from_secs(lifetime), at(wall, 0), draw);
            prop_assert!(schedule.refresh_at.wall <= schedule.block_at.wall);
            prop_assert!(schedule.block_at.wall < schedule.expiry.wall);
            prop_assert!(schedule.refresh_at.monotonic.as_secs_f64() >= lifetime as f64 * 0.39);
        }

        #[test]
        fn what_serves_is_fresh(lifetime in 1u64..200_000, draw in 0.0f64..1.0, wall in 0u64..200_000, monotonic in 0u64..200_000) {
            let (schedule, now) = (Schedule::plan(Duration::from_secs(lifetime), at(0, 0), draw), at(wall, monotonic));
            prop_assert!(!schedule.serves(now) || schedule.judge(now) == Freshness::Fresh);
            let again = schedule.redrawn(now, draw);
            prop_assert_eq!(again.serves(now), again.judge(now) == Freshness::Fresh);
        }

        #[test]
        fn freshness_only_gets_worse_as_time_passes(lifetime in 1u64..100_000, draw in 0.0f64..1.0, a in 0u64..200_000, b in 0u64..200_000) {
            let schedule = Schedule::plan(Duration::from_secs(lifetime), at(0, 0), draw);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(schedule.judge(at(early, early)) <= schedule.judge(at(late, late)));
            prop_assert!(schedule.judge(at(early, early)) <= schedule.judge(at(late, early)));
        }
    }
}
