//! What a rotation would do, step by step, before anything happens.

use std::time::Duration;

use hallpass_core::CompareAndSet;

use super::plan::Plan;
use super::step::Step;
use super::strategy::Strategy;
use super::time::Spoken;

/// One step as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// The calls it makes; none where this strategy has nothing to do there.
    pub call: Option<&'static str>,
    /// How long it takes at least because something has to pass; zero for what is done at once.
    pub waits: Duration,
    /// What there is to know about it.
    pub note: Option<String>,
}

/// The sixteen steps of `strategy` under `plan`.
#[must_use]
pub fn outline(plan: &Plan, strategy: Strategy) -> Vec<PlannedStep> {
    let planned = |step| PlannedStep {
        step,
        call: strategy.call(step),
        waits: waits(plan, strategy, step),
        note: note(plan, strategy, step),
    };
    Step::ALL.into_iter().map(planned).collect()
}

fn waits(plan: &Plan, strategy: Strategy, step: Step) -> Duration {
    let two = strategy != Strategy::Regenerate;
    match step {
        Step::Verify => plan.capabilities.activation_delay,
        Step::Soak if two => plan.overlap.total(),
        Step::Prove if two && plan.capabilities.can_disable => plan.watch.max(plan.capabilities.revoke_delay),
        _ => Duration::ZERO,
    }
}

fn note(plan: &Plan, strategy: Strategy, step: Step) -> Option<String> {
    let two = strategy != Strategy::Regenerate;
    match step {
        Step::Generate if !two => Some(
            "the old secret dies here: a consumer that needs a token before it has read the new secret gets none"
                .into(),
        ),
        Step::Verify => {
            let window = Spoken(plan.verify_window());
            Some(format!("at most {} tries within {window}, then one more new secret, then a person", super::VERIFY_TRIES))
        }
        Step::Notify if !plan.copies.is_empty() => {
            let copies = plan.copies.iter().map(|copy| format!("`{copy}`")).collect::<Vec<_>>().join(", ");
            Some(format!("copies at the platform are written: {copies}; until they are, the old secret stays"))
        }
        Step::Promote if plan.compare_and_set == CompareAndSet::ByDocument => Some(
            "the store cannot compare: announced beforehand in the document, and CURRENT is read before and after".into(),
        ),
        Step::CollectEvidence if two && !plan.capabilities.shows_last_use => {
            Some("the platform does not say when a secret was last used: consumers have to".into())
        }
        Step::Soak if two => {
            let limit = plan.platform_window.map(|limit| {
                format!("; two secrets may live for {}, and do for {}", Spoken(limit), plan.both_live())
            });
            Some(format!("{}{}", plan.overlap, limit.unwrap_or_default()))
        }
        Step::Disable if two && !plan.capabilities.can_disable => {
            Some("the platform cannot switch a secret off: from the deletion there is no way back".into())
        }
        Step::Disable if two => {
            Some(format!("until the deletion {} later it can be switched on again", Spoken(waits(plan, strategy, Step::Prove))))
        }
        _ => None,
    }
}
