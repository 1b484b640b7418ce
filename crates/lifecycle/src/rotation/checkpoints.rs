//! The four checkpoints of a rotation, and how it ended.

use std::collections::BTreeMap;

use hallpass_core::{CopyId, Fingerprint, SlotId, Version};
use serde::{Deserialize, Serialize};

use super::strategy::Strategy;
use super::stuck::Stuck;
use super::time::WallTime;

/// One rotation and its checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Its id, for journal and audit log.
    pub id: String,
    /// The strategy it was begun with; a change of configuration does not change it.
    pub strategy: Strategy,
    /// Whether it goes back to the secret before.
    pub undo: bool,
    /// Whether it is only being cleared away.
    pub abandoned: bool,
    /// Checkpoint one.
    pub intent: Intent,
    /// How many pending secrets were refused and given up.
    pub refused: u8,
    /// A pending secret that was given up and not yet removed.
    pub dropped: Option<Dropped>,
    /// Checkpoint two.
    pub pending: Option<PendingMark>,
    /// The tries with it that were answered, or may have been.
    pub tries: Option<TryMark>,
    /// Checkpoint three.
    pub promoted: Option<PromotedMark>,
    /// Checkpoint four.
    pub retire: Option<RetireMark>,
    /// What stood here before it was turned round, for the case that there is nothing to go back to.
    pub forward: Option<Box<Forward>>,
    /// When a person last said to go on: patience counts from here.
    pub resumed: Option<WallTime>,
    /// Why a person is needed, if one is.
    pub stuck: Option<Stuck>,
}

/// The checkpoints of a rotation that was turned round.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// Checkpoint one.
    pub intent: Intent,
    /// Checkpoint two.
    pub pending: PendingMark,
    /// Checkpoint three.
    pub promoted: PromotedMark,
}

/// What a rotation starts from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// When it began.
    pub at: WallTime,
    /// CURRENT then.
    pub version: Version,
    /// The slot CURRENT named.
    pub slot: SlotId,
    /// CURRENT's fingerprint.
    pub fingerprint: Fingerprint,
    /// What the platform said of that slot's state, where it does: a change that is not ours shows in it.
    pub revision: Option<String>,
    /// Whether that slot was on.
    pub active: bool,
    /// The slot that gets the new secret; none where a new slot is made.
    pub target: Option<SlotId>,
}

/// The secret being proved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingMark {
    /// When it was stored.
    pub at: WallTime,
    /// Its version in the store.
    pub version: Version,
    /// Its slot.
    pub slot: SlotId,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Until when an announced promotion of it may be made, where one was: it may be CURRENT although a look does not show it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoting: Option<WallTime>,
}

/// How often a pending secret was tried, by whatever machines. A try is counted before it is made, so that one whose maker died counts; one that was
/// not answered, or answered well, is taken off again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryMark {
    /// Its version in the store.
    pub version: Version,
    /// How often.
    pub count: u8,
    /// When the first of these tries was announced.
    pub first: WallTime,
    /// When the last was.
    pub last: WallTime,
}

/// A pending secret that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// Its version in the store.
    pub version: Version,
    /// Its slot.
    pub slot: SlotId,
}

/// When readers began to get the new secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromotedMark {
    /// When.
    pub at: WallTime,
    /// What the platform said of the new slot's state.
    pub revision: Option<String>,
    /// Whether the consumers were told.
    pub notified: bool,
    /// The copies at the platform that hold it, and since when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copied: BTreeMap<CopyId, WallTime>,
    /// When the consumers had been told. The overlap is counted from here: telling may fail for hours, and until then a function is started with the old secret in its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<WallTime>,
}

impl PromotedMark {
    /// Since when nobody is given the old secret any more: consumers may have been told, and the last copy been written, days after the promotion.
    #[must_use]
    pub fn spread(&self) -> WallTime {
        self.copied.values().copied().fold(self.told.unwrap_or(self.at), WallTime::max)
    }
}

/// The exact slot that is being retired.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetireMark {
    /// When this was decided.
    pub at: WallTime,
    /// The slot.
    pub slot: SlotId,
    /// The fingerprint of its secret.
    pub fingerprint: Fingerprint,
    /// When it was seen to be switched off: the watch window counts from here.
    pub disabled: Option<DisabledMark>,
    /// Whether its secret may have been reset and thrown away already.
    pub discarding: bool,
}

/// The old slot, switched off.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisabledMark {
    /// Seen when.
    pub at: WallTime,
    /// What the platform said of its state then.
    pub revision: Option<String>,
}

/// A rotation that ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// Its id.
    pub id: String,
    /// When.
    pub at: WallTime,
    /// How.
    pub outcome: Outcome,
}

/// How a rotation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The new secret is CURRENT and the old one is gone.
    Rotated,
    /// The old secret is CURRENT again and the new one is gone.
    Undone,
    /// Nothing was promoted; what was made is gone.
    Abandoned,
    /// Somebody else changed CURRENT: nothing more was touched.
    Superseded,
    /// What leaked is gone.
    Revoked,
}

impl Outcome {
    /// As people read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rotated => "rotated",
            Self::Undone => "undone",
            Self::Abandoned => "abandoned",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
        }
    }
}
