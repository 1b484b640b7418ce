//! What comes before everything else while something is to be revoked.

use hallpass_core::{FaultCode, SlotId};

use super::super::checkpoints::{Dropped, Outcome, Rotation};
use super::super::decide::{View, does, stop};
use super::super::document::Call;
use super::super::effect::{Change, Effect, Next, Stop, Trouble};
use super::super::event::{Order, Verdict};
use super::super::step::Step;
use super::super::strategy::{Strategy, Wanted};
use super::super::time::WallTime;
use super::{Leaked, Noted, Revocation};

/// How often it is asked whether a secret that was ended is still accepted.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(10);

/// What is to be done because of the revocation, before what the rotation asks for; `None` where the rotation is what brings it on.
pub(in super::super) fn decide(view: &View<'_>, revocation: &Revocation) -> Option<Next> {
    match view.begun.order {
        Order::Run | Order::Due | Order::Resume | Order::Revoke => {}
        Order::Abort => {
            return Some(view.refuse(
                FaultCode::RotationRefused,
                "a secret that leaked is being revoked, and there is no way back from that",
                "let it end with `hallpass revoke`",
            ));
        }
        Order::Sweep | Order::Prepare | Order::Try | Order::Promote => return None,
    }
    let rotation = view.document.rotation.as_ref();
    note(view, revocation)
        .or_else(|| disable(view, revocation))
        .or_else(|| turn(view, revocation, rotation?))
        .or_else(|| {
            revocation.open().find(|leaked| stands_alone(view, leaked)).map(|leaked| end(view, leaked))
        })
        .or_else(|| {
            revocation.open().next().is_none().then(|| does(Step::Done, Effect::Write(Change::Revoked)))
        })
}

/// Writes down what is seen to have come true, by our doing or somebody else's.
fn note(view: &View<'_>, revocation: &Revocation) -> Option<Next> {
    let noted = |leaked: &Leaked, noted| {
        let change = Change::Leaked(leaked.slot.clone(), leaked.fingerprint, noted);
        does(Step::Disable, Effect::Write(change))
    };
    revocation.open().find_map(|leaked| {
        let slot = view.seen.slot(&leaked.slot);
        let reset = is_reset(view, leaked);
        let elsewhere = view.document.rotation.as_ref().is_some_and(|it| it.intent.slot != leaked.slot);
        if reset && elsewhere {
            return Some(noted(leaked, Noted::Gone));
        }
        let off = reset || slot.is_none_or(|slot| !slot.active);
        let last_used = slot.map_or(leaked.last_used, |slot| slot.last_used);
        (off && leaked.off.is_none()).then(|| noted(leaked, Noted::Off(last_used)))
    })
}

/// Whether its slot has another secret by now: a slot has one at a time.
fn is_reset(view: &View<'_>, leaked: &Leaked) -> bool {
    let pending = view.document.rotation.as_ref().and_then(|rotation| rotation.pending.as_ref());
    pending.is_some_and(|pending| pending.slot == leaked.slot && pending.fingerprint != leaked.fingerprint)
}

/// Off first, whatever it costs. Where the platform has no switch the slot is removed; where it can do neither, the reset that follows is what ends the secret.
fn disable(view: &View<'_>, revocation: &Revocation) -> Option<Next> {
    let live = revocation.open().find(|leaked| revocation.disable_first && leaked.off.is_none())?;
    let can = &view.plan.capabilities;
    match (can.can_disable, can.can_create) {
        (true, _) => Some(view.call(Step::Disable, Call::Deactivate(live.slot.clone()))),
        (false, true) => Some(view.call(Step::Delete, Call::Delete(live.slot.clone()))),
        (false, false) => None,
    }
}

/// Where the rotation under way would keep alive, or bring back, what leaked; or where it has nothing more to go by.
fn turn(view: &View<'_>, revocation: &Revocation, rotation: &Rotation) -> Option<Next> {
    let current = view.current_version();
    let pending = rotation.pending.as_ref();
    if rotation.promoted.is_some() {
        // Somebody stored another secret. That one is in use, so what this rotation was for has come to its end; what leaked is ended without it.
        let superseded = current != pending.map(|pending| &pending.version);
        return superseded.then(|| does(Step::Done, Effect::Write(Change::Finish(Outcome::Superseded))));
    }
    let open = |slot: &SlotId| revocation.open().any(|leaked| leaked.slot == *slot);
    if rotation.undo && rotation.forward.is_some() && rotation.intent.target.as_ref().is_some_and(open) {
        return Some(does(Step::Intent, Effect::Write(view.forth(rotation))));
    }
    let known = current == Some(&rotation.intent.version)
        || pending.is_some_and(|pending| current == Some(&pending.version));
    if !known && !rotation.abandoned {
        return Some(does(Step::Intent, Effect::Write(Change::Abandon)));
    }
    let leaked = pending.filter(|pending| revocation.names(&pending.slot, pending.fingerprint))?;
    let promoted = current == Some(&leaked.version);
    let dropped = Dropped { version: leaked.version.clone(), slot: leaked.slot.clone() };
    (!promoted).then(|| does(Step::ClearOrphans, Effect::Write(Change::Drop(dropped, false))))
}

/// Whether nothing needs its slot: neither CURRENT nor the rotation under way.
fn stands_alone(view: &View<'_>, leaked: &Leaked) -> bool {
    let current = view.seen.current.as_ref().and_then(|held| held.slot.as_ref());
    let in_hand = view.state.in_hand.as_ref().map(|(slot, _)| slot);
    let rotation = view.document.rotation.as_ref();
    let marks = [
        current,
        in_hand,
        rotation.map(|rotation| &rotation.intent.slot),
        rotation.and_then(|rotation| Some(&rotation.pending.as_ref()?.slot)),
        rotation.and_then(|rotation| Some(&rotation.dropped.as_ref()?.slot)),
        rotation.and_then(|rotation| Some(&rotation.retire.as_ref()?.slot)),
    ];
    !marks.into_iter().flatten().any(|slot| *slot == leaked.slot)
}

/// Ends a secret that nothing needs: off, reset or deleted, refused, out of the store.
fn end(view: &View<'_>, leaked: &Leaked) -> Next {
    let can = &view.plan.capabilities;
    if let Some(slot) = view.seen.slot(&leaked.slot) {
        if slot.active && can.can_disable {
            return view.call(Step::Disable, Call::Deactivate(leaked.slot.clone()));
        }
        let resets = can.can_reset && view.plan.wanted != Wanted::This(Strategy::Overlap);
        if !resets {
            return view.call(Step::Delete, Call::Delete(leaked.slot.clone()));
        }
        if !view.state.discarded {
            return view.call(Step::Delete, Call::Discard(leaked.slot.clone()));
        }
    }
    let is_it = |held: &&super::super::seen::Held| {
        held.slot.as_ref() == Some(&leaked.slot) && held.fingerprint == Some(leaked.fingerprint)
    };
    let previous = view.seen.previous.as_ref().filter(is_it);
    if let (None, Some(previous), Some(current)) = (&leaked.tried, previous, view.current_version()) {
        let Some((_, old)) = &view.state.proof else {
            return does(Step::Prove, Effect::Prove(current.clone(), Some(previous.version.clone())));
        };
        let old = old.clone().unwrap_or(Verdict::Unreachable("it was not tried".into()));
        return tried(view, leaked, old).unwrap_or_else(|detail| {
            let fault = hallpass_core::Fault::new(FaultCode::RotationStuck, detail)
                .with_hint("tell the vendor, then type `hallpass revoke` again");
            stop(Stop::Failed(Trouble::of(&fault)))
        });
    }
    if let Some(held) = previous.or(view.seen.pending.as_ref().filter(is_it)) {
        return does(Step::Delete, Effect::DiscardVersion(held.version.clone()));
    }
    let change = Change::Leaked(leaked.slot.clone(), leaked.fingerprint, Noted::Gone);
    does(Step::Delete, Effect::Write(change))
}

/// What is to be done once a token was asked for with it; an error in words where the platform goes on accepting it beyond its own delay.
pub(super) fn tried(view: &View<'_>, leaked: &Leaked, verdict: Verdict) -> Result<Next, String> {
    if matches!(verdict, Verdict::Good | Verdict::CanaryFailed(_)) {
        let off = leaked.off.unwrap_or(view.now);
        let until: WallTime = off.after(view.plan.capabilities.revoke_delay).after(view.plan.pace.skew);
        if view.now >= until {
            return Err(format!("the platform still accepts {} in `{}`", leaked.fingerprint, leaked.slot));
        }
        return Ok(does(Step::Prove, Effect::Wait(until.min(view.now.after(AGAIN)))));
    }
    // A slot that was reset a moment ago may be said to be not ready yet; no token was given for the old secret in either case.
    let verdict = if verdict == Verdict::NotYet { Verdict::Refused } else { verdict };
    let change = Change::Leaked(leaked.slot.clone(), leaked.fingerprint, Noted::Tried(verdict));
    Ok(does(Step::Prove, Effect::Write(change)))
}
