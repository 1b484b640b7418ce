//! Who may act: the lease is taken before the first effect, kept while there is something to do, and given back for long waits.
//!
//! Losing it is harmless. Every write to the store is compare-and-set, and every call to the platform is announced, ends before the lease
//! does, and is not even polled afterwards.

use std::time::Duration;

use super::decide::{does, stop};
use super::document::Document;
use super::effect::{Change, Effect, Next, Stop};
use super::plan::Plan;
use super::state::State;
use super::step::Step;
use super::time::WallTime;

/// Whether `holder` may act: it stops a clock difference before the lease ends, because the next one goes by another clock.
pub(super) fn is_ours(document: &Document, holder: &str, now: WallTime, skew: Duration) -> bool {
    let lease = document.lease.as_ref();
    lease.is_some_and(|lease| lease.holder == holder && now.after(skew) < lease.until)
}

/// `decided`, or what the lease asks for first.
pub(super) fn guarded(state: &State, decided: Next, now: WallTime, plan: &Plan) -> Next {
    let Some(begun) = &state.begun else { return decided };
    let document = state.seen.as_ref().and_then(|seen| Some(&seen.document.as_ref()?.1));
    let lease = document.and_then(|document| document.lease.as_ref());
    let named = lease.is_some_and(|lease| lease.holder == begun.holder) && !state.parted;
    match &decided.effect {
        Effect::Observe | Effect::Collect => decided,
        Effect::Stop(_) if named => does(decided.step, Effect::Write(Change::Release)),
        Effect::Stop(_) => decided,
        Effect::Wait(until) => {
            let left = until.since(now);
            if left > plan.stay {
                let findings = super::settle::findings(state, now, plan);
                let waiting =
                    Next { step: decided.step, effect: Effect::Stop(Stop::Waiting(*until, findings)) };
                return if named { does(decided.step, Effect::Write(Change::Release)) } else { waiting };
            }
            // A soak of hours would renew the lease some hundred times, and every renewal is a version in somebody's store.
            if named && left > plan.pace.lease / 2 {
                does(decided.step, Effect::Write(Change::Release))
            } else {
                decided
            }
        }
        _ if document.is_some_and(|document| is_ours(document, &begun.holder, now, plan.pace.skew)) => {
            let left = lease.map_or(Duration::ZERO, |lease| lease.until.since(now));
            if left < plan.pace.lease / 2 {
                does(decided.step, Effect::Write(Change::Renew))
            } else {
                decided
            }
        }
        _ => match lease.filter(|lease| lease.holder != begun.holder && now < lease.until) {
            Some(lease) => stop(Stop::LeaseHeld(lease.holder.clone(), lease.until)),
            None => does(Step::Lease, Effect::Write(Change::TakeLease)),
        },
    }
}
