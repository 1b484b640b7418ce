//! The end of a rotation that is in a hurry: the old secret is ended first, and proved and told about afterwards.
//!
//! No way back is kept: whatever happens to the new secret, what leaked is not switched on again.

use super::super::begin::delete_first;
use super::super::checkpoints::{Outcome, PendingMark, PromotedMark, RetireMark, Rotation};
use super::super::decide::{View, does, stuck};
use super::super::document::Call;
use super::super::effect::{Change, Effect, Next};
use super::super::event::Verdict;
use super::super::orphans::Newcomers;
use super::super::settle;
use super::super::step::Step;
use super::super::strategy::Strategy;
use super::super::stuck::Cause;
use super::decide::tried;
use super::{Leaked, Revocation};

/// From the switch to the end.
pub(in super::super) fn retire(
    view: &View<'_>,
    (revocation, rotation): (&Revocation, &Rotation),
    (promoted, pending): (&PromotedMark, &PendingMark),
    mark: &RetireMark,
) -> Next {
    let leaked =
        revocation.open().find(|leaked| leaked.slot == mark.slot && leaked.fingerprint == mark.fingerprint);
    kill(view, rotation, mark, leaked.is_some())
        .or_else(|| prove(view, revocation, pending, leaked?))
        .unwrap_or_else(|| finish(view, rotation, promoted, pending))
}

fn kill(view: &View<'_>, rotation: &Rotation, mark: &RetireMark, leaked: bool) -> Option<Next> {
    let slot = view.seen.slot(&mark.slot)?;
    match rotation.strategy {
        Strategy::Overlap => Some(view.call(Step::Delete, Call::Delete(mark.slot.clone()))),
        // PREVIOUS goes after the reset, so while it is there nobody knows whether there was one; and of what leaked nobody must have to guess.
        Strategy::Alternate if (leaked || view.seen.previous.is_some()) && !view.state.discarded => {
            Some(view.call(Step::Delete, Call::Discard(mark.slot.clone())))
        }
        Strategy::Alternate if slot.active && view.plan.capabilities.can_disable => {
            Some(view.call(Step::Delete, Call::Deactivate(mark.slot.clone())))
        }
        Strategy::Alternate | Strategy::Regenerate => None,
    }
}

fn prove(view: &View<'_>, revocation: &Revocation, pending: &PendingMark, leaked: &Leaked) -> Option<Next> {
    if leaked.tried.is_some() {
        return None;
    }
    let Some((new, old)) = &view.state.proof else {
        let previous = view.seen.previous.as_ref().filter(|held| {
            held.slot.as_ref() == Some(&leaked.slot) && held.fingerprint == Some(leaked.fingerprint)
        });
        let previous = previous.map(|held| held.version.clone());
        return Some(does(Step::Prove, Effect::Prove(pending.version.clone(), previous)));
    };
    // Where the new one leaked as well it may be off already; another is made next.
    let to_stay = !revocation.names(&pending.slot, pending.fingerprint);
    if to_stay && matches!(new, Verdict::Refused | Verdict::CanaryFailed(_)) {
        let detail = format!("{} in `{}`", pending.fingerprint, pending.slot);
        return Some(stuck(Step::Prove, Cause::NoneWorks, detail));
    }
    // Where the store holds it no more there is nothing to try.
    let old = old.clone()?;
    Some(tried(view, leaked, old).unwrap_or_else(|detail| stuck(Step::Prove, Cause::OldAccepted, detail)))
}

fn finish(view: &View<'_>, rotation: &Rotation, promoted: &PromotedMark, pending: &PendingMark) -> Next {
    if let Some(telling) = settle::tell(view, promoted, pending) {
        return telling;
    }
    if let Some(held) = view.seen.previous.as_ref().or(view.seen.pending.as_ref()) {
        return does(Step::Delete, Effect::DiscardVersion(held.version.clone()));
    }
    if let Newcomers::Ours(slots) = view.newcomers() {
        return delete_first(view, slots);
    }
    let outcome = if rotation.undo { Outcome::Undone } else { Outcome::Rotated };
    does(Step::Done, Effect::Write(Change::Finish(outcome)))
}

/// Tells the consumers, and writes down that they were told.
pub(in super::super) fn tell(view: &View<'_>, pending: &PendingMark) -> Next {
    let effect = if view.state.published {
        Effect::Write(Change::Notified)
    } else {
        Effect::Publish(pending.version.clone(), pending.fingerprint)
    };
    does(Step::Notify, effect)
}
