//! What each effect of a plan is for a person: something added (+), changed (~) or removed (-), member by member.

use hallpass_app::clients::{Differs, Effect, Planned};
use serde::Serialize;

use crate::printer::Printer;

#[derive(Debug, Serialize)]
pub(super) struct Change {
    /// `+`, `~` or `-`.
    pub(super) sign: &'static str,
    pub(super) what: String,
    pub(super) details: Vec<Detail>,
}

#[derive(Debug, Serialize)]
pub(super) struct Detail {
    /// Of a permission: `+` or `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign: Option<&'static str>,
    member: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shall: Option<String>,
}

impl Detail {
    /// What something that is to be made shall be.
    fn new(member: &'static str, shall: impl Into<String>) -> Self {
        Self { sign: None, member, is: None, shall: Some(shall.into()) }
    }

    /// A difference. One side of it is empty where something is added or taken away.
    fn of(differs: &Differs) -> Self {
        let sign = match (differs.is.is_empty(), differs.shall.is_empty()) {
            (true, _) => Some("+"),
            (_, true) => Some("-"),
            _ => None,
        };
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self { sign, member: differs.member, is: some(&differs.is), shall: some(&differs.shall) }
    }

    pub(super) fn row(&self, printer: &Printer) -> [String; 3] {
        // In the last column: an escape sequence has no width, and would be counted in any other.
        let sign = self.sign.map_or_else(String::new, |sign| format!("{} ", printer.sign(sign)));
        let text = match (&self.is, &self.shall) {
            (Some(is), Some(shall)) => format!("{is} -> {shall}"),
            (is, shall) => is.as_ref().or(shall.as_ref()).cloned().unwrap_or_default(),
        };
        [String::new(), self.member.to_owned(), format!("{sign}{text}")]
    }
}

/// Roles of ours that stay because others have them, too.
pub(super) fn stays(planned: &Planned) -> impl Iterator<Item = String> {
    planned.seen.holders.iter().filter_map(|(id, holders)| {
        let name = called(planned, id);
        match holders {
            Some(others) if others.is_empty() => None,
            Some(others) => Some(format!("role `{name}` stays: {} has it, too", others.join(", "))),
            None => Some(format!("role `{name}` stays: nobody says who else has it")),
        }
    })
}

/// What an effect is for a person; none for what only prepares another.
pub(super) fn change(planned: &Planned, effect: &Effect) -> Option<Change> {
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
            details: vec![Detail::new(
                "secret",
                "another one; whoever has the present one gets no token any more",
            )],
        }),
        Effect::Promote { expected: None, .. } => plain("+", format!("secret in {}", wanted.reference)),
        Effect::Promote { .. } => plain("~", format!("secret in {}", wanted.reference)),
        Effect::Update { id, differs, .. } => {
            let details = differs.iter().map(Detail::of).collect();
            Some(Change { sign: "~", what: format!("{kind} {id}"), details })
        }
        Effect::CreateRole | Effect::UpdateRole { .. } | Effect::HoldRole(_) | Effect::DeleteRole(_) => {
            role(planned, effect)
        }
        Effect::Delete(id) => plain("-", format!("{kind} {id}")),
        Effect::Bury => plain("-", format!("secret in {}", wanted.reference)),
        Effect::Write(_)
        | Effect::Ask(_)
        | Effect::AskRole(_)
        | Effect::Store(_)
        | Effect::Deactivate(_)
        | Effect::Forget(_) => None,
    }
}

/// What becomes of the role that is made of permissions.
fn role(planned: &Planned, effect: &Effect) -> Option<Change> {
    let own = planned.wanted.own_role.as_ref();
    let name = own.map(|own| own.name.as_str()).unwrap_or_default();
    match effect {
        Effect::CreateRole => {
            let permission = |name: &String| Detail { sign: Some("+"), ..Detail::new("permission", name) };
            let details = own?.permissions.iter().map(permission).collect();
            Some(Change { sign: "+", what: format!("role `{name}`"), details })
        }
        Effect::UpdateRole { id, differs, .. } => {
            let details = differs.iter().map(Detail::of).collect();
            Some(Change { sign: "~", what: format!("role `{}`", called(planned, id)), details })
        }
        Effect::HoldRole(_) => {
            let details = planned.wanted.grants.iter().map(|grant| Detail {
                sign: Some("+"),
                ..Detail::new("right", format!("{grant}: nobody gives a role that they do not have"))
            });
            let what = "the administering identity".to_owned();
            Some(Change { sign: "~", what, details: details.collect() })
        }
        Effect::DeleteRole(id) => {
            let name = called(planned, id);
            Some(Change { sign: "-", what: format!("role `{name}`"), details: Vec::new() })
        }
        _ => None,
    }
}

/// How people call a role.
fn called<'a>(planned: &'a Planned, id: &'a String) -> &'a str {
    planned.seen.roles.get(id).map_or(id, |role| &role.name)
}

/// What a new client would be; the second of two that take turns waits switched off.
fn created(planned: &Planned, idle: bool) -> Vec<Detail> {
    let wanted = &planned.wanted;
    let mut details: Vec<_> =
        wanted.grants.iter().map(|grant| Detail::new("right", grant.to_string())).collect();
    details.push(Detail::new("grant type", "client credentials alone"));
    let lifetime = wanted
        .token_lifetime
        .map_or_else(|| "what the platform gives".to_owned(), |lifetime| format!("{} s", lifetime.as_secs()));
    details.push(Detail::new("token lifetime", lifetime));
    details.extend(idle.then(|| Detail::new("state", "off, until a rotation takes its turn")));
    details
}
