//! What is broader than it has to be, said before it exists and found where it already does.
//!
//! ```text
//!   Subject: policy, secret's custody, what the platform grants ──▶ rules ──▶ findings ──▶ acceptances ──▶ what is left
//! ```
//!
//! A rule is a pure function of one [`Subject`] (or of all of them, where the fault is what two have in common). What is not known of a subject, because
//! nobody looked or nobody may, is `None`, and a rule says nothing about it: [`Subject::unknown`] tells what was left out, so that silence is not
//! taken for praise.

mod acceptance;
mod date;
mod needed;
mod permission;
mod plain_secrets;
mod rule;
mod rules;
mod subject;

pub use acceptance::{Acceptance, Accepted, LONGEST_ACCEPTANCE, accept, no_longer};
pub use date::{Date, DateFault};
pub use needed::{Needed, NotMapped, Unmapped};
pub use permission::{is_administrative_role, is_wildcard, writes};
pub use plain_secrets::{PlainSecret, plain_secrets};
pub use rule::{LintRule, Severity};
pub use rules::LONGEST_PERIOD;
pub use subject::{Custody, Granted, GrantedRole, Subject, UnknownScope};

use hallpass_core::IntegrationName;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule says so.
    pub rule: LintRule,
    /// The integration concerned; `None` where it is a file.
    pub integration: Option<IntegrationName>,
    /// What was seen, in lower case and without any value that may be secret.
    pub detail: String,
}

impl Finding {
    fn of(rule: LintRule, subject: &Subject, detail: impl Into<String>) -> Self {
        Self { rule, integration: Some(subject.name.clone()), detail: detail.into() }
    }
}

/// Everything that is wrong with `subjects`, in their order, the gravest first.
#[must_use]
pub fn lint(subjects: &[Subject]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for subject in subjects {
        let mut of_it: Vec<_> = rules::ALL.iter().flat_map(|rule| rule(subject)).collect();
        of_it.extend(rules::shared(subject, subjects));
        of_it.sort_by_key(|finding| finding.rule.severity());
        findings.extend(of_it);
    }
    findings
}
