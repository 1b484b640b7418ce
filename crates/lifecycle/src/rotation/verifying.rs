//! Trying the pending secret, within limits that hold over any number of runs: the tries are counted in the document.

use std::time::Duration;

use hallpass_core::{CompareAndSet, Fault, FaultCode, Version};

use super::checkpoints::{Dropped, PendingMark, Rotation, TryMark};
use super::decide::{View, does, stop, stuck};
use super::document::Call;
use super::effect::{Change, Effect, Next, Stop, Trouble};
use super::event::Verdict;
use super::prepare::compare;
use super::step::Step;
use super::strategy::Strategy;
use super::stuck::Cause;
use super::time::{Spoken, WallTime};
use super::tries::Tries;

/// How often one pending secret is tried.
pub const VERIFY_TRIES: u8 = 5;

/// When each further try is made, in fifteenths of the window: at once, then after 4, 12, 28 and 60 seconds of a minute.
const TRY_AT: [u32; 5] = [0, 1, 3, 7, 15];

/// From PENDING to the promotion.
pub(super) fn decide(view: &View<'_>, rotation: &Rotation, pending: &PendingMark) -> Next {
    if view.seen.pending.as_ref().is_none_or(|held| held.version != pending.version) {
        // Another machine put something else there, or somebody removed it: this one can no longer be promoted.
        let dropped = Dropped { version: pending.version.clone(), slot: pending.slot.clone() };
        return does(Step::Verify, Effect::Write(Change::Drop(dropped, false)));
    }
    if view.seen.slot(&pending.slot).is_some_and(|slot| !slot.active) {
        return view.call(Step::StorePending, Call::Activate(pending.slot.clone()));
    }
    let none = Tries::default();
    let here = Some(&view.state.tries).filter(|tries| tries.version.as_ref() == Some(&pending.version));
    let here = here.unwrap_or(&none);
    if here.announced {
        return does(Step::Verify, Effect::Verify(pending.version.clone()));
    }
    if matches!(here.verdict, Some(Verdict::Good | Verdict::Unreachable(_))) && !here.uncounted {
        return does(Step::Verify, Effect::Write(Change::Uncounted));
    }
    if here.verdict == Some(Verdict::Good) {
        let twins = rotation.strategy != Strategy::Regenerate && !rotation.undo;
        if twins && let Some(differ) = compare(view, rotation, &pending.slot) {
            return differ;
        }
        if view.is_spent(rotation) {
            let limit = Spoken(view.plan.platform_window.unwrap_or_default());
            let detail = format!("of {limit}, settling and watching take {}", view.plan.both_live());
            return stuck(Step::Verify, Cause::WindowSpent, detail);
        }
        return promote(view, pending.version.clone(), rotation.intent.version.clone());
    }
    let counted = rotation.tries.as_ref().filter(|tried| tried.version == pending.version);
    match next_try(counted, here, view.plan.verify_window()) {
        Some(at) if view.now < at => does(Step::Verify, Effect::Wait(at)),
        Some(_) => does(Step::Verify, Effect::Write(Change::Trying(pending.version.clone()))),
        None => refused(rotation, pending, here.verdict.as_ref()),
    }
}

/// Makes `version` CURRENT. A store that compares by itself needs nothing more; in any other the promotion is guarded as a call to the platform is.
fn promote(view: &View<'_>, version: Version, expected: Version) -> Next {
    match view.plan.compare_and_set {
        CompareAndSet::Own => does(Step::Promote, Effect::Promote(version, expected)),
        CompareAndSet::ByDocument | CompareAndSet::None => {
            view.call(Step::Promote, Call::Promote(version, expected))
        }
    }
}

/// When to look again, where a promotion was announced, CURRENT is still the old one, and the next thing would be to give the pending secret up: PENDING is empty, or a
/// person said so. Such a look may be behind the promotion; taking it for the truth would delete at the platform what readers may have by now.
pub(super) fn unsettled(view: &View<'_>, rotation: &Rotation) -> Option<WallTime> {
    let gives_up = view.seen.pending.is_none() || rotation.abandoned;
    let promoting = rotation.pending.as_ref()?.promoting.filter(|_| gives_up)?;
    let certain = promoting.after(view.plan.overlap.store_lag.saturating_add(view.plan.pace.skew));
    (view.now < certain).then(|| view.now.after(view.plan.pace.fresh).min(certain))
}

/// The tries are used up.
///
/// Without a verdict the last one died with its process. Whatever it was, the next secret is cheaper than one more try: processes that always die there
/// would else try for ever.
fn refused(rotation: &Rotation, pending: &PendingMark, verdict: Option<&Verdict>) -> Next {
    match verdict {
        // Nobody was asked, so nobody refused it.
        Some(Verdict::Unreachable(why)) => {
            let fault = Fault::new(
                FaultCode::UpstreamUnreachable,
                format!("the new secret could not be tried: {why}"),
            );
            stop(Stop::Failed(Trouble::of(&fault)))
        }
        // Another secret would be allowed no more than this one.
        Some(Verdict::CanaryFailed(which)) => stuck(Step::Verify, Cause::CanaryFailed, which.clone()),
        _ if rotation.undo => stuck(
            Step::Verify,
            Cause::UndoImpossible,
            format!("the platform refuses {}", pending.fingerprint),
        ),
        _ => {
            let dropped = Dropped { version: pending.version.clone(), slot: pending.slot.clone() };
            does(Step::Verify, Effect::Write(Change::Drop(dropped, true)))
        }
    }
}

/// When to try again: at once, where nobody did; never, once there were enough tries by whatever processes, or the window is over.
fn next_try(counted: Option<&TryMark>, here: &Tries, window: Duration) -> Option<WallTime> {
    let first = [counted.map(|tried| tried.first), here.first].into_iter().flatten().min();
    let last = [counted.map(|tried| tried.last), here.last].into_iter().flatten().max();
    let (Some(first), Some(last)) = (first, last) else { return Some(WallTime::default()) };
    let count = counted.map_or(0, |tried| tried.count).saturating_add(here.unanswered);
    if count >= VERIFY_TRIES || last >= first.after(window) {
        return None;
    }
    let part = TRY_AT.get(usize::from(count)).copied().unwrap_or(15);
    Some(first.after(window / 15 * part))
}
