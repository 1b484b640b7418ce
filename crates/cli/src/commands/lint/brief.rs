//! What lint has to say, in a line for each finding: for commands that run it beside their own work.

use hallpass_app::{LintReport, Reported, Severity};

use crate::explain::labelled;
use crate::printer::Printer;

/// The errors and warnings of `report`, one line each; notes are for `hallpass lint` itself.
pub(crate) fn lines(report: &LintReport, printer: &Printer) -> Vec<String> {
    let grave = report.findings.iter().filter(|finding| finding.severity != Severity::Note);
    grave.map(|finding| line(finding, printer)).collect()
}

/// The same with what to do, and with what could not be judged and who bears what.
pub(crate) fn text(report: &LintReport, printer: &Printer) -> String {
    let grave = report.findings.iter().filter(|finding| finding.severity != Severity::Note);
    let mut text: String = grave
        .map(|finding| format!("\n! {}\n  {}", line(finding, printer), labelled("hint", finding.hint)))
        .collect();
    for borne in &report.accepted {
        text.push_str(&format!("\naccepted until {}: {}: {}", borne.until, borne.finding.rule, borne.reason));
    }
    for unknown in &report.unknown {
        let fault = unknown.fault.as_ref().map(|fault| format!(" ({fault})")).unwrap_or_default();
        text.push_str(&format!("\nnot judged: {}{fault}", unknown.what.join("; ")));
    }
    text
}

fn line(finding: &Reported, printer: &Printer) -> String {
    let head = format!("{}[{}]", finding.severity.name(), finding.rule);
    let of = match &finding.integration {
        Some(name) => name.clone(),
        None => format!("{}:{}", finding.place.file.display(), finding.place.line),
    };
    format!("{}: {of}: {}: {}", printer.heading(&head), finding.rule.title(), finding.detail)
}
