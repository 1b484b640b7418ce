//! What to do next: a pure function of what is known, the time and the plan.
//!
//! ```text
//!   next ── lease ── decide ─┬─ revoke    a secret leaked: what comes before everything else
//!                            ├─ begin     no rotation: does one begin?
//!                            ├─ abort     the order to give up
//!                            ├─ prepare   not promoted: generate, store, verify, promote
//!                            ├─ settle    promoted: notify, evidence, soak
//!                            └─ retire    the fourth checkpoint: disable, prove, delete
//! ```
//!
//! Which of them decides follows from the checkpoints and the stages alone. A process that has just started and one that has run since the
//! first step come to the same decision.

use hallpass_core::{Fault, FaultCode, SlotId, Version};

use super::checkpoints::Rotation;
use super::document::{Call, Document};
use super::effect::{Change, Effect, Next, Stop, Trouble};
use super::event::{Begun, Order};
use super::orphans::{self, Newcomers};
use super::plan::Plan;
use super::seen::Seen;
use super::state::State;
use super::step::Step;
use super::stuck::Cause;
use super::time::WallTime;
use super::{begin, boundary, lease, prepare, retire, revoke, settle};

/// The next thing to do.
#[must_use]
pub fn next(state: &State, now: WallTime, plan: &Plan) -> Next {
    let decided = boundary::within(state, decide(state, now, plan));
    lease::guarded(state, decided, now, plan)
}

/// Everything a decision looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) state: &'a State,
    pub(super) begun: &'a Begun,
    pub(super) seen: &'a Seen,
    pub(super) document: &'a Document,
    pub(super) now: WallTime,
    pub(super) plan: &'a Plan,
}

pub(super) fn decide(state: &State, now: WallTime, plan: &Plan) -> Next {
    let Some(begun) = &state.begun else {
        return stop(Stop::Refused(Trouble::of(&Fault::new(FaultCode::Internal, "nothing was begun"))));
    };
    if let Some(outcome) = state.finished {
        return stop(Stop::Finished(outcome));
    }
    if let Some(trouble) = state.given_up(plan.pace.tries) {
        return stop(Stop::Failed(trouble.clone()));
    }
    if let Some(again) = state.failure.as_ref().and_then(|failure| failure.again)
        && now < again
    {
        return does(Step::List, Effect::Wait(again));
    }
    let Some(seen) = state.seen.as_ref().filter(|_| !state.stale) else {
        return does(Step::List, Effect::Observe);
    };
    let fresh = Document::new(plan.entries.secret.clone(), plan.environment.clone());
    let document = seen.document.as_ref().map_or(&fresh, |(_, document)| document);
    let view = View { state, begun, seen, document, now, plan };
    if let Err(fault) = view.belongs() {
        return stop(Stop::Refused(Trouble::of(&fault)));
    }
    let revocation = document.revocation.as_ref();
    if let Some(hold) = &document.hold
        && !revocation.is_some_and(|revocation| revocation.passes(hold))
    {
        return stop(Stop::Held(hold.clone()));
    }
    if let Some(next) = revocation.and_then(|revocation| revoke::decide(&view, revocation)) {
        return next;
    }
    match &document.rotation {
        None => begin::decide(&view),
        Some(_) if begun.order == Order::Sweep => stop(Stop::Nothing),
        Some(rotation) => view.within(rotation),
    }
}

impl View<'_> {
    fn within(&self, rotation: &Rotation) -> Next {
        let obey = !self.state.obeyed;
        if self.begun.order == Order::Abort && obey {
            return self.abort(rotation);
        }
        if let Some(stuck) = &rotation.stuck {
            if matches!(self.begun.order, Order::Resume | Order::Revoke) && obey {
                return does(Step::Lease, Effect::Write(self.resume(rotation)));
            }
            return stop(Stop::Stuck(stuck.clone()));
        }
        match (&rotation.promoted, &rotation.pending, &rotation.retire) {
            (Some(promoted), Some(pending), Some(mark)) => {
                retire::decide(self, rotation, promoted, pending, mark)
            }
            (Some(promoted), Some(pending), None) => settle::decide(self, rotation, promoted, pending),
            _ => prepare::decide(self, rotation),
        }
    }

    /// Whether document and secret are the ones this plan is about, and the clock can be believed.
    fn belongs(&self) -> Result<(), Fault> {
        let here = &self.plan.environment;
        let elsewhere = |there: &hallpass_core::Environment| {
            let detail = format!("the secret was stored for `{there}`, this runs for `{here}`");
            Err(Fault::new(FaultCode::EnvironmentMismatch, detail))
        };
        if self.document.environment != *here {
            return elsewhere(&self.document.environment);
        }
        if let Some(there) = self.seen.current.as_ref().and_then(|held| held.environment.as_ref())
            && there != here
        {
            return elsewhere(there);
        }
        if self.document.entry != self.plan.entries.secret {
            let detail = format!("what stands beside the secret is about `{}`", self.document.entry);
            return Err(Fault::new(FaultCode::RotationRefused, detail));
        }
        match self.document.latest() {
            Some(latest) if latest > self.now.after(self.plan.pace.skew) => {
                let detail = format!(
                    "this clock is {} behind the last entry of the rotation",
                    super::Spoken(latest.since(self.now))
                );
                Err(Fault::new(FaultCode::RotationRefused, detail).with_hint("set the clock of this machine"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn newcomers(&self) -> Newcomers {
        let in_hand = self.state.in_hand.as_ref().map(|(slot, _)| slot);
        orphans::newcomers(self.seen, self.document, in_hand, self.plan.pace.skew)
    }

    pub(super) fn current_version(&self) -> Option<&Version> {
        self.seen.current.as_ref().map(|held| &held.version)
    }

    pub(super) fn is_active(&self, slot: &SlotId) -> bool {
        self.seen.slot(slot).is_some_and(|slot| slot.active)
    }

    pub(super) fn revision(&self, slot: &SlotId) -> Option<String> {
        self.seen.slot(slot)?.revision.clone()
    }

    /// Makes `call`, announcing it first. Nothing is changed at the platform on the strength of what was read long ago.
    pub(super) fn call(&self, step: Step, call: Call) -> Next {
        if self.is_announced(&call) && self.has_lease() {
            return does(step, Effect::Call(call));
        }
        if self.is_old() {
            return does(step, Effect::Observe);
        }
        let listed = self.seen.slots.iter().map(|slot| slot.id.clone()).collect();
        does(step, Effect::Write(Change::Announce(call, listed)))
    }

    /// Whether `call` was announced, is still to be made, and may be.
    pub(super) fn is_announced(&self, call: &Call) -> bool {
        self.document.announced.as_ref().is_some_and(|announced| {
            announced.call == *call
                && self.now < announced.until
                && self.state.spent != Some(announced.number)
        })
    }

    /// Whether what was seen is too old to change anything on its strength.
    pub(super) fn is_old(&self) -> bool {
        self.now < self.seen.at || self.now.since(self.seen.at) > self.plan.pace.fresh
    }

    /// Whether a secret leaked, so that nothing is waited for that only keeps consumers from noticing.
    pub(super) fn is_hurried(&self) -> bool {
        self.document.revocation.is_some()
    }

    pub(super) fn has_lease(&self) -> bool {
        lease::is_ours(self.document, &self.begun.holder, self.now, self.plan.pace.skew)
    }

    pub(super) fn refuse(&self, code: FaultCode, detail: impl Into<String>, hint: &str) -> Next {
        stop(Stop::Refused(Trouble::of(&Fault::new(code, detail).with_hint(hint))))
    }
}

pub(super) fn does(step: Step, effect: Effect) -> Next {
    Next { step, effect }
}

pub(super) fn stop(stop: Stop) -> Next {
    Next { step: Step::Done, effect: Effect::Stop(stop) }
}

pub(super) fn stuck(step: Step, cause: Cause, detail: impl Into<String>) -> Next {
    does(step, Effect::Write(Change::Stuck(cause, detail.into())))
}
