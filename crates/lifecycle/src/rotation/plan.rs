//! What a rotation is to do and within which times: settings as values, checked once.

use std::time::Duration;

use hallpass_core::{Capabilities, EntryName, Environment, Fault, FaultCode, IntegrationName, StoreTraits};

use super::evidence::Overlap;
use super::strategy::Wanted;

/// The two entries of one integration's rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// Where the secret rests.
    pub secret: EntryName,
    /// Where lease and checkpoints rest.
    pub checkpoint: EntryName,
}

impl Entries {
    /// The checkpoint's entry is the secret's name and `suffix`, such as `.rotation`. A store that restricts names (Key Vault takes letters, digits
    /// and `-`) needs a suffix of its own.
    ///
    /// # Errors
    /// `reference-malformed` when the name gets too long.
    pub fn beside(secret: EntryName, suffix: &str) -> Result<Self, Fault> {
        let checkpoint = format!("{secret}{suffix}").parse()?;
        Ok(Self { secret, checkpoint })
    }
}

/// Everything a decision needs besides what is seen.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The integration, for texts.
    pub integration: IntegrationName,
    /// Where its secret and its checkpoints rest.
    pub entries: Entries,
    /// The environment this runs for. There is no default: the costliest outage of this kind was a secret that went to the default environment.
    pub environment: Environment,
    /// What the platform can do.
    pub capabilities: Capabilities,
    /// The strategy asked for.
    pub wanted: Wanted,
    /// Whether `regenerate` may be used.
    pub accept_downtime_risk: bool,
    /// Whether the secret being rotated is the one that rotates.
    pub own_identity: bool,
    /// How often the secret is to be replaced.
    pub every: Duration,
    /// The shortest time from the end of one rotation to the begin of the next.
    pub min_interval: Duration,
    /// How long consumers may go on with the old secret.
    pub overlap: Overlap,
    /// How long both secrets may live at the platform at most, where it says so.
    pub platform_window: Option<Duration>,
    /// How long the platform must not have seen the old secret before it is retired: the longest token lifetime and the platform's rounding.
    pub quiet: Duration,
    /// How long the old secret stays switched off, and can be switched on again, before it is removed.
    pub watch: Duration,
    /// How long after the overlap missing evidence is waited for before a person is asked.
    pub patience: Duration,
    /// Whether the arithmetic alone may retire a secret, where the platform says nothing of its last use and no consumer is registered.
    pub arithmetic_suffices: bool,
    /// How long this run waits at one place; beyond that it ends, and the next run goes on.
    pub stay: Duration,
    /// The pace of the engine.
    pub pace: Pace,
}

/// Times of the engine itself. A user does not set them; a model checker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a lease lasts. Long enough for the slowest step between two renewals (a call and its time-out), short enough that the
    /// next machine need not wait long for a dead one.
    pub lease: Duration,
    /// How long an announced call may take.
    pub call: Duration,
    /// The largest difference between the clocks of two machines. The token core's margins reckon with the same minute.
    pub skew: Duration,
    /// How old what was seen may be when something is changed.
    pub fresh: Duration,
    /// How often evidence is read again.
    pub poll: Duration,
    /// The shortest time in which a new secret may become usable: five tries are spread over it.
    pub verify: Duration,
    /// How often a call that failed for a passing cause is tried in all.
    pub tries: u8,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            lease: seconds(300),
            call: seconds(60),
            skew: seconds(60),
            fresh: seconds(30),
            poll: seconds(300),
            verify: seconds(60),
            tries: 4,
        }
    }
}

impl Plan {
    /// Whether the plan can be carried out with such a store.
    ///
    /// # Errors
    /// `rotation-refused` with the reason.
    pub fn check(&self, store: StoreTraits) -> Result<(), Fault> {
        self.check_store(store)?;
        self.check_windows()
    }

    /// Whether a new secret and what is to be known of it could be kept in such a store.
    ///
    /// # Errors
    /// As [`Plan::check`].
    pub(super) fn check_store(&self, store: StoreTraits) -> Result<(), Fault> {
        if !store.writable {
            return refuse(
                format!("a `{}:` store cannot be written, so a new secret could not be kept", store.scheme),
                "keep the secret in a store that hallpass can write, such as `local:`",
            );
        }
        if !store.compare_and_set {
            return refuse(
                format!(
                    "a `{}:` store has no compare-and-set, so two rotations at once could not be told apart",
                    store.scheme
                ),
                "keep the secret in a store that compares and sets",
            );
        }
        if self.entries.secret == self.entries.checkpoint {
            return refuse(
                "the checkpoints would stand in the secret's own entry".into(),
                "give them an entry of their own",
            );
        }
        Ok(())
    }

    fn check_windows(&self) -> Result<(), Fault> {
        let both_live = self.overlap.total().saturating_add(self.watch);
        if let Some(window) = self.platform_window.filter(|window| *window < both_live) {
            return refuse(
                format!(
                    "both secrets would live for {}, the platform allows {}",
                    super::Spoken(both_live),
                    super::Spoken(window)
                ),
                "shorten caches, token lifetime or the watch window",
            );
        }
        if both_live >= self.every {
            return refuse(
                format!(
                    "overlap and watch window take {}, so a rotation every {} would never end",
                    super::Spoken(both_live),
                    super::Spoken(self.every)
                ),
                "rotate less often",
            );
        }
        Ok(())
    }

    /// The shortest time between two calls of `generate`.
    #[must_use]
    pub fn between_generates(&self) -> Duration {
        self.capabilities.min_interval
    }

    /// How long a new secret may be refused before it counts as refused.
    #[must_use]
    pub fn verify_window(&self) -> Duration {
        self.pace.verify.max(self.capabilities.activation_delay)
    }
}

fn refuse(detail: String, hint: &str) -> Result<(), Fault> {
    Err(Fault::new(FaultCode::RotationRefused, detail).with_hint(hint.to_owned()))
}
