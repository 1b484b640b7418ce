//! Verdicts as people and programs read them.

use hallpass_app::{Difference, Near, Reason, RuleName, Verdict};
use serde::Serialize;

use super::calls::{self, Call, Expected};
use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// The verdict on one call.
#[derive(Serialize)]
pub(super) struct One<'a> {
    /// Whose rules were asked.
    pub(super) integration: &'a str,
    /// The call, without what its query says.
    pub(super) call: String,
    /// What came out.
    #[serde(flatten)]
    pub(super) verdict: &'a Verdict,
}

impl One<'_> {
    /// Prints it.
    pub(super) fn tell(&self, json: bool, printer: &Printer) -> Result<(), Failure> {
        if json {
            return printer.json(self);
        }
        printer.data(&format!("{}: {}", self.call, in_words(self.verdict)))?;
        if let Verdict::Refused(Reason::NoRule { nearest }) = self.verdict {
            let row =
                |near: &Near| [format!("rule {}", near.rule.index), near.rule.text.clone(), difference(near)];
            printer.data(&columns(&nearest.iter().map(row).collect::<Vec<_>>()))?;
            let hint =
                format!("if the call is meant, add a rule to `integrations.{}.allow`", self.integration);
            printer.talk(&labelled("hint", &hint));
        }
        Ok(())
    }
}

/// The verdicts on a list of calls.
#[derive(Serialize)]
pub(super) struct Many<'a> {
    integration: &'a str,
    ok: bool,
    allowed: usize,
    refused: usize,
    unexpected: usize,
    calls: Vec<Judged>,
    #[serde(skip)]
    exit: Exit,
}

#[derive(Serialize)]
struct Judged {
    line: usize,
    call: String,
    /// Absent where the line says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expected>,
    #[serde(flatten)]
    verdict: Verdict,
}

impl<'a> Many<'a> {
    /// Counts them.
    pub(super) fn of(integration: &'a str, judged: Vec<(Verdict, Call)>) -> Self {
        let judge = |(verdict, call): (Verdict, Call)| {
            let Call { line, expected, method, target } = call;
            Judged { line, call: calls::shown(&method, &target), expected, verdict }
        };
        let calls: Vec<_> = judged.into_iter().map(judge).collect();
        let count = |is_so: fn(&Judged) -> bool| calls.iter().filter(|call| is_so(call)).count();
        let (allowed, unexpected) = (count(Judged::is_allowed), count(Judged::is_unexpected));
        let exit = if unexpected > 0 {
            Exit::Unexpected
        } else if calls.iter().any(|call| call.expected.is_none() && !call.is_allowed()) {
            Exit::Refused
        } else {
            Exit::Done
        };
        let refused = calls.len() - allowed;
        Self { integration, ok: exit == Exit::Done, allowed, refused, unexpected, calls, exit }
    }

    /// Prints them, and says how the process ends.
    pub(super) fn tell(&self, json: bool, printer: &Printer) -> Result<Exit, Failure> {
        if json {
            printer.json(self)?;
            return Ok(self.exit);
        }
        let Self { allowed, refused, unexpected, .. } = self;
        let rows: Vec<_> = self.calls.iter().map(|call| call.row(printer)).collect();
        let sum = format!(
            "{} calls: {allowed} allowed, {refused} refused, {unexpected} not as expected",
            rows.len()
        );
        printer.data(&format!("{}\n\n{sum}", columns(&rows)))?;
        Ok(self.exit)
    }
}

impl Judged {
    fn is_allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Allowed { .. })
    }

    fn is_unexpected(&self) -> bool {
        self.expected.is_some_and(|expected| (expected == Expected::Allow) != self.is_allowed())
    }

    fn row(&self, printer: &Printer) -> [String; 4] {
        let mark = match (self.expected, self.is_unexpected()) {
            (None, _) => "",
            (Some(_), unexpected) => printer.mark(!unexpected).trim_end(),
        };
        [
            mark.to_owned(),
            format!("line {}", self.line),
            self.call.clone(),
            in_words_with_nearest(&self.verdict),
        ]
    }
}

fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed { rule: RuleName { index, text } } => format!("allowed by rule {index}, `{text}`"),
        Verdict::Refused(Reason::NoMethod) => "refused: the method is none".to_owned(),
        Verdict::Refused(Reason::Ambiguous { detail }) => format!("refused: the path is ambiguous: {detail}"),
        Verdict::Refused(Reason::TokenInQuery) => "refused: the query carries `access_token`".to_owned(),
        Verdict::Refused(Reason::NoRule { .. }) => "refused: no rule covers it; the nearest are".to_owned(),
    }
}

/// On one line.
fn in_words_with_nearest(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refused(Reason::NoRule { nearest }) => match nearest.first() {
            Some(near) => format!("refused: rule {} is nearest; {}", near.rule.index, difference(near)),
            None => "refused: no rule covers it".to_owned(),
        },
        verdict => in_words(verdict),
    }
}

fn difference(near: &Near) -> String {
    let quoted = |part: &Option<String>| match part.as_deref() {
        None => "none".to_owned(),
        Some("") => "an empty one".to_owned(),
        Some(part) => format!("`{}`", calls::shown_part(part)),
    };
    match &near.difference {
        Difference::Method { rule, call } => {
            format!("method: the rule has `{rule}`, the call `{}`", calls::shown_part(call))
        }
        Difference::Segment { number, rule, call } => {
            format!("segment {number}: the rule has {}, the call {}", quoted(rule), quoted(call))
        }
        Difference::TrailingSlash { in_call: true } => "trailing slash: only the call has one".to_owned(),
        Difference::TrailingSlash { in_call: false } => "trailing slash: only the rule has one".to_owned(),
        Difference::Query { rule } => format!("query: the rule has `{rule}`, the call another or none"),
    }
}
