//! Which permissions the calls of an allow-list need, as far as a table tells.
//!
//! An allow-list says what may be called, not what is called. So this is the other side of [`crate::learn::Role`]: that looks for the least that does what was seen,
//! this for the most that what is allowed can ever use. Of "one of these" each counts as needed: which of them a call takes may depend on its body, and a
//! rule that told people to take away what a call may need would be switched off after the first outage.

use std::collections::BTreeSet;

use hallpass_core::policy::Rule;

use crate::learn::{Match, Permissions, Requirement, Requirements, is_parameter};

/// The permissions that the calls of an allow-list need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// What they need, as `domain:entity:action`. The most there can be only where nothing is unmapped.
    pub permissions: BTreeSet<String>,
    /// Rules of which the table does not tell.
    pub unmapped: Vec<Unmapped>,
}

/// A rule of which a table does not tell what its calls need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// The rule, as it is written.
    pub rule: String,
    /// Why.
    pub why: NotMapped,
}

/// Why a table does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMapped {
    /// The rule has an open end, and the table has only some of the calls there are.
    OpenEnd,
    /// The table has no such call.
    NotInTable,
    /// The rule has a `*` where the table knows only words, and the table has only some of the calls there are.
    Wider,
    /// The table has the call, and the vendor does not say what it needs.
    Unstated,
}

impl NotMapped {
    /// In words, behind the rule.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::OpenEnd => "has an open end",
            Self::NotInTable => "is in no table",
            Self::Wider => "is wider than the calls in the table",
            Self::Unstated => "needs what the vendor does not say",
        }
    }
}

impl Needed {
    /// What the calls that `allow` covers need, by `table`. `upstreams` are the names that stand before a path where there are several.
    #[must_use]
    pub fn of(allow: &[Rule], table: &Requirements, upstreams: &[String]) -> Self {
        let mut needed = Self::default();
        for rule in allow {
            let mapped = rows(rule, table, upstreams).and_then(|rows| names(&rows));
            match mapped {
                Ok(names) => needed.permissions.extend(names),
                Err(why) => needed.unmapped.push(Unmapped { rule: rule.to_string(), why }),
            }
        }
        needed
    }

    /// Whether the permissions are all there are.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unmapped.is_empty()
    }
}

fn names(rows: &[&Requirement]) -> Result<BTreeSet<String>, NotMapped> {
    let mut all = BTreeSet::new();
    for row in rows {
        match &row.needs {
            Permissions::Token => {}
            Permissions::All(names) | Permissions::Any(names) => all.extend(names.iter().cloned()),
            Permissions::Unstated => return Err(NotMapped::Unstated),
        }
    }
    Ok(all)
}

/// The rows of the calls that `rule` covers; never none.
fn rows<'t>(
    rule: &Rule,
    table: &'t Requirements,
    upstreams: &[String],
) -> Result<Vec<&'t Requirement>, NotMapped> {
    let asked = Asked::of(rule, upstreams);
    if asked.open_end && !table.is_whole() {
        return Err(NotMapped::OpenEnd);
    }
    if !asked.open_end && !asked.segments.contains(&"*") {
        let path = format!("/{}", asked.segments.join("/"));
        return match table.find(asked.method, &path, &[]) {
            Match::Row(row) => Ok(vec![row]),
            Match::OneOf(_) | Match::Unknown => Err(NotMapped::NotInTable),
        };
    }
    let rows: Vec<&Requirement> = table.rows().iter().filter(|row| asked.may_be(row)).collect();
    if rows.is_empty() {
        return Err(NotMapped::NotInTable);
    }
    // A table of everything has every word that a `*` may stand for. Ours has not, so there one row has to take whatever the rule lets through.
    match table.is_whole() || rows.iter().any(|row| asked.is_within(row)) {
        true => Ok(rows),
        false => Err(NotMapped::Wider),
    }
}

/// A rule, taken apart.
struct Asked<'r> {
    method: &'r str,
    /// Below the upstream's name.
    segments: Vec<&'r str>,
    open_end: bool,
}

impl<'r> Asked<'r> {
    fn of(rule: &'r Rule, upstreams: &[String]) -> Self {
        let (method, target) = rule.as_str().split_once(' ').unwrap_or_default();
        let path = target.split('?').next().unwrap_or(target);
        let (path, open_end) = path.strip_suffix("/**").map_or((path, false), |path| (path, true));
        let mut segments: Vec<&str> = path.split('/').skip(1).collect();
        // Where there are several upstreams every path begins with one of them.
        if segments.first().is_some_and(|first| upstreams.iter().any(|name| name == first || *first == "*")) {
            segments.remove(0);
        }
        Self { method, segments, open_end }
    }

    /// Whether a call of `row` may be one that the rule covers.
    fn may_be(&self, row: &Requirement) -> bool {
        self.fits(row, |asked, part| asked == "*" || asked == part || is_parameter(part))
    }

    /// Whether every call that the rule covers is one of `row`.
    fn is_within(&self, row: &Requirement) -> bool {
        self.fits(row, |asked, part| asked == part || is_parameter(part))
    }

    fn fits(&self, row: &Requirement, fits: impl Fn(&str, &str) -> bool) -> bool {
        let parts: Vec<&str> = row.path.split('/').skip(1).collect();
        let long_enough = match self.open_end {
            true => parts.len() >= self.segments.len(),
            false => parts.len() == self.segments.len(),
        };
        row.method == self.method
            && long_enough
            && self.segments.iter().zip(&parts).all(|(asked, part)| fits(asked, part))
    }
}

#[cfg(test)]
mod tests {
    use super::{Needed, NotMapped};
    use crate::learn::{Permissions, Requirement, Requirements};
    use hallpass_core::policy::Rule;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn rows() -> Vec<Requirement> {
        let row = |method: &str, path: &str, needs| Requirement {
            method: method.into(),
            path: path.into(),
            needs,
            by_client: true,
            source: String::new(),
        };
        vec![
            row("GET", "/queues", Permissions::All(names(&["queue:view"]))),
            row("GET", "/queues/{id}", Permissions::All(names(&["queue:view"]))),
            row("POST", "/queues/{id}/members", Permissions::Any(names(&["queue:edit", "member:manage"]))),
            row("PUT", "/queues/{id}", Permissions::All(names(&["queue:edit", "queue:view"]))),
            row("GET", "/users/me", Permissions::Token),
            row("GET", "/usage/{id}", Permissions::Any(names(&["usage:view"]))),
            row("GET", "/usage/all", Permissions::Any(names(&["usage:all"]))),
            row("GET", "/contacts", Permissions::Unstated),
        ]
    }

    fn needed(table: &Requirements, allow: &[&str]) -> (String, Vec<NotMapped>) {
        let allow: Vec<Rule> = allow.iter().map(|rule| rule.parse().unwrap()).collect();
        let needed = Needed::of(&allow, table, &names(&["api"]));
        let all: Vec<_> = needed.permissions.into_iter().collect();
        (all.join(" "), needed.unmapped.into_iter().map(|one| one.why).collect())
    }

    #[track_caller]
    fn known(allow: &[&str], permissions: &str) {
        assert_eq!(needed(&Requirements::new(rows()), allow), (permissions.to_owned(), vec![]), "{allow:?}");
    }

    #[track_caller]
    fn unknown(rule: &str, why: NotMapped) {
        assert_eq!(needed(&Requirements::new(rows()), &[rule]), (String::new(), vec![why]), "{rule}");
    }

    #[test]
    fn all_of_all_and_each_of_any_is_needed() {
        known(&["GET /queues"], "queue:view");
        known(&["PUT /queues/*"], "queue:edit queue:view");
        known(&["POST /queues/*/members"], "member:manage queue:edit");
        known(&["GET /users/me"], "");
        known(&["GET /queues?pageSize=1", "GET /api/queues/*"], "queue:view");
        known(&["GET /queues/4711"], "queue:view");
        known(&["GET /*/queues"], "queue:view");
        // A star takes what stands beside the parameter, too; a word takes itself alone.
        known(&["GET /usage/*"], "usage:all usage:view");
        known(&["GET /usage/all"], "usage:all");
    }

    #[test]
    fn what_our_own_table_does_not_have_makes_it_unknown() {
        unknown("GET /queues/**", NotMapped::OpenEnd);
        unknown("GET /**", NotMapped::OpenEnd);
        unknown("DELETE /queues/*", NotMapped::NotInTable);
        unknown("GET /skills", NotMapped::NotInTable);
        unknown("GET /skills/*", NotMapped::NotInTable);
        unknown("GET /users/*", NotMapped::Wider);
        unknown("GET /contacts", NotMapped::Unstated);
        let (permissions, unmapped) =
            needed(&Requirements::new(rows()), &["GET /queues", "GET /skills", "GET /users/*"]);
        assert_eq!((permissions.as_str(), unmapped.len()), ("queue:view", 2));
    }

    #[test]
    fn a_table_of_everything_knows_every_wildcard() {
        let table = Requirements::whole(rows());
        let known = |rule: &str| needed(&table, &[rule]);
        assert_eq!(known("GET /queues/**"), ("queue:view".into(), vec![]));
        assert_eq!(known("POST /**"), ("member:manage queue:edit".into(), vec![]));
        assert_eq!(known("GET /users/*"), (String::new(), vec![]));
        assert_eq!(known("GET /api/usage/**"), ("usage:all usage:view".into(), vec![]));
        assert_eq!(known("GET /**"), (String::new(), vec![NotMapped::Unstated]));
        assert_eq!(known("GET /skills/**"), (String::new(), vec![NotMapped::NotInTable]));
    }
}
