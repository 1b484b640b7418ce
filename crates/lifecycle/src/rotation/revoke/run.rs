//! What a run knows of a revocation beyond what stands beside the secret.

use super::super::checkpoints::Outcome;
use super::super::effect::Change;
use super::super::event::Order;
use super::super::state::State;
use super::{Noted, Revocation};

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

    /// What is to be revoked, as the document said when it was read or written last.
    pub(in super::super) fn revocation(&self) -> Option<&Revocation> {
        self.seen.as_ref()?.document.as_ref()?.1.revocation.as_ref()
    }

    /// Whether something is to be revoked.
    pub(in super::super) fn has_leaks(&self) -> bool {
        self.revocation().is_some()
    }
}
