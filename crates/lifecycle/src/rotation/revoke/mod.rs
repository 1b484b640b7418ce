//! Revoking: a secret has leaked, and it has to die now.
//!
//! A mark beside the secret says which secrets leaked and who consented to what that costs. While it stands, every run of every machine is in a
//! hurry: it looks for no evidence, soaks and watches nothing, and what a rotation would keep for going back is ended at once.
//!
//! ```text
//!   mark ─▶ [off, with disable-first] ─▶ what leaked beside CURRENT: off, reset or deleted ─▶ a rotation in a hurry ─▶ closed
//!                                                                                               │
//!                                            new one made, proved, promoted, told ─▶ old one off, reset or deleted, refused
//! ```
//!
//! The mark is set as a hold is: by compare-and-set, without the lease. Whoever is rotating at that moment loses its next write, reads the mark, and goes on with it.

mod close;
mod decide;
mod evidence;
mod exposure;
mod mark;
mod retire;
mod run;
mod set;
mod strangers;

use std::time::Duration;

use hallpass_core::{Capabilities, Fingerprint, LastUsed, SlotId};
use serde::{Deserialize, Serialize};

use super::document::{Document, Hold};
use super::event::Verdict;
use super::time::WallTime;

pub(super) use decide::decide;
pub use evidence::{Evidence, Word, evidence};
pub use exposure::{Exposure, exposure};
pub use mark::{Consent, mark};
pub(super) use retire::{retire, tell};
pub use strangers::{Lookout, Stranger, Why};

/// That secrets leaked, and how far it is with ending them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Its id, for the audit log.
    pub id: String,
    /// When somebody consented to it.
    pub at: WallTime,
    /// On which machine.
    pub by: String,
    /// Why, in that person's words.
    pub reason: String,
    /// Whether what leaked is switched off before there is a new secret.
    pub disable_first: bool,
    /// The hold that this goes past, because a person said so. One that is set later wins.
    pub despite: Option<Hold>,
    /// What leaked.
    pub leaked: Vec<Leaked>,
    /// When the last of it was gone.
    pub ended: Option<WallTime>,
}

/// One secret that leaked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaked {
    /// Where it lives.
    pub slot: SlotId,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// When the platform had last seen its slot being used, as it said the last time that it was asked before the end.
    pub last_used: LastUsed,
    /// When it was first seen to be off, reset or gone.
    pub off: Option<WallTime>,
    /// What the platform said when a token was asked for with it afterwards.
    pub tried: Option<Tried>,
    /// Since when it cannot come back: its slot is gone, or has another secret.
    pub gone: Option<WallTime>,
}

/// A token request with a secret that leaked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// When.
    pub at: WallTime,
    /// What came of it.
    pub verdict: Verdict,
}

/// What is written down of a secret that leaked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noted {
    /// It is off, reset or gone; with what the platform says of its last use.
    Off(LastUsed),
    /// A token was asked for with it.
    Tried(Verdict),
    /// It cannot come back.
    Gone,
}

impl Leaked {
    /// Until when a token that it was granted may live: it may have been granted until the platform refused the secret, and for as long as the platform says it
    /// takes to do so everywhere. `None` while it is on.
    #[must_use]
    pub fn may_live_until(&self, lifetime: Duration, platform: &Capabilities) -> Option<WallTime> {
        let off = self.off?.after(platform.revoke_delay);
        let refused = self.tried.as_ref().map_or(off, |tried| tried.at);
        Some(off.max(refused).after(lifetime))
    }
}

impl Revocation {
    /// What is not gone yet.
    pub(super) fn open(&self) -> impl Iterator<Item = &Leaked> {
        self.leaked.iter().filter(|leaked| leaked.gone.is_none())
    }

    /// Whether that very secret leaked.
    #[must_use]
    pub fn names(&self, slot: &SlotId, fingerprint: Fingerprint) -> bool {
        self.leaked.iter().any(|leaked| leaked.slot == *slot && leaked.fingerprint == fingerprint)
    }

    /// Whether this goes past `hold`.
    pub(super) fn passes(&self, hold: &Hold) -> bool {
        self.despite.as_ref() == Some(hold)
    }

    /// Notes something of that secret.
    pub(super) fn note(&mut self, slot: &SlotId, fingerprint: Fingerprint, noted: &Noted, now: WallTime) {
        let found = self.leaked.iter_mut();
        for leaked in found.filter(|leaked| leaked.slot == *slot && leaked.fingerprint == fingerprint) {
            match noted {
                Noted::Off(last_used) => {
                    leaked.last_used = *last_used;
                    leaked.off = leaked.off.or(Some(now));
                }
                Noted::Tried(verdict) => leaked.tried = Some(Tried { at: now, verdict: verdict.clone() }),
                Noted::Gone => {
                    leaked.off = leaked.off.or(Some(now));
                    leaked.gone = leaked.gone.or(Some(now));
                }
            }
        }
    }
}

impl Document {
    /// Whether that very secret leaked, by the revocation under way or the last one.
    #[must_use]
    pub fn has_leaked(&self, slot: &SlotId, fingerprint: Fingerprint) -> bool {
        let both = [&self.revocation, &self.revoked];
        both.into_iter().flatten().any(|revocation| revocation.names(slot, fingerprint))
    }
}
