//! The least role, in words and in JSON.

use hallpass_app::learning::{Choice, Granted, Role, SolvedBy, Why};
use serde::Serialize;

use crate::printer::columns;

/// A role and how it came about.
#[derive(Serialize)]
pub(super) struct RoleReport<'a> {
    permissions: Vec<Permission<'a>>,
    /// Whether there may be a smaller one.
    by: SolvedBy,
    choices: Vec<Chosen<'a>>,
    /// Calls that need a token and nothing else.
    token_only: &'a [String],
    /// Calls of which nobody says what they need.
    unstated: &'a [String],
    /// Calls that no table has.
    unknown: Vec<Unknown<'a>>,
    /// Calls that a client's own token is not enough for.
    not_by_client: &'a [String],
    #[serde(skip)]
    has_table: bool,
    #[serde(skip)]
    source: &'static str,
}

#[derive(Serialize)]
struct Permission<'a> {
    permission: &'a str,
    calls: &'a [String],
    sources: &'a [String],
}

#[derive(Serialize)]
struct Chosen<'a> {
    call: &'a str,
    chosen: &'a str,
    alternatives: &'a [String],
    why: Why,
}

#[derive(Serialize)]
struct Unknown<'a> {
    call: &'a str,
    may_be: &'a [String],
}

impl<'a> RoleReport<'a> {
    /// What `role` is, by the table called `source`, if the platform has one.
    pub(super) fn of(role: &'a Role, has_table: bool, source: &'static str) -> Self {
        let permission = |granted: &'a Granted| Permission {
            permission: &granted.permission,
            calls: &granted.calls,
            sources: &granted.sources,
        };
        let chosen = |choice: &'a Choice| Chosen {
            call: &choice.call,
            chosen: &choice.chosen,
            alternatives: &choice.alternatives,
            why: choice.why,
        };
        Self {
            permissions: role.permissions.iter().map(permission).collect(),
            by: role.by,
            choices: role.choices.iter().map(chosen).collect(),
            token_only: &role.token_only,
            unstated: &role.unstated,
            unknown: role.unknown.iter().map(|(call, may_be)| Unknown { call, may_be }).collect(),
            not_by_client: &role.not_by_client,
            has_table,
            source,
        }
    }

    /// Several lines.
    pub(super) fn in_words(&self) -> String {
        if !self.has_table {
            return "permissions: there is no table for this platform; --permissions reads one".to_owned();
        }
        let mut lines = Vec::new();
        if self.permissions.is_empty() {
            lines.push(format!("no permission is needed for what {} has", self.source));
        } else {
            let how = match self.by {
                SolvedBy::Exact => "no smaller role does it",
                SolvedBy::Greedy => "found by a greedy choice: a smaller role may do it",
            };
            lines.push(format!("least role, by {} ({how}):", self.source));
            let row = |one: &Permission<'_>| {
                [one.permission.to_owned(), one.calls.join(", "), format!("({})", one.sources.join(", "))]
            };
            lines.push(columns(&self.permissions.iter().map(row).collect::<Vec<_>>()));
        }
        for Chosen { call, chosen, alternatives, why } in &self.choices {
            let why = match why {
                Why::NeededAnyway => "is needed anyway",
                Why::ServesSeveral => "serves several calls",
                Why::Narrowest => "is the narrowest",
                Why::SmallestRole => "makes the smallest role",
            };
            lines.push(format!("{call}: `{chosen}` {why}; `{}` would do as well", alternatives.join("`, `")));
        }
        let groups = [
            (self.token_only, "a token is enough"),
            (self.unstated, "the vendor does not say what it needs"),
            (self.not_by_client, "not for a client's own token, says the table"),
        ];
        lines.extend(
            groups.iter().flat_map(|(calls, what)| calls.iter().map(move |call| format!("{call}: {what}"))),
        );
        lines.extend(self.unknown.iter().map(|Unknown { call, may_be }| match may_be {
            [] => format!("{call}: unknown; --permissions reads the platform's own table"),
            some => format!("{call}: unknown; it may be {}", some.join(", ")),
        }));
        lines.join("\n")
    }
}
