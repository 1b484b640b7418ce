//! From the promotion to the decision to retire.

use super::checkpoints::{PendingMark, PromotedMark, RetireMark, Rotation};
use super::decide::{View, does, stuck};
use super::document::Call;
use super::effect::{Change, Effect, Next};
use super::evidence::{AckReport, Finding, Question, judge};
use super::plan::Plan;
use super::retire;
use super::revoke;
use super::state::State;
use super::step::Step;
use super::strategy::Strategy;
use super::stuck::Cause;
use super::time::{Spoken, WallTime};

pub(super) fn decide(
    view: &View<'_>,
    rotation: &Rotation,
    promoted: &PromotedMark,
    pending: &PendingMark,
) -> Next {
    if view.current_version() != Some(&pending.version) {
        return stuck(Step::CollectEvidence, Cause::StoreChanged, "CURRENT is no longer what was promoted");
    }
    // A revocation tries to tell programs once before it ends the old one, and goes on trying afterwards; copies come then, too: one that cannot be
    // written must not keep alive what leaked.
    if view.is_hurried() {
        if !promoted.notified && !view.state.unpublished {
            return revoke::tell(view, pending);
        }
    } else if let Some(telling) = tell(view, promoted, pending) {
        return telling;
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

/// What is left of telling the consumers. Programs first: a copy that cannot be written must not keep them waiting.
pub(super) fn tell(view: &View<'_>, promoted: &PromotedMark, pending: &PendingMark) -> Option<Next> {
    if !promoted.notified && !view.state.published {
        return Some(does(Step::Notify, Effect::Publish(pending.version.clone(), pending.fingerprint)));
    }
    // Also one that the configuration names only since then.
    if let Some(copy) = view.plan.copies.iter().find(|copy| !promoted.copied.contains_key(*copy)) {
        let written = view.state.copied.as_ref();
        if written.is_some_and(|(which, version)| which == copy && *version == pending.version) {
            return Some(does(Step::Notify, Effect::Write(Change::Copied(copy.clone()))));
        }
        return Some(view.call(Step::Notify, Call::Copy(copy.clone(), pending.version.clone())));
    }
    (!promoted.notified).then(|| does(Step::Notify, Effect::Write(Change::Notified)))
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
    let overlap = promoted.spread().after(view.plan.overlap.total());
    let deadline = rotation.resumed.map_or(overlap, |resumed| resumed.max(overlap)).after(view.plan.patience);
    if view.now >= deadline {
        return stuck(Step::CollectEvidence, Cause::NoEvidence, listed(findings));
    }
    let off_by = view.off_by(rotation);
    if let Some(end) = off_by.filter(|end| view.now >= *end) {
        let left = Spoken(end.after(view.plan.watch).since(view.now));
        return stuck(Step::CollectEvidence, Cause::WindowEnds, format!("in {left}: {}", listed(findings)));
    }
    let deadline = off_by.map_or(deadline, |end| deadline.min(end));
    // A secret that is used again and again would else be waited for for ever, and nobody told.
    match findings.iter().filter_map(Finding::passes_at).max() {
        Some(until) => does(Step::Soak, Effect::Wait(until.min(deadline))),
        None => does(Step::CollectEvidence, Effect::Wait(view.now.after(view.plan.pace.poll).min(deadline))),
    }
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
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
        // Who reads a copy may hold the old secret for as long after the copy as others do after the promotion.
        overlap: promoted.spread().since(promoted.at).saturating_add(view.plan.overlap.total()),
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
