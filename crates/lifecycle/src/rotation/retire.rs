//! From the fourth checkpoint to the end: off, proved, gone.

use hallpass_core::SlotId;

use super::begin::delete_first;
use super::checkpoints::{DisabledMark, Outcome, PendingMark, PromotedMark, RetireMark, Rotation};
use super::decide::{View, does, stuck};
use super::document::Call;
use super::effect::{Change, Effect, Next};
use super::event::Verdict;
use super::orphans::Newcomers;
use super::prepare::unknown;
use super::revoke;
use super::step::Step;
use super::strategy::Strategy;
use super::stuck::Cause;

pub(super) fn decide(
    view: &View<'_>,
    rotation: &Rotation,
    promoted: &PromotedMark,
    pending: &PendingMark,
    mark: &RetireMark,
) -> Next {
    if view.current_version() != Some(&pending.version) {
        return stuck(Step::Disable, Cause::StoreChanged, "CURRENT is no longer what was promoted");
    }
    if let Some((cause, change)) = foreign_change(view, rotation, promoted, pending) {
        return stuck(Step::Disable, cause, change);
    }
    let disables = view.plan.capabilities.can_disable && rotation.strategy != Strategy::Regenerate;
    if disables && mark.disabled.is_none() {
        return match view.seen.slot(&mark.slot) {
            Some(slot) if slot.active => view.call(Step::Disable, Call::Deactivate(mark.slot.clone())),
            _ => {
                let disabled = DisabledMark { at: view.now, revision: view.revision(&mark.slot) };
                does(Step::Disable, Effect::Write(Change::Disabled(disabled)))
            }
        };
    }
    match &view.document.revocation {
        Some(revocation) => revoke::retire(view, (revocation, rotation), (promoted, pending), mark),
        None => prove(view, rotation, pending, mark, disables),
    }
}

fn prove(
    view: &View<'_>,
    rotation: &Rotation,
    pending: &PendingMark,
    mark: &RetireMark,
    disables: bool,
) -> Next {
    let previous =
        view.seen.previous.as_ref().filter(|held| disables && held.slot.as_ref() == Some(&mark.slot));
    let Some((new, old)) = &view.state.proof else {
        let previous = previous.map(|held| held.version.clone());
        return does(Step::Prove, Effect::Prove(pending.version.clone(), previous));
    };
    match new {
        Verdict::Good => {}
        Verdict::Refused | Verdict::CanaryFailed(_) => return new_refused(view, mark, disables),
        Verdict::NotYet | Verdict::Unreachable(_) => {
            return does(Step::Prove, Effect::Wait(view.now.after(view.plan.pace.poll)));
        }
    }
    let off_at = mark.disabled.as_ref().map_or(mark.at, |disabled| disabled.at);
    if matches!(old, Some(Verdict::Good | Verdict::CanaryFailed(_))) {
        let until = off_at.after(view.plan.capabilities.revoke_delay).after(view.plan.pace.skew);
        if view.now >= until {
            return stuck(
                Step::Prove,
                Cause::OldAccepted,
                format!("{} in `{}`", mark.fingerprint, mark.slot),
            );
        }
        return does(Step::Prove, Effect::Wait(until.min(view.now.after(view.plan.pace.poll))));
    }
    // The watch window: switching the old one on again is all it takes to go back.
    let until = off_at.after(view.plan.watch.max(view.plan.capabilities.revoke_delay));
    if disables && view.now < until {
        return does(Step::Prove, Effect::Wait(until));
    }
    remove(view, rotation, mark)
}

/// The old one back on first, then say so.
fn new_refused(view: &View<'_>, mark: &RetireMark, disables: bool) -> Next {
    match view.seen.slot(&mark.slot) {
        Some(slot) if disables && !slot.active => view.call(Step::Prove, Call::Activate(mark.slot.clone())),
        _ => stuck(Step::Prove, Cause::NewRefused, format!("`{}` is on again", mark.slot)),
    }
}

fn remove(view: &View<'_>, rotation: &Rotation, mark: &RetireMark) -> Next {
    let slot = view.seen.slot(&mark.slot);
    match (rotation.strategy, slot) {
        (Strategy::Overlap, Some(_)) => return view.call(Step::Delete, Call::Delete(mark.slot.clone())),
        (Strategy::Alternate, Some(slot)) => {
            // PREVIOUS goes after the reset, so while it is there nobody knows whether there was one.
            if view.seen.previous.is_some() && !view.state.discarded {
                return view.call(Step::Delete, Call::Discard(mark.slot.clone()));
            }
            if slot.active && view.plan.capabilities.can_disable {
                return view.call(Step::Delete, Call::Deactivate(mark.slot.clone()));
            }
        }
        (Strategy::Regenerate, _) | (_, None) => {}
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

/// What somebody else changed at the platform since we last wrote down how it was.
pub(super) fn foreign_change(
    view: &View<'_>,
    rotation: &Rotation,
    promoted: &PromotedMark,
    pending: &PendingMark,
) -> Option<(Cause, String)> {
    let new = &pending.slot;
    let leaked = view.document.revocation.as_ref();
    if leaked.is_some_and(|revocation| revocation.names(new, pending.fingerprint)) {
        // It is to go as well, and may have been switched off for that.
        return None;
    }
    let of_the_new = match view.seen.slot(new) {
        None => Some(format!("`{new}` is gone")),
        Some(slot) if !slot.active => Some(format!("`{new}` was switched off")),
        Some(slot) if differs(promoted.revision.as_ref(), slot.revision.as_ref()) => {
            Some(format!("`{new}` is another"))
        }
        Some(_) => None,
    };
    if let Some(change) = of_the_new {
        return Some((Cause::NewSecretChanged, change));
    }
    if view.is_hurried() {
        // Whatever somebody did to the old one, and whatever else they made, is no reason to let live what leaked.
        return None;
    }
    let of_the_old =
        if rotation.strategy == Strategy::Regenerate { None } else { change_of_old(view, rotation) };
    let of_others = || match view.newcomers() {
        Newcomers::Strange(slots) => Some(unknown(&slots)),
        Newcomers::Ours(_) | Newcomers::None => None,
    };
    of_the_old.or_else(of_others).map(|change| (Cause::PlatformChanged, change))
}

fn change_of_old(view: &View<'_>, rotation: &Rotation) -> Option<String> {
    let old: &SlotId = &rotation.intent.slot;
    // Gone already: then there is nothing left that could be deleted wrongly.
    let slot = view.seen.slot(old)?;
    let retire = rotation.retire.as_ref();
    if retire.is_some_and(|retire| retire.discarding) {
        // The reset was ours, and nobody knows what the platform says of it.
        return None;
    }
    let disabled = retire.and_then(|retire| retire.disabled.as_ref());
    match disabled {
        Some(_)
            if slot.active
                && !matches!(view.state.proof, Some((Verdict::Refused | Verdict::CanaryFailed(_), _))) =>
        {
            Some(format!("`{old}`, which we switched off, was switched on again"))
        }
        Some(_) if slot.active => None,
        Some(mark) => {
            differs(mark.revision.as_ref(), slot.revision.as_ref()).then(|| format!("`{old}` was changed"))
        }
        // Being switched off is a change as well, and maybe our own.
        None if !slot.active && retire.is_some() => None,
        None if !slot.active => rotation.intent.active.then(|| format!("`{old}` was switched off")),
        None => differs(rotation.intent.revision.as_ref(), slot.revision.as_ref())
            .then(|| format!("`{old}` was changed")),
    }
}

/// Whether both are known and not the same.
fn differs(one: Option<&String>, other: Option<&String>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}
