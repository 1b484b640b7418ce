//! What there was to look at, as evidence. Pure.

use std::time::Duration;

use hallpass_lifecycle::inventory::{Configured, Row, ShelfSeen, Source, Sources, Surveyed};

use super::{AuditExcerpt, LIMIT};
use crate::lint::LintReport;

/// Everything that was looked at.
pub(super) struct Looks<'a> {
    pub(super) environment: &'a str,
    pub(super) now: Duration,
    pub(super) rows: &'a [Row],
    pub(super) configured: &'a [Configured],
    pub(super) surveys: &'a [Surveyed],
    pub(super) stores: &'a [ShelfSeen],
    pub(super) report: &'a LintReport,
    pub(super) audit: Option<&'a AuditExcerpt>,
}

/// One sentence for each source. A source of which anything is missing is not there: a control that rests on it has no evidence.
pub(super) fn sources(looks: &Looks<'_>) -> Sources {
    let said = [
        (Source::Configuration, Some(configuration(looks))),
        (Source::Platform, platform(looks)),
        (Source::Stores, stores(looks)),
        (Source::Rotations, rotations(looks)),
        (Source::Files, Some(files(looks))),
        (Source::Audit, looks.audit.map(|audit| audit.verdict.clone())),
    ];
    said.into_iter().filter_map(|(source, said)| Some((source, said?))).collect()
}

fn configuration(looks: &Looks<'_>) -> String {
    let policies: usize = looks.configured.iter().map(|one| one.allow.len()).sum();
    format!(
        "{} integrations of `{}` with {policies} allow rules; what none covers is refused",
        looks.configured.len(),
        looks.environment
    )
}

fn platform(looks: &Looks<'_>) -> Option<String> {
    let surveys = looks.surveys;
    let all_surveyed = !surveys.is_empty()
        && surveys.iter().all(|one| one.clients.seen().is_some())
        && looks.configured.iter().all(|one| one.survey.is_some());
    let clients: usize = surveys.iter().filter_map(|one| one.clients.seen()).map(Vec::len).sum();
    let orphans = looks.rows.iter().filter(|row| row.kind.is_orphan()).count();
    all_surveyed
        .then(|| format!("{clients} clients and keys on {} platforms, {orphans} orphans", surveys.len()))
}

/// The dates of all secrets. That a store cannot tell what else it holds takes nothing from them, and is said.
fn stores(looks: &Looks<'_>) -> Option<String> {
    let dated = |row: &&Row| row.entry.as_ref().is_some_and(|entry| entry.written_at.is_some());
    let dated = looks.rows.iter().filter(dated).count();
    let overdue = looks.rows.iter().filter(|row| row.is_overdue(looks.now, LIMIT) == Some(true)).count();
    let unnamed: Option<usize> = looks.stores.iter().map(|store| store.unnamed).sum();
    let strangers = match unnamed {
        Some(unnamed) => format!("{unnamed} entries that no integration names"),
        None => "not every store says what else it holds".to_owned(),
    };
    (dated == looks.configured.len())
        .then(|| format!("{dated} secrets in stores, {overdue} older than their period; {strangers}"))
}

fn rotations(looks: &Looks<'_>) -> Option<String> {
    let rotated: Vec<_> = looks.configured.iter().filter(|one| one.period.is_some()).collect();
    let seen = !rotated.is_empty() && rotated.iter().all(|one| one.rotation.seen().is_some());
    let done = looks.rows.iter().filter(|row| row.rotated_at.is_some()).count();
    seen.then(|| format!("{} integrations are rotated, {done} have been", rotated.len()))
}

fn files(looks: &Looks<'_>) -> String {
    let plain = looks.report.findings.iter().filter(|one| one.rule.code() == "plain-secret").count();
    format!("files beside the configuration were looked through: {plain} plain secrets")
}
