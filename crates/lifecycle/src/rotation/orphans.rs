//! Slots that nothing names: which of them are ours.
//!
//! A slot is ours only if a call of ours explains it: a `generate` was announced, nobody saw its reply, and the slot was not there before, was
//! made at that time as far as the platform says, and was never used, since nobody holds its secret. Everything else belongs to somebody.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{LastUsed, Slot, SlotId};

use super::amend::ORPHAN_WINDOW;
use super::document::Document;
use super::seen::Seen;
use super::time::WallTime;

/// Slots that appeared and that neither store nor checkpoints name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Newcomers {
    /// None.
    None,
    /// Every one is explained.
    Ours(BTreeSet<SlotId>),
    /// These are not; they are never touched.
    Strange(BTreeSet<SlotId>),
}

/// What appeared since the last `generate` was announced.
pub(super) fn newcomers(
    seen: &Seen,
    document: &Document,
    in_hand: Option<&SlotId>,
    skew: Duration,
) -> Newcomers {
    let nameless =
        |slot: &&Slot| !seen.names(&slot.id) && !is_marked(document, &slot.id) && in_hand != Some(&slot.id);
    let nameless: Vec<&Slot> = seen.slots.iter().filter(nameless).collect();
    let doomed: BTreeSet<SlotId> = nameless
        .iter()
        .filter(|slot| document.doomed.contains(&slot.id))
        .map(|slot| slot.id.clone())
        .collect();
    let new: Vec<&Slot> = nameless
        .into_iter()
        .filter(|slot| !document.known.contains(&slot.id) && !document.doomed.contains(&slot.id))
        .collect();
    let (ours, strange): (Vec<&Slot>, Vec<&Slot>) =
        new.into_iter().partition(|slot| explained(slot, document, skew));
    let ids = |slots: &[&Slot]| slots.iter().map(|slot| slot.id.clone()).collect::<BTreeSet<_>>();
    // More than were asked for: nobody can say which are ours.
    if ours.len() > document.open.len() {
        return Newcomers::Strange(ids(&ours).union(&ids(&strange)).cloned().collect());
    }
    let ours: BTreeSet<SlotId> = ids(&ours).union(&doomed).cloned().collect();
    match (ours.is_empty(), strange.is_empty()) {
        (false, _) => Newcomers::Ours(ours),
        (true, false) => Newcomers::Strange(ids(&strange)),
        (true, true) => Newcomers::None,
    }
}

fn explained(slot: &Slot, document: &Document, skew: Duration) -> bool {
    let unused = !matches!(slot.last_used, LastUsed::At(_));
    let created = slot.created.map(WallTime::at);
    unused
        && document.open.iter().any(|open| {
            created.is_none_or(|at| open.at.before(skew) <= at && at <= open.until.after(ORPHAN_WINDOW))
        })
}

/// Whether a checkpoint names the slot.
pub(super) fn is_marked(document: &Document, slot: &SlotId) -> bool {
    let Some(rotation) = &document.rotation else { return false };
    let marks = [
        Some(&rotation.intent.slot),
        rotation.intent.target.as_ref(),
        rotation.pending.as_ref().map(|pending| &pending.slot),
        rotation.dropped.as_ref().map(|dropped| &dropped.slot),
        rotation.retire.as_ref().map(|retire| &retire.slot),
    ];
    marks.into_iter().flatten().any(|marked| marked == slot)
}
