//! How a revocation shows in the document once its parts have ended.

use super::super::checkpoints::{Finished, Outcome};
use super::super::document::Document;
use super::super::effect::Change;
use super::super::time::WallTime;
use super::Noted;

impl Document {
    /// After a change that a revocation makes.
    pub(in super::super) fn revoking(&mut self, change: &Change, now: WallTime) {
        match (change, &mut self.revocation) {
            (Change::Leaked(slot, fingerprint, noted), Some(revocation)) => {
                revocation.note(slot, *fingerprint, noted, now);
            }
            (Change::Revoked, _) => self.close(now),
            _ => {}
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
    fn close(&mut self, now: WallTime) {
        self.lease = None;
        if let Some(mut revocation) = self.revocation.take() {
            revocation.ended = Some(now);
            self.last = Some(Finished { id: revocation.id.clone(), at: now, outcome: Outcome::Revoked });
            self.revoked = Some(revocation);
        }
    }
}
