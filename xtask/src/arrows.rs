//! Which crate may depend on which, and a check that none does otherwise.
//!
//! The folders of this repository only mean something while their arrows hold: the token core can be explored by a
//! model checker because nothing in it can reach a socket, and the emulator can catch us being wrong because it shares
//! no type with us. A sentence in a document does not keep that true; a failing command does.

use std::path::Path;

use crate::workspace::{Edge, Kind, Package, Workspace, room};
use crate::{Fault, shell};

mod rooms;
mod source;

#[cfg(test)]
mod tests;

use rooms::{FOREIGN, ForeignRule, ROOMS, Room};

/// Prints the picture and fails on the first look if any arrow is not allowed; all faults are listed.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Fault> {
    print!("{}", picture(workspace));
    let mut faults = faults(workspace);
    faults.extend(source::faults(workspace)?);
    faults.extend(core_closure(&workspace.root)?);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("forbidden arrows:\n  {}", faults.join("\n  ")).into())
    }
}

/// One line per crate, from the binaries down: what it leans on, and what its tests lean on besides.
fn picture(workspace: &Workspace) -> String {
    let mut lines = String::new();
    for rules in ROOMS {
        let Some(package) = workspace.packages.iter().find(|package| package.room() == rules.name) else {
            continue;
        };
        let ours = |dev: bool| {
            let edges = package.edges.iter().filter(|edge| (edge.kind == Kind::Dev) == dev);
            let names = edges.filter(|edge| workspace.has(&edge.to)).map(|edge| room(&edge.to));
            names.collect::<Vec<_>>().join(", ")
        };
        let (built, tests) = (ours(false), ours(true));
        let built = if built.is_empty() { "nothing of ours" } else { &built };
        let tests = if tests.is_empty() { String::new() } else { format!("   (tests: {tests})") };
        lines.push_str(&format!("{:>10} -> {built}{tests}\n", rules.name));
    }
    lines
}

/// Everything the manifests say that the rules forbid.
fn faults(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for package in &workspace.packages {
        let Some(rules) = ROOMS.iter().find(|room| room.name == package.room()) else {
            faults.push(format!("`{}` has no row in xtask/src/arrows/rooms.rs", package.name));
            continue;
        };
        for edge in &package.edges {
            let fault = if workspace.has(&edge.to) {
                fault_of_ours(&package.name, rules, edge)
            } else {
                fault_of_foreign(rules, edge)
            };
            faults.extend(fault.map(|why| format!("{}: {why}", package.name)));
        }
        faults.extend(leaking_features(package));
    }
    faults
}

/// Judges an arrow between two of our crates.
fn fault_of_ours(from: &str, rules: &Room, edge: &Edge) -> Option<String> {
    let allowed = rules.may_use.contains(&room(&edge.to));
    if edge.kind == Kind::Dev {
        // A crate's own tests switch its fakes on by naming the crate itself.
        if edge.to == from {
            return None;
        }
        let in_tests = allowed || rooms::FOR_TESTS.contains(&room(&edge.to));
        return (!in_tests).then(|| format!("tests may not depend on `{}`", edge.to));
    }
    if !allowed {
        let list =
            if rules.may_use.is_empty() { "nothing of ours".to_owned() } else { rules.may_use.join(", ") };
        return Some(format!("{} dependency on `{}`; allowed: {list}", edge.kind, edge.to));
    }
    let fakes = edge.features.iter().any(|feature| feature == rooms::TEST_SUPPORT);
    fakes.then(|| format!("`{}` with feature `{}` outside its tests", edge.to, rooms::TEST_SUPPORT))
}

/// Judges a dependency on somebody else's crate; what tests use is their own affair.
fn fault_of_foreign(rules: &Room, edge: &Edge) -> Option<String> {
    if edge.kind == Kind::Dev {
        return None;
    }
    let rule: &ForeignRule = FOREIGN.iter().find(|rule| rule.covers(&edge.to))?;
    let fine = rule.rooms.contains(&rules.name);
    (!fine).then(|| format!("`{}` belongs to {} only: {}", edge.to, rule.rooms.join(", "), rule.reason))
}

/// A feature other than `test-support` itself that switches the fakes on would ship them to whoever enables it.
fn leaking_features(package: &Package) -> Vec<String> {
    let leaks =
        |parts: &[String]| parts.iter().any(|part| part.rsplit('/').next() == Some(rooms::TEST_SUPPORT));
    let others = package.features.iter().filter(|(name, _)| *name != rooms::TEST_SUPPORT);
    others
        .filter(|(_, parts)| leaks(parts))
        .map(|(name, _)| format!("{}: feature `{name}` switches `{}` on", package.name, rooms::TEST_SUPPORT))
        .collect()
}

/// What the core reaches through others: manifests show only the first step, `cargo tree` shows them all.
fn core_closure(root: &Path) -> Result<Vec<String>, Fault> {
    let mut command = shell::cargo(root);
    command.args(["tree", "--package", "hallpass-core", "--edges", "normal,build", "--prefix", "none"]);
    let tree = shell::capture(command.args(["--format", "{p}"]))?;
    Ok(faults_of_core_closure(&tree))
}

fn faults_of_core_closure(tree: &str) -> Vec<String> {
    let mut reached: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    reached.sort_unstable();
    reached.dedup();
    let forbidden = |name: &&str| rooms::NEVER_BELOW_CORE.contains(name);
    reached.into_iter().filter(forbidden).map(|name| format!("hallpass-core reaches `{name}`")).collect()
}
