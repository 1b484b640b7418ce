//! A plan, drawn: what is added (+), changed (~) and removed (-).

use hallpass_app::clients::{Effect, Planned};
use serde::Serialize;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Change {
    /// `+`, `~` or `-`.
    sign: &'static str,
    what: String,
    details: Vec<Detail>,
}

#[derive(Debug, Serialize)]
struct Detail {
    member: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    shall: String,
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
            warnings: lacked.collect(),
            refused: planned.refused.as_ref().map(|fault| fault.code().name()),
        }
    }

    fn count(&self, sign: &str) -> usize {
        self.changes.iter().filter(|change| change.sign == sign).count()
    }
}

fn change(planned: &Planned, effect: &Effect) -> Option<Change> {
    let (wanted, kind) = (&planned.wanted, planned.wanted.nature.kind);
    let plain = |sign, what| Some(Change { sign, what, details: Vec::new() });
    match effect {
        Effect::Create if wanted.nature.can_be_marked => Some(Change {
            sign: "+",
            what: format!("{kind} `{}`", wanted.name),
            details: created(planned, false),
        }),
        Effect::Create => plain("+", kind.to_owned()),
        Effect::CreateIdle => Some(Change {
            sign: "+",
            what: format!("{kind} `{}`", planned.idle_name()),
            details: created(planned, true),
        }),
        Effect::Reset(id) => Some(Change {
            sign: "~",
            what: format!("{kind} {id}"),
            details: vec![Detail {
                member: "secret",
                is: None,
                shall: "another one; whoever has the present one gets no token any more".to_owned(),
            }],
        }),
        Effect::Promote { expected: None, .. } => plain("+", format!("secret in {}", wanted.reference)),
        Effect::Promote { .. } => plain("~", format!("secret in {}", wanted.reference)),
        Effect::Update { id, differs, .. } => {
            let detail = |differs: &hallpass_app::clients::Differs| Detail {
                member: differs.member,
                is: Some(differs.is.clone()),
                shall: differs.shall.clone(),
            };
            let details = differs.iter().map(detail).collect();
            Some(Change { sign: "~", what: format!("{kind} {id}"), details })
        }
        Effect::Delete(id) => plain("-", format!("{kind} {id}")),
        Effect::Bury => plain("-", format!("secret in {}", wanted.reference)),
        Effect::Write(_) | Effect::Ask(_) | Effect::Store(_) | Effect::Deactivate(_) | Effect::Forget(_) => {
            None
        }
    }
}

/// What a new client would be; the second of two that take turns waits switched off.
fn created(planned: &Planned, idle: bool) -> Vec<Detail> {
    let wanted = &planned.wanted;
    let detail = |member, shall| Detail { member, is: None, shall };
    let mut details: Vec<_> = wanted.grants.iter().map(|grant| detail("right", grant.to_string())).collect();
    details.push(detail("grant type", "client credentials alone".to_owned()));
    let lifetime = wanted
        .token_lifetime
        .map_or_else(|| "what the platform gives".to_owned(), |lifetime| format!("{} s", lifetime.as_secs()));
    details.push(detail("token lifetime", lifetime));
    details.extend(idle.then(|| detail("state", "off, until a rotation takes its turn".to_owned())));
    details
}

pub(super) fn text(report: &Report, printer: &Printer) -> String {
    let mut text = printer.heading(&format!("{}: secret in {}", report.integration, report.secret));
    for change in &report.changes {
        text.push_str(&format!("\n{} {}", printer.sign(change.sign), change.what));
        let rows: Vec<_> = change
            .details
            .iter()
            .map(|detail| {
                let is = detail.is.as_ref().map_or_else(String::new, |is| format!("{is} -> "));
                [String::new(), detail.member.to_owned(), format!("{is}{}", detail.shall)]
            })
            .collect();
        if !rows.is_empty() {
            text.push_str(&format!("\n{}", columns(&rows)));
        }
    }
    if report.changes.is_empty() && report.refused.is_none() {
        text.push_str("\nnothing is to be changed");
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
    let (add, change, remove) = (report.count("+"), report.count("~"), report.count("-"));
    text.push_str(&format!("\n\n{add} to add, {change} to change, {remove} to remove"));
    text
}
