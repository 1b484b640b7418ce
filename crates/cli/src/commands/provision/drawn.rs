//! A plan, drawn: what is added (+), changed (~) and removed (-).

use hallpass_app::clients::Planned;
use hallpass_app::{Fault, LintReport, ProvisionCheck, Reported, Unknown};
use serde::Serialize;

use super::changes::{Change, change, stays};
use crate::printer::{Printer, columns};

/// A plan for programs; text is made from the same.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    integration: String,
    /// Where the secret rests.
    secret: String,
    changes: Vec<Change>,
    calls: Vec<Call>,
    warnings: Vec<String>,
    /// What lint has to say of the client as it would be.
    findings: Vec<Reported>,
    /// What it could not judge.
    unknown: Vec<Unknown>,
    /// What a person sees to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<ProvisionCheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Call {
    call: &'static str,
    permission: &'static str,
}

impl Report {
    pub(super) fn of(planned: &Planned) -> Self {
        let wanted = &planned.wanted;
        let mut changes: Vec<Change> = Vec::new();
        for effect in &planned.effects {
            changes.extend(change(planned, effect));
        }
        let calls = planned.calls.iter().map(|call| Call { call: call.line, permission: call.permission });
        let lacked = planned.lacked.iter().map(|role| {
            format!("the administering identity does not hold {role} itself, and the platform lets nobody give more than that")
        });
        Self {
            integration: wanted.integration.to_string(),
            secret: wanted.reference.clone(),
            changes,
            calls: calls.collect(),
            warnings: lacked.chain(stays(planned)).collect(),
            findings: Vec::new(),
            unknown: Vec::new(),
            checks: Vec::new(),
            refused: planned.refused.as_ref().map(|fault| fault.code().name()),
        }
    }

    /// Adds what lint says, and the refusal that is.
    pub(super) fn judged(mut self, report: &LintReport, refusal: Option<&Fault>) -> Self {
        self.findings.clone_from(&report.findings);
        self.unknown.clone_from(&report.unknown);
        self.refused = self.refused.or(refusal.map(|fault| fault.code().name()));
        self
    }

    /// The same with what a person sees to.
    pub(super) fn with(self, checks: Vec<ProvisionCheck>) -> Self {
        Self { checks, ..self }
    }

    /// What a person sees to, with what there is to be done below each.
    fn seen_to(&self) -> String {
        if self.checks.is_empty() {
            return String::new();
        }
        let row = |check: &ProvisionCheck| {
            [check.what.to_owned(), check.state.name().to_owned(), check.detail.clone()]
        };
        let rows: Vec<_> = self.checks.iter().map(row).collect();
        let to_do = self.checks.iter().filter_map(|check| Some((check.what, check.to_do?)));
        let to_do: String = to_do.map(|(what, to_do)| format!("\n! {what}: {to_do}")).collect();
        format!("\n\n{}{to_do}", columns(&rows))
    }

    fn count(&self, sign: &str) -> usize {
        self.changes.iter().filter(|change| change.sign == sign).count()
    }
}

pub(super) fn text(report: &Report, printer: &Printer) -> String {
    let mut text = printer.heading(&format!("{}: secret in {}", report.integration, report.secret));
    for change in &report.changes {
        text.push_str(&format!("\n{} {}", printer.sign(change.sign), change.what));
        let rows: Vec<_> = change.details.iter().map(|detail| detail.row(printer)).collect();
        if !rows.is_empty() {
            text.push_str(&format!("\n{}", columns(&rows)));
        }
    }
    if report.changes.is_empty() && report.refused.is_none() {
        text.push_str("\nnothing is to be changed");
        text.push_str(&report.seen_to());
        return text;
    }
    if !report.calls.is_empty() {
        let mut rows = vec![["calls", "permission"].map(str::to_owned)];
        rows.extend(report.calls.iter().map(|call| [call.call.to_owned(), call.permission.to_owned()]));
        text.push_str(&format!("\n\n{}", columns(&rows)));
    }
    for warning in &report.warnings {
        text.push_str(&format!("\n! {warning}"));
    }
    text.push_str(&report.seen_to());
    let (add, change, remove) = (report.count("+"), report.count("~"), report.count("-"));
    text.push_str(&format!("\n\n{add} to add, {change} to change, {remove} to remove"));
    text
}
