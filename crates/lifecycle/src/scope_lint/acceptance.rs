//! Findings that somebody answers for, until a day.

use hallpass_core::IntegrationName;

use super::{Date, Finding, LintRule, Subject};

/// For how many days a finding can be accepted at most: whoever looks at a thing less than once a year has forgotten it.
pub const LONGEST_ACCEPTANCE: i64 = 366;

/// A person's word that a finding is known and borne.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Of which integration.
    pub integration: IntegrationName,
    /// Which rule.
    pub rule: LintRule,
    /// Why; for whoever asks later.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Date,
}

/// What is left of findings, and what was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// What nobody answers for, with what is wrong with acceptances.
    pub open: Vec<Finding>,
    /// What somebody answers for, and how.
    pub borne: Vec<(Finding, Acceptance)>,
}

/// Takes what is accepted on `today` out of `findings`. An acceptance that is over, lasts too long or covers nothing is a finding itself.
#[must_use]
pub fn accept(
    findings: Vec<Finding>,
    acceptances: &[Acceptance],
    subjects: &[Subject],
    today: Date,
) -> Accepted {
    let mut outcome = Accepted::default();
    let mut used = vec![false; acceptances.len()];
    for finding in findings {
        let covers = |one: &Acceptance| {
            one.rule == finding.rule && finding.integration.as_ref() == Some(&one.integration)
        };
        let found = acceptances.iter().position(covers).filter(|_| finding.rule.can_be_accepted());
        match found {
            Some(index) => {
                used[index] = true;
                let acceptance = &acceptances[index];
                if let Some(why) = no_longer(acceptance.rule, acceptance.until, today) {
                    let integration = finding.integration.clone();
                    outcome.open.push(Finding {
                        rule: LintRule::AcceptanceExpired,
                        integration,
                        detail: why,
                    });
                    outcome.open.push(finding);
                } else {
                    outcome.borne.push((finding, acceptance.clone()));
                }
            }
            None => outcome.open.push(finding),
        }
    }
    for (acceptance, used) in acceptances.iter().zip(used) {
        // Of an integration that was not looked at nothing can be said.
        let looked_at = subjects.iter().any(|subject| subject.name == acceptance.integration);
        if !used && looked_at {
            let detail = format!("`{}`, until {}", acceptance.rule, acceptance.until);
            let integration = Some(acceptance.integration.clone());
            outcome.open.push(Finding { rule: LintRule::AcceptanceUnused, integration, detail });
        }
    }
    outcome
}

/// Why an acceptance of `rule` until this day does not hold on `today`; `None` when it does.
#[must_use]
pub fn no_longer(rule: LintRule, until: Date, today: Date) -> Option<String> {
    match until.days_after(today) {
        left if left < 0 => Some(format!("`{rule}` was accepted until {until}")),
        left if left > LONGEST_ACCEPTANCE => {
            Some(format!("`{rule}` is accepted until {until}, which is more than a year away"))
        }
        _ => None,
    }
}
