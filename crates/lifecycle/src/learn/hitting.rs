//! The fewest permissions that satisfy every "one of these": a hitting set.
//!
//! The problem is NP-hard, and the instances are small: an integration makes a few dozen kinds of calls, and most name one permission. So it is solved by
//! branch and bound, beginning from what a greedy choice finds; when the search takes more than [`MOST_STEPS`] the best one found so far is taken, and
//! the answer says so.

use std::collections::BTreeSet;

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The permissions, the given ones included.
    pub chosen: BTreeSet<String>,
    /// How it was found.
    pub by: Method,
}

/// How a solution was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// There is none better.
    Exact,
    /// There may be a better one.
    Greedy,
}

/// How good a choice is; less is better. Permissions of an administrator come last, then there should be few, and then narrow ones: `view` rather than `edit`
/// rather than `delete`. The first two may contradict each other: two narrow permissions are better than one that administers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    administrative: usize,
    count: usize,
    breadth: usize,
}

/// The best choice that holds all of `given` and at least one of each of `clauses`. An empty clause asks for nothing.
#[must_use]
pub fn smallest(given: &BTreeSet<String>, clauses: &[BTreeSet<String>]) -> Solution {
    let mut open: Vec<&BTreeSet<String>> =
        clauses.iter().filter(|clause| !clause.is_empty() && clause.is_disjoint(given)).collect();
    open.sort();
    open.dedup();
    // The one with the fewest choices first: that is where a search branches least.
    open.sort_by_key(|clause| clause.len());
    let greedy = greedy(&open);
    let mut search = Search { open: &open, best: greedy, steps: 0 };
    search.branch(&mut BTreeSet::new());
    let by = if search.steps > MOST_STEPS { Method::Greedy } else { Method::Exact };
    let mut chosen: BTreeSet<String> = search.best.iter().map(|name| (*name).to_owned()).collect();
    chosen.extend(given.iter().cloned());
    Solution { chosen, by }
}

/// How wide a permission is, by its action: less is narrower. [`ADMINISTRATIVE`] for those that are not of the form `domain:entity:action`, or name everything.
#[must_use]
pub(super) fn breadth(permission: &str) -> usize {
    let mut parts = permission.split(':');
    let (Some(_), Some(_), Some(action), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return ADMINISTRATIVE;
    };
    match action {
        _ if permission.contains('*') || action == "admin" => ADMINISTRATIVE,
        "view" | "read" | "search" => 0,
        "edit" | "update" => 2,
        "add" | "create" => 3,
        "delete" | "remove" => 4,
        _ => 1,
    }
}

pub(super) const ADMINISTRATIVE: usize = 5;

/// Below a second on a slow machine.
pub(super) const MOST_STEPS: usize = 20_000;

struct Search<'a> {
    open: &'a [&'a BTreeSet<String>],
    best: BTreeSet<&'a str>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn branch(&mut self, chosen: &mut BTreeSet<&'a str>) {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return;
        }
        let (mine, best) = (cost(chosen), cost(&self.best));
        let unserved =
            self.open.iter().find(|clause| !clause.iter().any(|name| chosen.contains(name.as_str())));
        let Some(clause) = unserved else {
            // Names decide between equals, so that the same calls give the same role everywhere.
            if (mine, &*chosen) < (best, &self.best) {
                self.best.clone_from(chosen);
            }
            return;
        };
        // One more permission at least.
        if (Cost { count: mine.count + 1, ..mine }) > best {
            return;
        }
        let mut names: Vec<&str> = clause.iter().map(String::as_str).collect();
        names.sort_by_key(|name| (breadth(name), *name));
        for name in names {
            chosen.insert(name);
            self.branch(chosen);
            chosen.remove(name);
        }
    }
}

fn cost(chosen: &BTreeSet<&str>) -> Cost {
    let breadths = || chosen.iter().map(|name| breadth(name));
    let administrative = breadths().filter(|breadth| *breadth == ADMINISTRATIVE).count();
    Cost { administrative, count: chosen.len(), breadth: breadths().sum() }
}

/// Again and again the permission that serves most of what is left, and of those the narrowest.
fn greedy<'a>(open: &[&'a BTreeSet<String>]) -> BTreeSet<&'a str> {
    let mut chosen = BTreeSet::new();
    loop {
        let left: Vec<_> =
            open.iter().filter(|clause| !clause.iter().any(|name| chosen.contains(name.as_str()))).collect();
        let names: BTreeSet<&str> =
            left.iter().flat_map(|clause| clause.iter().map(String::as_str)).collect();
        let serves = |name: &str| left.iter().filter(|clause| clause.contains(name)).count();
        let key = |name: &&str| {
            (breadth(name) == ADMINISTRATIVE, usize::MAX - serves(name), breadth(name), (*name).to_owned())
        };
        let Some(best) = names.into_iter().min_by_key(key) else { return chosen };
        chosen.insert(best);
    }
}

#[cfg(test)]
mod tests;
