//! What a run knows of a revocation beyond what stands beside the secret.

use super::super::checkpoints::Outcome;
use super::super::effect::Change;
use super::super::event::Order;
use super::super::state::State;
use super::Noted;

impl State {
    /// Takes note of a change that a revocation made.
    pub(in super::super) fn revoking(&mut self, change: &Change) {
        let revoking = self.begun.as_ref().is_some_and(|begun| begun.order == Order::Revoke);
        match change {
            // What got stuck in this very run a person has not seen yet.
            Change::Stuck(..) if revoking => self.obeyed = true,
            Change::Leaked(_, _, Noted::Gone) => {
                self.discarded = false;
                self.proof = None;
            }
            Change::Revoked => self.finished = Some(Outcome::Revoked),
            _ => {}
        }
    }

    /// Forgets what belongs to the rotation as it was.
    pub(in super::super) fn restart(&mut self, obeyed: bool) {
        let begun = self.begun.take();
        let seen = self.seen.take();
        *self = Self { begun, seen, stale: true, obeyed, ..Self::default() };
    }

    /// Whether the document, as it was read or written last, names something that leaked.
    pub(in super::super) fn has_leaks(&self) -> bool {
        let document = self.seen.as_ref().and_then(|seen| seen.document.as_ref());
        document.is_some_and(|(_, document)| document.revocation.is_some())
    }
}
