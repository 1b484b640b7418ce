//! What stands beside the secret: the lease, the hold and the four checkpoints, as one JSON document.
//!
//! Any machine that can read the store can resume from it. It holds names, versions, times and fingerprints, never a value. It is moved by
//! compare-and-set only, so a document that was read and a write that succeeded mean that nothing came between.

use std::collections::BTreeSet;

use hallpass_core::{CopyId, EntryName, Environment, Fault, FaultCode, Secret, SlotId, Version};
use serde::{Deserialize, Serialize};

use super::checkpoints::{Finished, Rotation};
use super::revoke::Revocation;
use super::time::WallTime;
use crate::stored::Form;

/// The schema of the document. A newer one is refused: an older program must not drop what it does not know.
/// Schema 2 knows of secrets that leaked; a document of schema 1 is read as it is.
pub const SCHEMA: u32 = 2;

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// See [`SCHEMA`].
    pub schema: u32,
    /// The entry whose rotation this is about.
    pub entry: EntryName,
    /// The environment it belongs to.
    pub environment: Environment,
    /// How often the lease was taken. Grows only.
    pub term: u64,
    /// Who may act, if somebody may.
    pub lease: Option<Lease>,
    /// Set by a person: nothing may be made, switched or deleted.
    pub hold: Option<Hold>,
    /// How many calls were announced.
    pub calls: u64,
    /// The one call that may be under way.
    pub announced: Option<Announced>,
    /// Calls of `generate` of which nobody knows whether they made a slot.
    pub open: Vec<OpenGenerate>,
    /// Slots of ours that nothing names any more and that are to be deleted.
    pub doomed: BTreeSet<SlotId>,
    /// When a secret was last asked for.
    pub generated: Option<WallTime>,
    /// The slots that were there before the last `generate`: whatever of them the store does not name is not ours.
    pub known: BTreeSet<SlotId>,
    /// The rotation under way.
    pub rotation: Option<Rotation>,
    /// How the one before ended.
    pub last: Option<Finished>,
    /// What leaked and is being ended. Since schema 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Revocation>,
    /// What leaked before that, and was ended. Since schema 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// The right to act, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Who has it.
    pub holder: String,
    /// Which taking of it this was.
    pub term: u64,
    /// Until when, by anybody's wall clock; the holder stops a clock difference earlier.
    pub until: WallTime,
}

/// A person's word that nothing may change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Since when.
    pub since: WallTime,
    /// Why, in the person's words.
    pub reason: String,
}

/// A call that changes something where nothing can be compared: at the platform, or in a store without compare-and-set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// Make a secret, in a new slot or in this one.
    Generate(Option<SlotId>),
    /// Let this slot's secret be used.
    Activate(SlotId),
    /// Let it be used no longer.
    Deactivate(SlotId),
    /// Remove this slot.
    Delete(SlotId),
    /// Reset this slot and throw the value away.
    Discard(SlotId),
    /// Write this version, which is CURRENT, into a copy that the platform keeps.
    Copy(CopyId, Version),
    /// Make this version CURRENT in the place of that one, in a store that cannot compare: no call to the platform, and guarded as one.
    Promote(Version, Version),
}

impl Call {
    /// The slot it is about, if it exists already.
    #[must_use]
    pub fn slot(&self) -> Option<&SlotId> {
        match self {
            Self::Generate(slot) => slot.as_ref(),
            Self::Activate(slot) | Self::Deactivate(slot) | Self::Delete(slot) | Self::Discard(slot) => {
                Some(slot)
            }
            Self::Copy(..) | Self::Promote(..) => None,
        }
    }

    /// Whether a secret that works may no longer do so afterwards.
    #[must_use]
    pub fn ends_a_secret(&self) -> bool {
        matches!(self, Self::Deactivate(_) | Self::Delete(_) | Self::Discard(_) | Self::Generate(Some(_)))
    }
}

/// A call that was announced before it was made: whoever puts the rotation on hold knows what to wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// Which.
    pub call: Call,
    /// Its number: the same call announced again is another one.
    pub number: u64,
    /// It is not made after this, nor is its future polled.
    pub until: WallTime,
}

/// A `generate` that was announced and whose result is not in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenGenerate {
    /// When it was announced.
    pub at: WallTime,
    /// Until when it may have been made.
    pub until: WallTime,
}

impl Document {
    /// A document about nothing yet.
    #[must_use]
    pub fn new(entry: EntryName, environment: Environment) -> Self {
        Self {
            schema: SCHEMA,
            entry,
            environment,
            term: 0,
            lease: None,
            hold: None,
            calls: 0,
            announced: None,
            open: Vec::new(),
            doomed: BTreeSet::new(),
            generated: None,
            known: BTreeSet::new(),
            rotation: None,
            last: None,
            revocation: None,
            revoked: None,
        }
    }

    /// The latest time it names, apart from the lease's: a clock far behind it is wrong, or the one that wrote it was.
    #[must_use]
    pub fn latest(&self) -> Option<WallTime> {
        let rotation = self.rotation.as_ref();
        let marks = [
            rotation.map(|rotation| rotation.intent.at),
            rotation.and_then(|rotation| Some(rotation.pending.as_ref()?.at)),
            rotation.and_then(|rotation| Some(rotation.promoted.as_ref()?.at)),
            rotation.and_then(|rotation| Some(rotation.retire.as_ref()?.at)),
            rotation.and_then(|rotation| Some(rotation.retire.as_ref()?.disabled.as_ref()?.at)),
            self.last.as_ref().map(|last| last.at),
            self.revocation.as_ref().map(|revocation| revocation.at),
            self.generated,
        ];
        marks.into_iter().flatten().max()
    }

    /// Reads what a store holds.
    ///
    /// # Errors
    /// `rotation-refused` for a newer schema; `store-corrupted` for anything that is not such a document.
    pub fn parse(stored: &Secret) -> Result<Self, Fault> {
        FORM.parse(stored)
    }

    /// As a store keeps it.
    #[must_use]
    pub fn stored(&self) -> Secret {
        Secret::new(serde_json::to_vec(self).expect("names, numbers and lists always serialise"))
    }
}

const FORM: Form = Form {
    called: "a rotation's document",
    newest: SCHEMA,
    refused: FaultCode::RotationRefused,
    remedy: "look at the entry; if it is not in use, remove it and plan the rotation again",
};

#[cfg(test)]
mod tests {
    use super::Document;
    use hallpass_core::{FaultCode, Secret};

    fn document() -> Document {
        Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap())
    }

    #[test]
    fn it_survives_being_stored() {
        assert_eq!(Document::parse(&document().stored()).unwrap(), document());
    }

    #[test]
    fn a_newer_schema_is_refused_before_anything_else_is_read() {
        let text = r#"{"schema":3,"things":"unheard of"}"#;
        let fault = Document::parse(&Secret::from(text)).unwrap_err();
        assert_eq!(fault.code(), FaultCode::RotationRefused);
        assert!(fault.detail().contains("newer"), "{fault}");
    }

    #[test]
    fn anything_else_is_damage_and_is_not_quoted() {
        let whole = document().stored();
        for end in 0..whole.len() {
            let cut = Secret::new(whole.expose()[..end].to_vec());
            assert_eq!(Document::parse(&cut).unwrap_err().code(), FaultCode::StoreCorrupted, "{end}");
        }
        let strange = whole.expose_str().unwrap().replace("\"term\"", "\"canary\"");
        let fault = Document::parse(&Secret::from(strange)).unwrap_err();
        assert!(!format!("{fault} {fault:?} {}", fault.hint()).contains("canary"));
    }
}
