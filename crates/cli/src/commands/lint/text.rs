//! A report for people.

use hallpass_app::{LintReport, LintRule, Reported, Severity};

use crate::explain::labelled;
use crate::printer::{Printer, columns};

/// Every finding, what was accepted, what could not be judged, and the sum.
pub(super) fn report(report: &LintReport, printer: &Printer) -> String {
    let mut parts: Vec<_> = report.findings.iter().map(|finding| finding_text(finding, printer)).collect();
    parts.extend(report.accepted.iter().map(|borne| {
        let Reported { rule, integration, place, .. } = &borne.finding;
        let of = integration.clone().unwrap_or_else(|| place.file.display().to_string());
        format!("accepted until {}: {of}: {rule}: {}", borne.until, borne.reason)
    }));
    parts.extend(report.unknown.iter().map(|unknown| {
        let fault = unknown.fault.as_ref().map(|fault| format!(" ({fault})")).unwrap_or_default();
        format!("not judged: {}: {}{fault}", unknown.integration, unknown.what.join("; "))
    }));
    parts.push(sum(report));
    parts.join("\n")
}

fn finding_text(finding: &Reported, printer: &Printer) -> String {
    let place = format!("{}:{}", finding.place.file.display(), finding.place.line);
    let of = finding.integration.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let head = format!("{}[{}]", finding.severity.name(), finding.rule);
    format!(
        "{}: {of}{}\n  {}\n  {place}\n  {}\n",
        printer.heading(&head),
        finding.rule.title(),
        finding.detail,
        labelled("hint", finding.hint)
    )
}

fn sum(report: &LintReport) -> String {
    let count = |severity| report.count(severity);
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let verdict = match (report.ok, report.gate) {
        (true, true) => "the gate is open",
        (true, false) => "nothing speaks against it",
        (false, true) => "the gate is shut",
        (false, false) => "refused",
    };
    format!(
        "errors: {errors}, warnings: {warnings}, notes: {notes}, accepted: {}; {verdict}",
        report.accepted.len()
    )
}

/// The rules in a table.
pub(super) fn rules() -> String {
    let row = |rule: &LintRule| {
        [rule.code().to_owned(), rule.severity().name().to_owned(), rule.title().to_owned()]
    };
    columns(&LintRule::ALL.iter().map(row).collect::<Vec<_>>())
}

/// One rule, at length.
pub(super) fn explained(rule: LintRule, printer: &Printer) -> String {
    let accepted = if rule.can_be_accepted() {
        format!(
            "To bear it, put this into the integration's table:\n  accept = [{{ rule = \"{rule}\", reason = \"why, and who says so\", until = \"YYYY-MM-DD\" }}]"
        )
    } else {
        "It cannot be accepted.".to_owned()
    };
    format!(
        "{}\n{}.\n\n{}\n{}\n\n{accepted}",
        printer.heading(&format!("{rule} ({})", rule.severity().name())),
        rule.title(),
        rule.reason(),
        labelled("hint", rule.remedy())
    )
}
