//! How a revocation shows in the document once its parts have ended.

use hallpass_core::{Fingerprint, SlotId};

use super::super::checkpoints::{Finished, Outcome};
use super::super::document::Document;
use super::super::time::WallTime;
use super::Noted;

impl Document {
    /// Notes something of a secret that leaked.
    pub(in super::super) fn note_leak(
        &mut self,
        (slot, fingerprint): (&SlotId, Fingerprint),
        noted: &Noted,
        now: WallTime,
    ) {
        if let Some(revocation) = &mut self.revocation {
            revocation.note(slot, fingerprint, noted, now);
        }
    }

    /// A rotation ended so: a secret that it retired cannot come back.
    pub(in super::super) fn retired(&mut self, outcome: Outcome, now: WallTime) {
        if !matches!(outcome, Outcome::Rotated | Outcome::Undone) {
            return;
        }
        let Some(rotation) = &self.rotation else { return };
        let (Some(revocation), Some(mark)) = (&mut self.revocation, &rotation.retire) else { return };
        let kept = rotation.pending.as_ref().map(|pending| (&pending.slot, pending.fingerprint));
        // A slot has one secret at a time: whatever leaked out of this one before went with it.
        let there = revocation.leaked.iter().map(|leaked| (leaked.slot.clone(), leaked.fingerprint));
        let gone: Vec<_> = there
            .filter(|(slot, fingerprint)| *slot == mark.slot && kept != Some((slot, *fingerprint)))
            .collect();
        for (slot, fingerprint) in gone {
            revocation.note(&slot, fingerprint, &Noted::Gone, now);
        }
    }

    /// Nothing of what leaked is left.
    pub(in super::super) fn close(&mut self, now: WallTime) {
        self.lease = None;
        if let Some(mut revocation) = self.revocation.take() {
            revocation.ended = Some(now);
            self.last = Some(Finished { id: revocation.id.clone(), at: now, outcome: Outcome::Revoked });
            self.revoked = Some(revocation);
        }
    }
}
