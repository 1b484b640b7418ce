//! The least role for the calls of an allow-list.

use std::collections::{BTreeMap, BTreeSet};

use super::hitting::{self, Solution, breadth};
use super::record::{Record, RecordedStar};
use super::requirements::{Match, Permissions, Requirements};
use super::tight::{Line, Tight};

/// The permissions that calls need, and where each comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The permissions, in order.
    pub permissions: Vec<Granted>,
    /// Every call of which one of several permissions suffices.
    pub choices: Vec<Choice>,
    /// How the choice was made; exact where there was none to make.
    pub by: hitting::Method,
    /// Calls that need a token and nothing else.
    pub token_only: Vec<String>,
    /// Calls of which the table does not say what they need.
    pub unstated: Vec<String>,
    /// Calls that the table does not have, each with the rows that it may be.
    pub unknown: Vec<(String, Vec<String>)>,
    /// Calls that the table has, and for which a client's own token is not enough.
    pub not_by_client: Vec<String>,
}

/// One permission and the calls that need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Such as `routing:queue:view`.
    pub permission: String,
    /// The rules of the calls.
    pub calls: Vec<String>,
    /// Where that is written.
    pub sources: Vec<String>,
}

/// A call of which one of several permissions suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The rule of the call.
    pub call: String,
    /// What was chosen.
    pub chosen: String,
    /// What would have done as well.
    pub alternatives: Vec<String>,
    /// Why this one.
    pub why: Why,
}

/// Why a permission was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Another call needs it in any case.
    NeededAnyway,
    /// It serves several calls.
    ServesSeveral,
    /// It is the narrowest.
    Narrowest,
    /// The role as a whole is smallest with it.
    SmallestRole,
}

/// A rule, and what its call needs: all of some, or one of some.
struct Need<'a> {
    call: &'a str,
    any: bool,
    names: &'a [String],
    source: &'a str,
}

impl Role {
    /// The least role for `tight`, which was made of `record`, by `table`. `upstreams` are the names that stand before a path where there are several.
    #[must_use]
    pub fn of(record: &Record, tight: &Tight, table: &Requirements, upstreams: &[String]) -> Self {
        let mut role = Self::empty();
        let mut needs = Vec::new();
        for line in &tight.lines {
            let call = line.rule.as_str();
            let (path, stars) = below_upstream(line, &stars_of(record, line), upstreams);
            let row = match table.find(&line.method, &path, &stars) {
                Match::Row(row) => row,
                Match::OneOf(rows) => {
                    role.unknown.push((call.to_owned(), rows.iter().map(|row| row.path.clone()).collect()));
                    continue;
                }
                Match::Unknown => {
                    role.unknown.push((call.to_owned(), Vec::new()));
                    continue;
                }
            };
            if !row.by_client {
                role.not_by_client.push(call.to_owned());
            }
            let (any, names) = match &row.needs {
                Permissions::Token => {
                    role.token_only.push(call.to_owned());
                    continue;
                }
                Permissions::Unstated => {
                    role.unstated.push(call.to_owned());
                    continue;
                }
                Permissions::All(names) => (false, names),
                Permissions::Any(names) => (names.len() > 1, names),
            };
            needs.push(Need { call, any, names, source: &row.source });
        }
        role.choose(&needs);
        role
    }

    /// The names of the permissions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.permissions.iter().map(|granted| granted.permission.as_str())
    }

    fn empty() -> Self {
        Self {
            permissions: Vec::new(),
            choices: Vec::new(),
            by: hitting::Method::Exact,
            token_only: Vec::new(),
            unstated: Vec::new(),
            unknown: Vec::new(),
            not_by_client: Vec::new(),
        }
    }

    fn choose(&mut self, needs: &[Need<'_>]) {
        let forced: BTreeSet<String> =
            needs.iter().filter(|need| !need.any).flat_map(|need| need.names.iter().cloned()).collect();
        let clauses: Vec<BTreeSet<String>> =
            needs.iter().filter(|need| need.any).map(|need| need.names.iter().cloned().collect()).collect();
        let Solution { chosen, by } = hitting::smallest(&forced, &clauses);
        self.by = by;
        let mut granted = BTreeMap::<String, (Vec<String>, BTreeSet<String>)>::new();
        for need in needs {
            let mut used: Vec<&String> = need.names.iter().filter(|name| chosen.contains(*name)).collect();
            if need.any {
                used.sort_by_key(|name| (!forced.contains(*name), breadth(name), *name));
                used.truncate(1);
                self.choices.extend(used.iter().map(|name| choice(need, name, &forced, &clauses)));
            }
            for name in used {
                let (calls, sources) = granted.entry(name.clone()).or_default();
                calls.push(need.call.to_owned());
                sources.insert(need.source.to_owned());
            }
        }
        let row = |(permission, (calls, sources)): (String, (Vec<String>, BTreeSet<String>))| Granted {
            permission,
            calls,
            sources: sources.into_iter().collect(),
        };
        self.permissions = granted.into_iter().map(row).collect();
    }
}

fn choice(need: &Need<'_>, chosen: &str, forced: &BTreeSet<String>, clauses: &[BTreeSet<String>]) -> Choice {
    let narrowest = need.names.iter().all(|name| breadth(name) >= breadth(chosen));
    let serves = clauses.iter().filter(|clause| clause.contains(chosen)).count();
    let why = if forced.contains(chosen) {
        Why::NeededAnyway
    } else if serves > 1 {
        Why::ServesSeveral
    } else if narrowest {
        Why::Narrowest
    } else {
        Why::SmallestRole
    };
    let alternatives = need.names.iter().filter(|name| *name != chosen).cloned().collect();
    Choice { call: need.call.to_owned(), chosen: chosen.to_owned(), alternatives, why }
}

/// What is known of the stars of the calls that a rule was made of.
fn stars_of(record: &Record, line: &Line) -> Vec<RecordedStar> {
    let same = |call: &&super::RecordedCall| call.method == line.method && call.path == line.template;
    let mut stars = record.calls.iter().find(same).map(|call| call.stars.clone()).unwrap_or_default();
    // A word that the rule in force names is no value of unknown kind any more.
    let path: Vec<&str> = line.path().split('/').skip(1).collect();
    stars.retain(|star| path.get(star.segment) == Some(&"*"));
    stars
}

fn below_upstream(line: &Line, stars: &[RecordedStar], upstreams: &[String]) -> (String, Vec<RecordedStar>) {
    let path = line.path();
    let below = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    match below.filter(|(first, _)| upstreams.iter().any(|name| name == first)) {
        Some((_, rest)) => {
            let moved =
                |star: &RecordedStar| Some(RecordedStar { segment: star.segment.checked_sub(1)?, ..*star });
            (format!("/{rest}"), stars.iter().filter_map(moved).collect())
        }
        None => (path.to_owned(), stars.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Why};
    use crate::learn::record::tests::{call, record};
    use crate::learn::{Permissions, Requirement, Requirements, SolvedBy, Tight};

    fn row(method: &str, path: &str, needs: Permissions) -> Requirement {
        Requirement {
            method: method.into(),
            path: path.into(),
            needs,
            by_client: true,
            source: "a page".into(),
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn table() -> Requirements {
        let mut guest = row("GET", "/guest", Permissions::Token);
        guest.by_client = false;
        Requirements::new(vec![
            row("GET", "/queues", Permissions::Any(names(&["routing:queue:view"]))),
            row(
                "PUT",
                "/queues/{id}",
                Permissions::All(names(&["routing:queue:edit", "routing:queue:view"])),
            ),
            row("GET", "/usage", Permissions::Any(names(&["oauth:client:view", "usage:client:view"]))),
            row(
                "POST",
                "/members",
                Permissions::Any(names(&["routing:queue:edit", "routing:queueMember:manage"])),
            ),
            row("PATCH", "/attributes", Permissions::Token),
            row("GET", "/contacts", Permissions::Unstated),
            guest,
        ])
    }

    #[test]
    fn a_role_says_what_each_permission_is_for() {
        let calls = [
            ("GET", "/queues"),
            ("PUT", "/queues/*"),
            ("GET", "/usage"),
            ("POST", "/members"),
            ("PATCH", "/attributes"),
            ("GET", "/contacts"),
            ("GET", "/guest"),
            ("DELETE", "/queues"),
        ];
        let record =
            record(calls.map(|(method, path)| call(method, path, Some(&format!("{method} /**")), 1)).into());
        let role = Role::of(&record, &Tight::of(&record, false), &table(), &[]);
        assert_eq!(
            role.names().collect::<Vec<_>>(),
            ["oauth:client:view", "routing:queue:edit", "routing:queue:view"]
        );
        let view =
            role.permissions.iter().find(|granted| granted.permission == "routing:queue:view").unwrap();
        assert_eq!(view.calls, ["GET /queues", "PUT /queues/*"]);
        assert_eq!(view.sources, ["a page"]);
        let choices: Vec<_> = role
            .choices
            .iter()
            .map(|choice| (choice.call.as_str(), choice.chosen.as_str(), choice.why))
            .collect();
        assert_eq!(
            choices,
            [
                ("POST /members", "routing:queue:edit", Why::NeededAnyway),
                ("GET /usage", "oauth:client:view", Why::Narrowest)
            ]
        );
        assert_eq!(role.choices[0].alternatives, ["routing:queueMember:manage"]);
        assert_eq!(role.by, SolvedBy::Exact);
        assert_eq!(
            (role.token_only, role.unstated),
            (names(&["PATCH /attributes", "GET /guest"]), names(&["GET /contacts"]))
        );
        assert_eq!(role.not_by_client, ["GET /guest"]);
        assert_eq!(role.unknown, [("DELETE /queues".to_owned(), vec![])]);
    }

    #[test]
    fn the_name_of_an_upstream_is_no_part_of_a_path() {
        let record = record(vec![call("PUT", "/api/queues/*", Some("PUT /**"), 1)]);
        let tight = Tight::of(&record, false);
        let role = |upstreams: &[String]| Role::of(&record, &tight, &table(), upstreams).permissions.len();
        assert_eq!((role(&[]), role(&names(&["api"]))), (0, 2));
    }
}
