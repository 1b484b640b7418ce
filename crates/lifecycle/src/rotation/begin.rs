//! Whether a rotation begins.

use hallpass_core::{FaultCode, LastUsed, SlotId};

use super::checkpoints::Intent;
use super::decide::{View, does, stop};
use super::document::Call;
use super::effect::{Change, Effect, Next, Stop, Trouble};
use super::event::Order;
use super::orphans::Newcomers;
use super::step::Step;
use super::strategy::Strategy;
use super::time::{Spoken, WallTime};

pub(super) fn decide(view: &View<'_>) -> Next {
    match view.begun.order {
        Order::Sweep => sweep(view),
        Order::Run | Order::Due | Order::Resume | Order::Revoke if view.is_hurried() => begin(view),
        Order::Resume | Order::Abort | Order::Try | Order::Promote | Order::Revoke => stop(Stop::Nothing),
        Order::Run | Order::Due | Order::Prepare => begin(view),
    }
}

fn sweep(view: &View<'_>) -> Next {
    match view.newcomers() {
        Newcomers::Ours(slots) if !slots.is_empty() => delete_first(view, slots),
        _ => stop(Stop::Nothing),
    }
}

/// Deletes one slot of ours; what is seen afterwards decides about the next.
pub(super) fn delete_first(view: &View<'_>, slots: std::collections::BTreeSet<SlotId>) -> Next {
    match slots.into_iter().next() {
        Some(slot) => view.call(Step::ClearOrphans, Call::Delete(slot)),
        None => stop(Stop::Nothing),
    }
}

fn begin(view: &View<'_>) -> Next {
    let (version, slot, fingerprint) = match view.seen.whole_current() {
        Ok(current) => current,
        Err(fault) => return stop(Stop::Refused(Trouble::of(&fault))),
    };
    if view.seen.slot(slot).is_none() && !view.is_hurried() {
        let detail =
            format!("the store names `{slot}`, which the platform does not list for this integration");
        return view.refuse(
            FaultCode::SlotUnknown,
            detail,
            "compare what the store holds with the platform's console",
        );
    }
    if let Some(early) = too_early(view).filter(|_| !view.is_hurried()) {
        return early;
    }
    let plan = view.plan;
    // Whoever revokes a secret was told what that costs.
    let accepted = plan.accept_downtime_risk || view.is_hurried();
    let chosen = Strategy::choose(plan.wanted, &plan.capabilities, view.seen.slots.len(), accepted);
    let strategy = match chosen {
        Ok(strategy) => strategy,
        Err(fault) => return stop(Stop::Refused(Trouble::of(&fault))),
    };
    if strategy == Strategy::Regenerate && plan.own_identity {
        return view.refuse(
            FaultCode::RotationRefused,
            "the secret being rotated is the one that rotates, and it has one slot: a lost reply would lock it out",
            "let another identity rotate this one, or provision a second slot",
        );
    }
    let target = match target(view, strategy, slot) {
        Ok(target) => target,
        Err(refusal) => return *refusal,
    };
    let intent = Intent {
        at: view.now,
        version: version.clone(),
        slot: slot.clone(),
        fingerprint,
        revision: view.revision(slot),
        active: view.is_active(slot),
        target,
    };
    if view.is_old() {
        return does(Step::Intent, Effect::Observe);
    }
    does(Step::Intent, Effect::Write(Change::Intent(Box::new(intent), strategy, view.begun.id.clone())))
}

/// Not due, too soon after the last, or inside the window of a promotion that was not ours.
fn too_early(view: &View<'_>) -> Option<Next> {
    let plan = view.plan;
    let last = view.document.last.as_ref().map(|last| last.at);
    // The age of the secret counts from its promotion; the end of the rotation came days later.
    let since = view.seen.written.or(last);
    let due = since.map(|since| since.after(plan.every));
    if let Some(due) = due.filter(|due| view.begun.order == Order::Due && view.now < *due) {
        return Some(stop(Stop::NotDue(due)));
    }
    let not_before = last.map(|last| last.after(plan.min_interval));
    let open = window(view).max(outlived(view)).max(not_before.filter(|at| view.now < *at))?;
    if view.begun.order == Order::Due {
        return Some(stop(Stop::NotDue(open)));
    }
    let detail = format!(
        "the last replacement is not settled yet; that takes another {}",
        Spoken(open.since(view.now))
    );
    Some(view.refuse(FaultCode::RotationRefused, detail, "repeat it after that time"))
}

/// Until when somebody may need PREVIOUS, where it is another live secret.
fn window(view: &View<'_>) -> Option<WallTime> {
    let current = view.seen.current.as_ref()?.slot.as_ref();
    let previous = view.seen.previous.as_ref()?.slot.as_ref().filter(|slot| Some(*slot) != current)?;
    view.seen.slot(previous).filter(|slot| slot.active)?;
    let until = view.seen.written?.after(view.plan.overlap.total());
    (view.now < until).then_some(until)
}

/// Until when a token that a leaked secret was granted may live. Its slot stays off so long: what an inactive client's tokens do once it is active again, no
/// vendor says.
fn outlived(view: &View<'_>) -> Option<WallTime> {
    let leaked = &view.document.revoked.as_ref()?.leaked;
    let lifetime = view.plan.capabilities.tokens_outlive_secret?;
    let listed = leaked.iter().filter(|leaked| view.seen.slot(&leaked.slot).is_some_and(|slot| !slot.active));
    let until = listed.filter_map(|leaked| leaked.may_live_until(lifetime, &view.plan.capabilities)).max();
    until.filter(|until| view.now < *until)
}

/// The slot that gets the new secret.
fn target(view: &View<'_>, strategy: Strategy, current: &SlotId) -> Result<Option<SlotId>, Box<Next>> {
    let target = match strategy {
        Strategy::Overlap => return Ok(None),
        Strategy::Regenerate => return Ok(Some(current.clone())),
        Strategy::Alternate => idle(view, current)?,
    };
    let Some(slot) = target.as_ref().and_then(|id| view.seen.slot(id)) else { return Ok(target) };
    match slot.last_used {
        // PREVIOUS says whose secret that is, and somebody consented to its end.
        _ if view.is_hurried() && view.seen.names(&slot.id) => Ok(target),
        LastUsed::At(at) if slot.active && view.now < WallTime::at(at).after(view.plan.quiet) => {
            let ago = Spoken(view.now.since(WallTime::at(at)));
            let detail = format!("the idle slot `{}` was used {ago} ago: somebody holds its secret", slot.id);
            Err(Box::new(view.refuse(FaultCode::RotationRefused, detail, "find out who, before it is reset")))
        }
        _ => Ok(target),
    }
}

/// The slot beside the current one; none when it is still to be made.
fn idle(view: &View<'_>, current: &SlotId) -> Result<Option<SlotId>, Box<Next>> {
    let others: Vec<&SlotId> =
        view.seen.slots.iter().map(|slot| &slot.id).filter(|id| *id != current).collect();
    let previous = view.seen.previous.as_ref().and_then(|held| held.slot.as_ref());
    match others.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => match several.iter().find(|id| Some(**id) == previous) {
            Some(id) => Ok(Some((*id).clone())),
            None => {
                let names = several.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
                let detail = format!("more than one slot could be the idle one: {names}");
                Err(Box::new(view.refuse(
                    FaultCode::RotationRefused,
                    detail,
                    "leave two slots for this integration",
                )))
            }
        },
    }
}
