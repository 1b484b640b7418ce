//! What is there and was never used.

use hallpass_app::learning::{Day, HeldRole, Role, Unused};
use hallpass_app::{Config, Fault, Learnt};
use serde::Serialize;

use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// Rules and permissions that nothing used.
#[derive(Serialize)]
pub(super) struct Difference<'a> {
    integration: &'a str,
    since: String,
    recorded_since: String,
    unused_rules: Vec<Rule>,
    used_rules: usize,
    /// Absent where no role is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Compared>,
    /// Why the platform did not tell the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_unknown: Option<Unasked>,
    /// Calls whose needs are not known: what they need is missing above.
    unknown_calls: Vec<String>,
    #[serde(skip)]
    too_young: bool,
}

#[derive(Serialize)]
struct Rule {
    rule: String,
    last_used: Option<String>,
}

/// The role that the integration has at present.
pub(super) enum Present {
    /// This one; by which roles of the platform, where it was asked.
    Held { role: HeldRole, from: Vec<String> },
    /// Nobody said it, and nobody could be asked.
    NotAsked,
    /// The platform was asked.
    Unknown(Fault),
}

#[derive(Serialize)]
struct Unasked {
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    detail: String,
    hint: String,
}

#[derive(Serialize)]
struct Compared {
    /// The roles that the platform named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    never_needed: Vec<String>,
    /// Wildcards, with what of them is needed.
    too_broad: Vec<(String, Vec<String>)>,
    lacking: Vec<String>,
}

impl<'a> Difference<'a> {
    /// Compares what `config` and the `present` role give with what was `learnt`.
    pub(super) fn of(
        config: &Config,
        integration: &'a str,
        learnt: &Learnt,
        since: Option<Day>,
        present: Present,
    ) -> Result<Self, Failure> {
        let recorded_since = Day::of_millis(learnt.record.since_ms);
        let since = since.unwrap_or(recorded_since);
        let Unused { rules, used } = config.unused(integration, &learnt.record, since.begins_ms())?;
        let rule = |rule: hallpass_app::learning::UnusedRule| Rule {
            rule: rule.rule,
            last_used: rule.last_ms.map(|millis| Day::of_millis(millis).to_string()),
        };
        let (role, role_unknown) = match present {
            Present::Held { role, from } => (Some(Compared::of(&role, from, &learnt.role)), None),
            Present::NotAsked => (None, Some(Unasked::by_nobody())),
            Present::Unknown(fault) => (None, Some(Unasked::by(&fault))),
        };
        Ok(Self {
            integration,
            since: since.to_string(),
            recorded_since: recorded_since.to_string(),
            unused_rules: rules.into_iter().map(rule).collect(),
            used_rules: used,
            role,
            role_unknown,
            unknown_calls: learnt
                .role
                .unknown
                .iter()
                .map(|(call, _)| call)
                .chain(&learnt.role.unstated)
                .cloned()
                .collect(),
            too_young: since < recorded_since,
        })
    }

    /// Prints it.
    pub(super) fn tell(&self, json: bool, printer: &Printer) -> Result<(), Failure> {
        if json {
            printer.json(self)?;
        } else {
            printer.data(&self.in_words())?;
        }
        if self.too_young {
            let what =
                format!("recording began on {}: what was used before that is not known", self.recorded_since);
            printer.talk(&labelled("warning", &what));
        }
        if let Some(Unasked { fault, detail, hint }) = &self.role_unknown {
            let kind = if fault.is_some() { "warning" } else { "note" };
            printer.talk(&labelled(kind, detail));
            printer.talk(&labelled("hint", hint));
        }
        if !self.unknown_calls.is_empty() && self.role.is_some() {
            let what = format!(
                "what these calls need is not known, so keep what they may need: {}",
                self.unknown_calls.join(", ")
            );
            printer.talk(&labelled("warning", &what));
        }
        Ok(())
    }

    fn in_words(&self) -> String {
        let Self { integration, since, unused_rules, used_rules, .. } = self;
        let sum = used_rules + unused_rules.len();
        let mut text = format!("{integration} since {since}: {used_rules} of {sum} rules covered a call");
        let row = |rule: &Rule| {
            let last =
                rule.last_used.as_ref().map_or("never on record".to_owned(), |day| format!("last {day}"));
            [rule.rule.clone(), last]
        };
        push(&mut text, "rules that covered none", &unused_rules.iter().map(row).collect::<Vec<_>>());
        if let Some(role) = &self.role {
            if !role.roles.is_empty() {
                text.push_str(&format!("\n\nits present role, by the platform: {}", role.roles.join(", ")));
            }
            let plain =
                |names: &[String]| names.iter().map(|name| [name.clone(), String::new()]).collect::<Vec<_>>();
            push(&mut text, "permissions that no call needs", &plain(&role.never_needed));
            let broad = role
                .too_broad
                .iter()
                .map(|(held, needed)| [held.clone(), format!("only {}", needed.join(", "))]);
            push(&mut text, "permissions that are too broad", &broad.collect::<Vec<_>>());
            push(&mut text, "permissions that are needed and not there", &plain(&role.lacking));
        }
        text
    }
}

impl Unasked {
    fn by_nobody() -> Self {
        Self {
            fault: None,
            detail: "which permissions its present role has is not known, so none is compared".to_owned(),
            hint: "name the role's file with --role, or an administrator who may look in the integration's `provision` or `rotation`"
                .to_owned(),
        }
    }

    fn by(fault: &Fault) -> Self {
        let detail = format!("its present role cannot be read: {fault}");
        Self {
            fault: Some(fault.code().name()),
            detail,
            hint: format!("{}; or name the role's file with --role", fault.hint()),
        }
    }
}

impl Compared {
    fn of(held: &HeldRole, roles: Vec<String>, role: &Role) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let too_broad =
            held.too_broad(role).into_iter().map(|(held, needed)| (held.to_owned(), owned(needed)));
        Self {
            roles,
            never_needed: owned(held.never_needed(role)),
            too_broad: too_broad.collect(),
            lacking: owned(held.lacking(role)),
        }
    }
}

fn push(text: &mut String, title: &str, rows: &[[String; 2]]) {
    if !rows.is_empty() {
        text.push_str(&format!("\n\n{title}:\n{}", columns(rows)));
    }
}
