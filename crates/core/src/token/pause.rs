//! How long nobody asks for a token after a failure.

use std::time::Duration;

/// What kind of failure it was, as far as pausing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may work next time; the server may have said when.
    Passing {
        /// `Retry-After`, capped where it was read.
        retry_after: Option<Duration>,
    },
    /// The platform refuses this credential. Every further try counts towards a lock-out.
    CredentialRefused,
    /// The same request would be refused again, but nothing is locked by asking.
    Terminal,
    /// The store still holds what the platform refused, so nothing was asked: the pause that runs goes on.
    Unchanged,
}

/// The pause after the `failures`-th failure in a row (counted from one).
///
/// * Nobody waits while a valid token is `held`, so a passing failure then pauses 30 s at once. Without one every call fails meanwhile, so it starts at
///   1 s and doubles to 5 s: calls work again within five seconds of the platform's return. `Retry-After` wins when it is longer.
/// * A refused credential pauses 30 s, doubling to 5 minutes: at most two tries a minute for one secret.
/// * Other terminal errors are remembered for 1 to 5 s, which turns a storm of calls into a trickle of requests.
///
/// `draw` in `0.0..1.0` shortens the doubling pauses by up to a half, so that processes do not fall into step. An explicit `Retry-After` is never shortened.
#[must_use]
pub fn pause_after(failure: Failure, failures: u32, held: bool, draw: f64) -> Duration {
    let draw = draw.clamp(0.0, 1.0);
    match failure {
        Failure::Passing { retry_after } => {
            let own =
                if held { HELD_PAUSE } else { jittered(doubled(FIRST_PAUSE, failures, LONGEST_PAUSE), draw) };
            own.max(retry_after.unwrap_or_default())
        }
        Failure::CredentialRefused => doubled(REFUSED_PAUSE, failures, LONGEST_REFUSED_PAUSE),
        Failure::Unchanged => Duration::ZERO,
        Failure::Terminal => Duration::from_secs(1) + Duration::from_secs(4).mul_f64(draw),
    }
}

fn doubled(first: Duration, failures: u32, longest: Duration) -> Duration {
    let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(factor.max(1)).min(longest)
}

fn jittered(pause: Duration, draw: f64) -> Duration {
    pause - (pause / 2).mul_f64(draw)
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const HELD_PAUSE: Duration = Duration::from_secs(30);
const REFUSED_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_REFUSED_PAUSE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::{Failure, pause_after};
    use std::time::Duration;

    const PASSING: Failure = Failure::Passing { retry_after: None };

    fn seconds(failure: Failure, failures: u32, held: bool) -> u64 {
        pause_after(failure, failures, held, 0.0).as_secs()
    }

    #[test]
    fn passing_failures_double_to_five_seconds() {
        let pauses: Vec<_> = (1..=8).map(|n| seconds(PASSING, n, false)).collect();
        assert_eq!(pauses, [1, 2, 4, 5, 5, 5, 5, 5]);
        assert_eq!(seconds(PASSING, 1, true), 30, "nobody waits while a valid token is held");
        assert_eq!(seconds(PASSING, u32::MAX, false), 5);
    }

    #[test]
    fn retry_after_wins_when_longer_and_is_never_shortened() {
        let told = Failure::Passing { retry_after: Some(Duration::from_secs(90)) };
        assert_eq!(pause_after(told, 1, false, 0.99), Duration::from_secs(90));
        assert_eq!(pause_after(told, 1, true, 0.99), Duration::from_secs(90));
        let brief = Failure::Passing { retry_after: Some(Duration::ZERO) };
        assert_eq!(seconds(brief, 1, false), 1, "a zero still leaves our own pause");
    }

    #[test]
    fn a_refused_credential_is_tried_at_most_twice_a_minute() {
        let pauses: Vec<_> = (1..=6).map(|n| seconds(Failure::CredentialRefused, n, false)).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 300, 300]);
    }

    #[test]
    fn terminal_errors_are_remembered_for_one_to_five_seconds() {
        assert_eq!(seconds(Failure::Terminal, 9, false), 1);
        assert!(pause_after(Failure::Terminal, 1, false, 0.999) < Duration::from_secs(5));
    }

    #[test]
    fn jitter_shortens_by_up_to_a_half() {
        let pause = |draw| pause_after(PASSING, 3, false, draw);
        assert_eq!(pause(0.0), Duration::from_secs(4));
        assert_eq!(pause(0.5), Duration::from_secs(3));
        assert_eq!(pause(1.0), Duration::from_secs(2));
    }
}
