//! What the cache knows besides the token itself, and the decisions on it. No clock, no lock, no I/O in here.

use std::time::Duration;

use super::access::AccessToken;
use super::freshness::{Freshness, Schedule};
use super::lifetime::SHORT_LIFETIME;
use super::mint::{MintFault, Minted};
use super::pause::{Failure, pause_after};
use crate::clock::{Deadline, Moment};
use crate::fault::{Fault, FaultCode};

/// What became of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// That generation is retired (now or earlier); ask for another token.
    Retired,
    /// A newer token is there already; use it.
    Replaced,
    /// A fresh token was just refused in the same way: another one would not help. Nothing was retired.
    Futile,
}

/// Everything about an integration's token that changes together, under one lock.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The generation of the newest token there ever was.
    pub(super) generation: u64,
    /// The newest token that the platform rejected.
    pub(super) rejected: u64,
    pub(super) pause: Option<Pause>,
    failures: u32,
    refusals: u32,
    futile: Option<(u64, Deadline)>,
}

/// Until when nobody asks, and what callers without a token are told meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Pause {
    pub(super) until: Deadline,
    pub(super) fault: Fault,
    /// After a refused credential: from when on the store may be looked at for another one.
    peek_at: Option<Deadline>,
    /// The server named the time.
    told: bool,
}

impl State {
    /// What callers are told while pausing, with the rest of the pause as `Retry-After`; `None` when a flight may start.
    pub(super) fn paused(&self, now: Moment) -> Option<Fault> {
        let pause = self.pause.as_ref()?;
        let left = pause.until.remaining(now);
        (!left.is_zero()).then(|| pause.fault.clone().with_retry_after(round_up(left)))
    }

    /// Whether, while pausing, it is time to look whether the store holds another credential by now. Such a look costs a read and no token request,
    /// and a new version ends the pause at once.
    pub(super) fn may_peek(&self, now: Moment) -> bool {
        self.pause.as_ref().and_then(|pause| pause.peek_at).is_some_and(|at| at.reached(now))
    }

    /// The next token out of what was granted, or why it is unusable.
    ///
    /// Progress rule: while `held` is valid, a token that does not expire later is no progress but a failure, otherwise a server that hands out the
    /// same short token again and again would be asked on every call.
    pub(super) fn accept(
        &self,
        minted: Minted,
        held: Option<&AccessToken>,
        now: Moment,
        draw: f64,
    ) -> Result<AccessToken, MintFault> {
        let lifetime = minted.grant.lifetime.unwrap_or(SHORT_LIFETIME);
        let schedule = Schedule::plan(lifetime, minted.asked, draw);
        let unusable = |what| MintFault {
            fault: Fault::new(FaultCode::TokenAnswerBad, what),
            failure: Failure::Passing { retry_after: None },
        };
        if schedule.judge(now) == Freshness::Expired {
            return Err(unusable("the token had expired when it arrived"));
        }
        if held.is_some_and(|held| !schedule.expiry.is_after(held.expiry(), now)) {
            return Err(unusable("the new token does not live longer than the present one"));
        }
        let generation = self.generation + 1;
        AccessToken::new(generation, minted.grant.access_token, schedule)
            .ok_or_else(|| unusable("the token cannot stand in a header"))
    }

    pub(super) fn succeeded(&mut self, generation: u64) {
        self.generation = generation;
        (self.failures, self.refusals) = (0, 0);
        self.pause = None;
    }

    /// Notes a failure and starts the pause. While a valid token is held, a pause that would outlast it is shortened so that the last try
    /// falls before expiry.
    pub(super) fn failed(&mut self, failed: &MintFault, held: Option<&AccessToken>, now: Moment, draw: f64) {
        let peek_at = now.deadline(PEEK_EVERY);
        if failed.failure == Failure::Unchanged {
            if let Some(pause) = &mut self.pause {
                pause.peek_at = Some(peek_at);
            }
            return;
        }
        let refused = failed.failure == Failure::CredentialRefused;
        // Each kind in a row of its own: a refusal after an outage is the first refusal.
        let row = if refused { &mut self.refusals } else { &mut self.failures };
        *row = row.saturating_add(1);
        let mut pause = pause_after(failed.failure, *row, held.is_some(), draw);
        let told = matches!(failed.failure, Failure::Passing { retry_after: Some(_) });
        if let Some(left) =
            held.map(|held| held.expiry().remaining(now)).filter(|left| *left <= pause && !told && !refused)
        {
            pause = (left / 2).max(SHORTEST_PAUSE);
        }
        let peek_at = refused.then_some(peek_at);
        self.pause = Some(Pause { until: now.deadline(pause), fault: failed.fault.clone(), peek_at, told });
    }

    /// What a rejection of `generation` means, given the token `held` now. Retiring is the caller's act.
    pub(super) fn judge_rejection(
        &mut self,
        generation: u64,
        held: Option<&AccessToken>,
        now: Moment,
    ) -> Rejection {
        let futile = self.futile.is_some_and(|(refused, until)| refused == generation && !until.reached(now));
        match held {
            Some(held) if held.generation() > generation => Rejection::Replaced,
            Some(held) if held.generation() == generation && futile => Rejection::Futile,
            _ => {
                self.rejected = self.rejected.max(generation);
                self.hurry(now);
                Rejection::Retired
            }
        }
    }

    /// A pause of our own that was made while a token was held is too long now that there is none.
    fn hurry(&mut self, now: Moment) {
        let soon = now.deadline(SHORTEST_PAUSE);
        let own =
            |pause: &&mut Pause| !pause.told && pause.peek_at.is_none() && pause.until.is_after(soon, now);
        if let Some(pause) = self.pause.as_mut().filter(own) {
            pause.until = soon;
        }
    }

    /// Remembers that `generation` was refused in a replay: for some seconds its rejection proves nothing about the token.
    pub(super) fn replay_failed(&mut self, generation: u64, now: Moment) {
        self.futile = Some((generation, now.deadline(FUTILE_FOR)));
    }
}

/// `Retry-After` has whole seconds; rounding down would invite callers back too early.
fn round_up(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

/// A storm of calls that no token can satisfy costs one token request in this time.
const FUTILE_FOR: Duration = Duration::from_secs(5);
/// Twelve reads of the store a minute at most, and only while somebody calls: cheap beside minutes of refused calls after a secret was replaced.
const PEEK_EVERY: Duration = Duration::from_secs(5);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
