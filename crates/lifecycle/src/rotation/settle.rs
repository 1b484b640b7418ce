//! From the promotion to the decision to retire.

use super::checkpoints::{PendingMark, PromotedMark, RetireMark, Rotation};
use super::decide::{View, does, stuck};
use super::effect::{Change, Effect, Next};
use super::evidence::{AckReport, Finding, Question, judge};
use super::plan::Plan;
use super::retire;
use super::revoke;
use super::state::State;
use super::step::Step;
use super::strategy::Strategy;
use super::stuck::Cause;
use super::time::WallTime;

pub(super) fn decide(
    view: &View<'_>,
    rotation: &Rotation,
    promoted: &PromotedMark,
    pending: &PendingMark,
) -> Next {
    if view.current_version() != Some(&pending.version) {
        return stuck(Step::CollectEvidence, Cause::StoreChanged, "CURRENT is no longer what was promoted");
    }
    // A revocation tries to tell them once before it ends the old one, and goes on trying afterwards.
    if !promoted.notified && !view.state.unpublished {
        return revoke::tell(view, pending);
    }
    let mark = RetireMark {
        at: view.now,
        slot: rotation.intent.slot.clone(),
        fingerprint: rotation.intent.fingerprint,
        disabled: None,
        discarding: false,
    };
    if rotation.strategy == Strategy::Regenerate {
        // The old secret died with the reset: there is nothing left to prove.
        return does(Step::RetireIntent, Effect::Write(Change::Retire(mark)));
    }
    if view.is_hurried() {
        return hurry(view, rotation, (promoted, pending), mark);
    }
    let Some(acks) = &view.state.acks else { return does(Step::CollectEvidence, Effect::Collect) };
    let findings = ask(view, rotation, promoted, pending, acks);
    if findings.is_empty() {
        if view.is_old() {
            return does(Step::CollectEvidence, Effect::Observe);
        }
        if let Some((cause, change)) = retire::foreign_change(view, rotation, promoted, pending) {
            return stuck(Step::RetireIntent, cause, change);
        }
        return does(Step::RetireIntent, Effect::Write(Change::Retire(mark)));
    }
    wait(view, rotation, promoted, &findings)
}

/// No evidence and no soak: somebody consented to what that costs.
fn hurry(
    view: &View<'_>,
    rotation: &Rotation,
    (promoted, pending): (&PromotedMark, &PendingMark),
    mark: RetireMark,
) -> Next {
    if view.is_old() {
        return does(Step::RetireIntent, Effect::Observe);
    }
    if let Some((cause, change)) = retire::foreign_change(view, rotation, promoted, pending) {
        return stuck(Step::RetireIntent, cause, change);
    }
    does(Step::RetireIntent, Effect::Write(Change::Retire(mark)))
}

fn wait(view: &View<'_>, rotation: &Rotation, promoted: &PromotedMark, findings: &[Finding]) -> Next {
    if let Some(astray) = findings.iter().find(|finding| matches!(finding, Finding::Elsewhere(..))) {
        return stuck(Step::CollectEvidence, Cause::WrongEnvironment, astray.to_string());
    }
    let overlap = promoted.at.after(view.plan.overlap.total());
    let deadline = rotation.resumed.map_or(overlap, |resumed| resumed.max(overlap)).after(view.plan.patience);
    if view.now >= deadline {
        let why = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        return stuck(Step::CollectEvidence, Cause::NoEvidence, why);
    }
    // A secret that is used again and again would else be waited for for ever, and nobody told.
    match findings.iter().filter_map(Finding::passes_at).max() {
        Some(until) => does(Step::Soak, Effect::Wait(until.min(deadline))),
        None => does(Step::CollectEvidence, Effect::Wait(view.now.after(view.plan.pace.poll).min(deadline))),
    }
}

fn ask(
    view: &View<'_>,
    rotation: &Rotation,
    promoted: &PromotedMark,
    pending: &PendingMark,
    acks: &AckReport,
) -> Vec<Finding> {
    judge(&Question {
        promoted: promoted.at,
        new: pending.fingerprint,
        environment: &view.plan.environment,
        old: view.seen.slot(&rotation.intent.slot),
        shows_last_use: view.plan.capabilities.shows_last_use,
        overlap: view.plan.overlap.total(),
        quiet: view.plan.quiet,
        arithmetic_suffices: view.plan.arithmetic_suffices,
        acks,
        now: view.now,
    })
}

/// Why the old secret must live on, as far as is known; empty outside of the soak.
pub(super) fn findings(state: &State, now: WallTime, plan: &Plan) -> Vec<Finding> {
    let found = || {
        let (begun, seen) = (state.begun.as_ref()?, state.seen.as_ref()?);
        let (_, document) = seen.document.as_ref()?;
        let rotation = document.rotation.as_ref().filter(|rotation| rotation.retire.is_none())?;
        let (promoted, pending) = (rotation.promoted.as_ref()?, rotation.pending.as_ref()?);
        let view = View { state, begun, seen, document, now, plan };
        Some(ask(&view, rotation, promoted, pending, state.acks.as_ref()?))
    };
    found().unwrap_or_default()
}
