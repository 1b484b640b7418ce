//! What a rotation is to do and within which times: settings as values, checked once.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{
    Capabilities, CompareAndSet, CopyId, EntryName, Environment, Fault, FaultCode, IntegrationName,
    StoreTraits,
};

use super::evidence::Overlap;
use super::strategy::Wanted;

/// The two entries of one integration's rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// Where the secret rests.
    pub secret: EntryName,
    /// Where lease and checkpoints rest, unless they rest in another store.
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
    /// What keeps two writers of the secret's store apart, as it says itself: decides how a promotion is guarded.
    pub compare_and_set: CompareAndSet,
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
    /// How long both secrets may live at the platform at most, where the platform or whoever configures it sets a limit.
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
    /// The copies of the secret that the platform itself keeps.
    pub copies: BTreeSet<CopyId>,
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
    /// Whether the plan can be carried out with such a store, and with the document in another store (`apart`) or beside the secret.
    ///
    /// # Errors
    /// `rotation-refused` with the reason.
    pub fn check(&self, store: StoreTraits, apart: bool) -> Result<(), Fault> {
        self.check_store(store, apart)?;
        self.check_windows()
    }

    /// Whether a new secret and what is to be known of it could be kept in such a store.
    ///
    /// # Errors
    /// As [`Plan::check`].
    pub(super) fn check_store(&self, store: StoreTraits, apart: bool) -> Result<(), Fault> {
        can_keep(store, apart)?;
        if store.compare_and_set != self.compare_and_set {
            return Err(Fault::new(FaultCode::Internal, "the plan is for a store of another kind"));
        }
        if self.entries.secret == self.entries.checkpoint {
            let detail = "the checkpoints would stand in the secret's own entry".to_owned();
            return Err(refused(detail, "give them an entry of their own"));
        }
        Ok(())
    }

    fn check_windows(&self) -> Result<(), Fault> {
        self.fits()?;
        let both_live = self.both_live().total();
        if both_live >= self.every {
            let (both_live, every) = (super::Spoken(both_live), super::Spoken(self.every));
            let detail = format!(
                "two secrets would live together for {both_live}, so a rotation every {every} would never end"
            );
            return Err(refused(detail, "rotate less often"));
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

/// Whether a rotation can keep its new secret in such a store, and what it agrees on with others somewhere.
fn can_keep(store: StoreTraits, apart: bool) -> Result<(), Fault> {
    let scheme = store.scheme;
    let (detail, hint) = match (store.writable, store.compare_and_set, apart) {
        (true, CompareAndSet::Own, false) | (true, CompareAndSet::ByDocument, true) => return Ok(()),
        (false, ..) => (
            format!("a `{scheme}:` store cannot be written, so a new secret could not be kept"),
            "keep the secret in a store that hallpass can write, such as `local:`",
        ),
        (true, CompareAndSet::None, _) => (
            format!(
                "a `{scheme}:` store has no compare-and-set, so two rotations at once could not be told apart"
            ),
            "keep the secret in a store that compares and sets",
        ),
        (true, CompareAndSet::ByDocument, false) => (
            format!(
                "a `{scheme}:` store has no compare-and-set, and nothing says where rotations of it agree"
            ),
            "name a key in the integration's table `rotation`: document = \"azure-appconfig:https://STORE.azconfig.io/kv/KEY\"",
        ),
        (true, CompareAndSet::Own, true) => (
            format!(
                "a `{scheme}:` store compares and sets by itself: rotations of it agree beside the secret, and `document` names another place"
            ),
            "remove `document` from the integration's table `rotation`",
        ),
    };
    Err(refused(detail, hint))
}

fn refused(detail: String, hint: &str) -> Fault {
    Fault::new(FaultCode::RotationRefused, detail).with_hint(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::can_keep;
    use hallpass_core::{CompareAndSet, StoreTraits};

    #[test]
    fn what_a_store_says_of_itself_decides_and_not_its_name() {
        use CompareAndSet::{ByDocument, None, Own};
        for (writable, compare_and_set, apart, says) in [
            (true, Own, false, ""),
            (true, ByDocument, true, ""),
            (true, Own, true, "remove `document`"),
            (true, ByDocument, false, "document = \"azure-appconfig:"),
            (true, None, true, "that compares and sets"),
            (true, None, false, "that compares and sets"),
            (false, Own, false, "that hallpass can write"),
            (false, ByDocument, true, "that hallpass can write"),
            (false, None, false, "that hallpass can write"),
        ] {
            for scheme in ["local", "azure-kv"] {
                let kept = can_keep(StoreTraits { scheme, writable, compare_and_set }, apart);
                let hint = kept.as_ref().err().map(|fault| fault.hint().to_owned());
                assert_eq!(kept.is_ok(), says.is_empty(), "{compare_and_set:?}, apart {apart}");
                assert!(hint.is_none_or(|hint| hint.contains(says)), "{compare_and_set:?}, apart {apart}");
            }
        }
    }
}
