//! What a person orders: to give up, or to go on where it was stuck.

use std::collections::BTreeSet;

use hallpass_core::FaultCode;

use super::checkpoints::{Forward, Intent, Outcome, Rotation};
use super::decide::{View, does};
use super::effect::{Baseline, Change, Effect, Next};
use super::orphans::Newcomers;
use super::step::Step;
use super::stuck::Cause;

impl View<'_> {
    /// The order to give up.
    pub(super) fn abort(&self, rotation: &Rotation) -> Next {
        let (Some(promoted), Some(pending)) = (&rotation.promoted, &rotation.pending) else {
            return does(Step::Intent, Effect::Write(Change::Abandon));
        };
        if self.current_version() != Some(&pending.version) {
            return does(Step::Done, Effect::Write(Change::Finish(Outcome::Superseded)));
        }
        if rotation.undo {
            return self.refuse(
                FaultCode::RotationRefused,
                "it is going back already",
                "let it end with `hallpass rotate resume`",
            );
        }
        let old = &rotation.intent.slot;
        let previous = self.seen.previous.as_ref().is_some_and(|held| held.slot.as_ref() == Some(old));
        let discarding = rotation.retire.as_ref().is_some_and(|retire| retire.discarding);
        let leaked = self.document.has_leaked(old, rotation.intent.fingerprint);
        if !previous || self.seen.slot(old).is_none() || discarding || leaked || *old == pending.slot {
            return self.refuse(
                FaultCode::RotationRefused,
                "there is nothing to go back to: the old secret is gone",
                "rotate again instead",
            );
        }
        let intent = Intent {
            at: self.now,
            version: pending.version.clone(),
            slot: pending.slot.clone(),
            fingerprint: pending.fingerprint,
            revision: self.revision(&pending.slot),
            active: self.is_active(&pending.slot),
            target: Some(old.clone()),
        };
        let forward =
            Forward { intent: rotation.intent.clone(), pending: pending.clone(), promoted: promoted.clone() };
        does(Step::Intent, Effect::Write(Change::Undo(Box::new(intent), Box::new(forward))))
    }

    pub(super) fn resume(&self, rotation: &Rotation) -> Change {
        let cause = rotation.stuck.as_ref().map(|stuck| stuck.cause);
        Change::Resume(Box::new(self.baseline(rotation, cause == Some(Cause::UndoImpossible))))
    }

    /// What it would go back to has leaked: on with what was turned round.
    pub(super) fn forth(&self, rotation: &Rotation) -> Change {
        Change::Forth(Box::new(self.baseline(rotation, true)))
    }

    fn baseline(&self, rotation: &Rotation, forth: bool) -> Baseline {
        let (retiring, new) = match rotation.forward.as_ref().filter(|_| forth) {
            Some(forward) => (&forward.intent.slot, Some(&forward.pending.slot)),
            None => (&rotation.intent.slot, rotation.pending.as_ref().map(|pending| &pending.slot)),
        };
        let new = new.and_then(|slot| self.revision(slot));
        let known = match self.newcomers() {
            Newcomers::Strange(slots) => slots,
            Newcomers::Ours(_) | Newcomers::None => BTreeSet::new(),
        };
        Baseline { old: self.revision(retiring), new, old_active: self.is_active(retiring), known }
    }
}
