//! A cold start: how long each phase took, and which secrets are not there yet.
//!
//! ```text
//!   main ──▶ configured ──▶ listening ──▶ stores connected ──▶ secrets read ──▶ first token ──▶ first answer
//! ```
//!
//! Callers are served from *listening* on: whoever comes before the secrets are read joins the read that is under way.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Moment;
use crate::fault::Fault;
use crate::names::IntegrationName;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// The end of a phase of a cold start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The configuration is read and found good.
    Configured,
    /// Every part is wired and the listeners are bound.
    Listening,
    /// Every store has its identity and connection.
    Connected,
    /// The secret of every integration is in memory.
    Secrets,
    /// The first token was granted.
    Token,
    /// The first call was answered by a platform.
    Answered,
}

impl Phase {
    /// All of them, in the order in which a start passes them.
    pub const ALL: [Self; 6] =
        [Self::Configured, Self::Listening, Self::Connected, Self::Secrets, Self::Token, Self::Answered];

    /// As status, metrics and the log name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Configured => "config",
            Self::Listening => "listening",
            Self::Connected => "store_connect",
            Self::Secrets => "secret",
            Self::Token => "token",
            Self::Answered => "first_answer",
        }
    }
}

/// Where the secret of one integration is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum SecretState {
    /// On its way.
    Reading,
    /// In memory.
    Read,
    /// The last read failed; the next is tried by itself.
    Missing {
        /// The fault's name.
        fault: &'static str,
        /// What it said. Nothing in it is secret, but it names places.
        detail: String,
        /// What to do about it.
        hint: String,
    },
}

/// One process's cold start. Marking is lock-free; each phase ends once.
pub struct ColdStart {
    began: Moment,
    /// Microseconds since the beginning, plus one; zero while the phase lasts.
    marks: [AtomicU64; Phase::ALL.len()],
    secrets: Mutex<BTreeMap<IntegrationName, SecretState>>,
}

impl ColdStart {
    /// A start that began at `began`: the first thing a process looks at.
    #[must_use]
    pub fn begun(began: Moment) -> Self {
        Self { began, marks: Default::default(), secrets: Mutex::default() }
    }

    /// Notes that `phase` ended `now`. True for the first call, which alone counts.
    pub fn reached(&self, phase: Phase, now: Moment) -> bool {
        let mark = &self.marks[phase as usize];
        // Monotonic time: a frozen sandbox does not start meanwhile.
        let after = now.monotonic.saturating_sub(self.began.monotonic).as_micros();
        let value = u64::try_from(after).unwrap_or(u64::MAX - 1).saturating_add(1);
        mark.load(Ordering::Relaxed) == 0
            && mark.compare_exchange(0, value, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// How long after the beginning `phase` ended, if it has.
    #[must_use]
    pub fn after(&self, phase: Phase) -> Option<Duration> {
        let mark = self.marks[phase as usize].load(Ordering::Acquire);
        mark.checked_sub(1).map(Duration::from_micros)
    }

    /// Notes where the secret of `integration` is.
    pub fn secret(&self, integration: &IntegrationName, state: SecretState) {
        lock(&self.secrets).insert(integration.clone(), state);
    }

    /// Where the secret of `integration` is; `None` if nobody reads it ahead of the first call.
    #[must_use]
    pub fn secret_of(&self, integration: &str) -> Option<SecretState> {
        let secrets = lock(&self.secrets);
        secrets.iter().find(|(name, _)| name.as_str() == integration).map(|(_, state)| state.clone())
    }
}

impl SecretState {
    /// What `fault` left.
    #[must_use]
    pub fn missing(fault: &Fault) -> Self {
        let (detail, hint) = (fault.to_string(), fault.hint().to_owned());
        Self::Missing { fault: fault.code().name(), detail, hint }
    }
}

impl fmt::Debug for ColdStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phases = Phase::ALL.map(|phase| (phase.name(), self.after(phase)));
        f.debug_struct("ColdStart").field("phases", &phases).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{ColdStart, Phase, SecretState};
    use crate::clock::Moment;
    use crate::fault::{Fault, FaultCode};
    use std::time::Duration;

    fn at(millis: u64) -> Moment {
        Moment { wall: Duration::from_secs(9), monotonic: Duration::from_millis(millis) }
    }

    #[test]
    fn a_phase_ends_once() {
        let start = ColdStart::begun(at(1000));
        assert_eq!(start.after(Phase::Configured), None);
        assert!(start.reached(Phase::Configured, at(1000)), "at once is an end too");
        assert!(start.reached(Phase::Answered, at(1250)));
        assert!(!start.reached(Phase::Answered, at(9000)));
        assert_eq!(start.after(Phase::Configured), Some(Duration::ZERO));
        assert_eq!(start.after(Phase::Answered), Some(Duration::from_millis(250)));
        assert_eq!(start.after(Phase::Token), None);
    }

    #[test]
    fn the_last_word_about_a_secret_counts() {
        let start = ColdStart::begun(at(0));
        let name = "queue-sync".parse().unwrap();
        assert_eq!(start.secret_of("queue-sync"), None);
        start.secret(&name, SecretState::missing(&Fault::new(FaultCode::EntryNotFound, "`a`")));
        let SecretState::Missing { fault, hint, .. } = start.secret_of("queue-sync").unwrap() else {
            panic!("it is missing")
        };
        assert_eq!(fault, "entry-not-found");
        assert!(!hint.is_empty());
        start.secret(&name, SecretState::Read);
        assert_eq!(start.secret_of("queue-sync"), Some(SecretState::Read));
    }
}
