//! What is: the document, the stages of the entry, the slots at the platform.

use hallpass_core::{
    Credential, Environment, Fault, FaultCode, Fingerprint, Secret, Slot, SlotId, StoredSecret, Version,
};
use serde::{Deserialize, Serialize};

use super::checkpoints::Rotation;
use super::document::Document;
use super::time::WallTime;

/// Everything a decision is made from. Read from store and platform, never remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// When reading began.
    pub at: WallTime,
    /// The document beside the secret, with its version.
    pub document: Option<(Version, Document)>,
    /// What readers use.
    pub current: Option<Held>,
    /// What they used before.
    pub previous: Option<Held>,
    /// What may become CURRENT.
    pub pending: Option<Held>,
    /// When CURRENT was written, where the store says so.
    pub written: Option<WallTime>,
    /// The slots at the platform.
    pub slots: Vec<Slot>,
}

/// One version of the entry, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Held {
    /// Its version.
    pub version: Version,
    /// The slot it names; none when the value is not a credential of this platform.
    pub slot: Option<SlotId>,
    /// Its fingerprint.
    pub fingerprint: Option<Fingerprint>,
    /// The environment it says it belongs to.
    pub environment: Option<Environment>,
}

impl Held {
    /// Reads a stored value; `slot_member` is [`hallpass_core::Capabilities::slot_member`].
    #[must_use]
    pub fn of(stored: &StoredSecret, slot_member: &str) -> Self {
        let version = stored.version.clone();
        let Ok(credential) = Credential::parse(&stored.value, version.clone(), &[slot_member]) else {
            return Self { version, slot: None, fingerprint: None, environment: None };
        };
        Self {
            version,
            slot: credential.member(slot_member).and_then(Secret::expose_str).map(SlotId::new),
            fingerprint: Some(credential.fingerprint()),
            environment: credential.environment().cloned(),
        }
    }
}

impl Seen {
    /// The rotation under way.
    #[must_use]
    pub fn rotation(&self) -> Option<&Rotation> {
        self.document.as_ref()?.1.rotation.as_ref()
    }

    /// The slot of that id, if the platform has it.
    #[must_use]
    pub fn slot(&self, id: &SlotId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.id == *id)
    }

    /// Whether some stage of the entry names the slot.
    #[must_use]
    pub fn names(&self, id: &SlotId) -> bool {
        let stages = [&self.current, &self.previous, &self.pending];
        stages.into_iter().flatten().any(|held| held.slot.as_ref() == Some(id))
    }

    /// CURRENT with everything that a rotation needs of it.
    ///
    /// # Errors
    /// `entry-not-found`, and `credential-malformed` when it names no slot.
    pub fn whole_current(&self) -> Result<(&Version, &SlotId, Fingerprint), Fault> {
        let held = self
            .current
            .as_ref()
            .ok_or_else(|| Fault::new(FaultCode::EntryNotFound, "there is no secret to rotate yet"))?;
        match (&held.slot, held.fingerprint) {
            (Some(slot), Some(fingerprint)) => Ok((&held.version, slot, fingerprint)),
            _ => Err(Fault::new(
                FaultCode::CredentialMalformed,
                "the stored secret does not name its client or key",
            )),
        }
    }
}
