//! From the intent to the promotion.

use std::collections::BTreeMap;

use hallpass_core::{FaultCode, SlotId};

use super::begin::delete_first;
use super::checkpoints::{Dropped, Outcome, PendingMark, PromotedMark, Rotation};
use super::decide::{View, does, stop, stuck};
use super::document::Call;
use super::effect::{Change, Effect, Next, Stop, Trouble};
use super::orphans::Newcomers;
use super::seen::Held;
use super::step::Step;
use super::strategy::Strategy;
use super::stuck::Cause;
use super::verifying;

/// How many new secrets may be refused before a person is asked.
const REFUSED_LIMIT: u8 = 2;

pub(super) fn decide(view: &View<'_>, rotation: &Rotation) -> Next {
    let current = view.current_version();
    if let Some(pending) = &rotation.pending
        && current == Some(&pending.version)
    {
        let revision = view.revision(&pending.slot);
        let mark =
            PromotedMark { at: view.now, revision, notified: false, copied: BTreeMap::new(), told: None };
        return does(Step::Promote, Effect::Write(Change::Promoted(mark)));
    }
    let superseded = current != Some(&rotation.intent.version);
    if superseded && !rotation.abandoned {
        return stuck(
            Step::Promote,
            Cause::StoreChanged,
            "CURRENT is no longer what it was when the rotation began",
        );
    }
    if let Some(later) = verifying::unsettled(view, rotation).filter(|_| !superseded) {
        return does(Step::Promote, Effect::Wait(later));
    }
    if let Some(dropped) = &rotation.dropped {
        return clear_dropped(view, rotation, dropped);
    }
    if rotation.abandoned {
        return abandon(view, rotation, superseded);
    }
    match &rotation.pending {
        Some(pending) => verifying::decide(view, rotation, pending),
        None if view.state.in_hand.is_some() => does(Step::StorePending, Effect::StorePending),
        None => obtain(view, rotation),
    }
}

/// Removes a secret that was given up: from the store first, which fails if somebody promoted it meanwhile, and only then at the platform.
fn clear_dropped(view: &View<'_>, rotation: &Rotation, dropped: &Dropped) -> Next {
    if view.seen.pending.as_ref().is_some_and(|held| held.version == dropped.version) {
        return does(Step::ClearOrphans, Effect::DiscardVersion(dropped.version.clone()));
    }
    let slot = view.seen.slot(&dropped.slot).filter(|slot| !view.seen.names(&slot.id));
    if let Some(slot) = slot {
        let made = rotation.intent.target.is_none() && !view.document.known.contains(&slot.id);
        if made {
            return view.call(Step::ClearOrphans, Call::Delete(slot.id.clone()));
        }
        if slot.active && view.plan.capabilities.can_disable {
            return view.call(Step::ClearOrphans, Call::Deactivate(slot.id.clone()));
        }
    }
    does(Step::ClearOrphans, Effect::Write(Change::Dropped))
}

fn abandon(view: &View<'_>, rotation: &Rotation, superseded: bool) -> Next {
    if let Some(pending) = &rotation.pending {
        let dropped = Dropped { version: pending.version.clone(), slot: pending.slot.clone() };
        return does(Step::ClearOrphans, Effect::Write(Change::Drop(dropped, false)));
    }
    if let Some(held) = view.seen.pending.as_ref().filter(|held| is_adoptable(view, rotation, held)) {
        return does(Step::ClearOrphans, Effect::DiscardVersion(held.version.clone()));
    }
    if let Newcomers::Ours(slots) = view.newcomers() {
        return delete_first(view, slots);
    }
    let outcome = if superseded { Outcome::Superseded } else { Outcome::Abandoned };
    does(Step::Done, Effect::Write(Change::Finish(outcome)))
}

/// Comes by a pending secret: one that is there already, or a new one.
fn obtain(view: &View<'_>, rotation: &Rotation) -> Next {
    if let Some(held) = &view.seen.pending {
        return match mark(view, rotation, held) {
            Some(mark) => does(Step::StorePending, Effect::Write(Change::Pending(mark))),
            None => does(Step::ClearOrphans, Effect::DiscardVersion(held.version.clone())),
        };
    }
    match view.newcomers() {
        Newcomers::Ours(slots) => return delete_first(view, slots),
        Newcomers::Strange(slots)
            if slots.len() > view.document.open.len() && !view.document.open.is_empty() =>
        {
            return stuck(Step::ClearOrphans, Cause::PlatformChanged, unknown(&slots));
        }
        Newcomers::Strange(_) | Newcomers::None => {}
    }
    if rotation.undo {
        return restore(view, rotation);
    }
    if rotation.refused >= REFUSED_LIMIT {
        let times = rotation.refused;
        return stuck(
            Step::Verify,
            Cause::SecretRefused,
            format!("{times} in a row; none of them was promoted"),
        );
    }
    if let Some(target) = rotation.intent.target.as_ref().filter(|_| rotation.strategy == Strategy::Alternate)
        && let Some(differ) = compare(view, rotation, target)
    {
        return differ;
    }
    generate(view, rotation)
}

fn generate(view: &View<'_>, rotation: &Rotation) -> Next {
    let call = Call::Generate(rotation.intent.target.clone());
    let again = view.document.generated.map(|at| at.after(view.plan.between_generates()));
    // A call that is announced and not yet made is this very one.
    if let Some(again) = again.filter(|again| view.now < *again && !view.is_announced(&call)) {
        return does(Step::Generate, Effect::Wait(again));
    }
    let active = view.seen.slots.iter().filter(|slot| slot.active);
    let live: Vec<String> = active.map(|slot| format!("`{}`", slot.id)).collect();
    if let Some(room) = make_room(view, rotation) {
        return room;
    }
    if let Some(most) =
        view.plan.capabilities.max_live.filter(|most| rotation.intent.target.is_none() && live.len() >= *most)
    {
        let detail = format!("{} of {most} are taken: {}", live.len(), live.join(", "));
        let fault = hallpass_core::Fault::new(FaultCode::SlotsFull, detail);
        return stop(Stop::Failed(Trouble::of(&fault)));
    }
    view.call(Step::Generate, call)
}

/// A secret that leaked and is off already takes up a place all the same, where the platform counts those that are off.
fn make_room(view: &View<'_>, rotation: &Rotation) -> Option<Next> {
    let revocation = view.document.revocation.as_ref().filter(|revocation| revocation.disable_first)?;
    let (can, old) = (&view.plan.capabilities, &rotation.intent.slot);
    let full = rotation.intent.target.is_none() && can.can_create && view.seen.slots.len() >= can.max_live?;
    let leaked = revocation.names(old, rotation.intent.fingerprint) && !view.is_active(old);
    let there = view.seen.slot(old).is_some();
    (full && leaked && there).then(|| view.call(Step::Delete, Call::Delete(old.clone())))
}

/// Puts the value of PREVIOUS where it can be tried and promoted.
fn restore(view: &View<'_>, rotation: &Rotation) -> Next {
    let previous = view.seen.previous.as_ref().filter(|held| held.slot == rotation.intent.target);
    match previous {
        Some(held) => does(Step::StorePending, Effect::Restore(held.version.clone())),
        None => stuck(Step::StorePending, Cause::UndoImpossible, "PREVIOUS does not hold it any more"),
    }
}

/// What is at PENDING, if it is this rotation's.
fn mark(view: &View<'_>, rotation: &Rotation, held: &Held) -> Option<PendingMark> {
    let (slot, fingerprint) = (held.slot.clone()?, held.fingerprint?);
    is_adoptable(view, rotation, held).then(|| PendingMark {
        at: view.now,
        version: held.version.clone(),
        slot,
        fingerprint,
        promoting: None,
    })
}

/// Whether PENDING can only come from this rotation: something was asked for since it began, and it is in the slot that was asked for.
fn is_adoptable(view: &View<'_>, rotation: &Rotation, held: &Held) -> bool {
    let asked = rotation.undo || view.document.generated.is_some_and(|at| at >= rotation.intent.at);
    let placed = held.slot.as_ref().is_some_and(|slot| match &rotation.intent.target {
        Some(target) => slot == target,
        None => !view.document.known.contains(slot) && !view.document.doomed.contains(slot),
    });
    asked && placed
}

/// Compares what the slots may do, once per run; then says how they differ, if they do.
pub(super) fn compare(view: &View<'_>, rotation: &Rotation, with: &SlotId) -> Option<Next> {
    let one = &rotation.intent.slot;
    match &view.state.compared {
        _ if one == with => None,
        // It leaked and was removed first: there is nothing left to compare with.
        _ if view.is_hurried() && view.seen.slot(one).is_none() => None,
        None => Some(does(Step::Verify, Effect::Compare(one.clone(), with.clone()))),
        Some(None) => None,
        Some(Some(difference)) => Some(stuck(Step::Verify, Cause::RightsDiffer, difference.clone())),
    }
}

pub(super) fn unknown(slots: &std::collections::BTreeSet<SlotId>) -> String {
    let names = slots.iter().map(|slot| format!("`{slot}`")).collect::<Vec<_>>().join(", ");
    format!("nobody here made {names}")
}
