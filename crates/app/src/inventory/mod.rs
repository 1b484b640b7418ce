//! The inventory, gathered: configuration, stores, platforms and rotations in one document.

mod excerpt;
mod gather;

pub use excerpt::AuditExcerpt;
pub(crate) use gather::looked;

use std::path::Path;
use std::time::Duration;

use hallpass_core::Fault;
use hallpass_lifecycle::inventory::{Control, Row, Source, Sources, controls, join};
pub use hallpass_lifecycle::scope_lint::LONGEST_PERIOD as LIMIT;
use serde::Serialize;

use crate::assemble::App;
use crate::config::Config;
use crate::lint::{LintOptions, LintReport, Reported};

/// The number of the document's form: it grows when a member goes or changes its meaning.
pub const INVENTORY_SCHEMA: u32 = 1;

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Inventory {
    /// See [`INVENTORY_SCHEMA`].
    pub schema: u32,
    /// Of which environment.
    pub environment: String,
    /// When it was taken, in seconds since the Unix epoch.
    pub taken_at: u64,
    /// The lines.
    pub rows: Vec<Row>,
    /// What `lint` has to say.
    pub findings: Vec<Reported>,
    /// How many findings somebody answers for.
    pub accepted: usize,
    /// What was looked at, with one sentence about each.
    pub sources: Sources,
    /// Controls of standards, with their evidence.
    pub controls: Vec<Control>,
    /// The last events of an audit log whose chain holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditExcerpt>,
}

impl Inventory {
    /// When it was taken.
    #[must_use]
    pub fn taken(&self) -> Duration {
        Duration::from_secs(self.taken_at)
    }
}

impl App {
    /// Takes it. What cannot be looked at is told in the lines it concerns. `told` hears what is being done.
    ///
    /// # Errors
    /// What [`App::lint`] says.
    pub async fn inventory(
        &self,
        config: &Config,
        file: &Path,
        told: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Inventory, Fault> {
        let configured = self.configured(told).await;
        let ours = gather::ours(&configured);
        let surveys = self.survey(&ours, told).await;
        let configured: Vec<_> = configured
            .into_iter()
            .zip(&self.integrations)
            .map(|(mut one, integration)| {
                one.survey = surveys.index_for(integration);
                one
            })
            .collect();
        let rows = join(&configured, &surveys.seen);
        told("findings".to_owned());
        let report =
            self.lint_seen(config, file, &LintOptions::default(), Some((&surveys, &configured))).await?;
        let audit = self.audit_excerpt().await;
        let sources = sources(self, &rows, &configured, &surveys.seen, &report, audit.as_ref());
        Ok(Inventory {
            schema: INVENTORY_SCHEMA,
            environment: self.environment.to_string(),
            taken_at: self.parts.clock.now().wall.as_secs(),
            controls: controls(&sources),
            findings: report.findings,
            accepted: report.accepted.len(),
            rows,
            sources,
            audit,
        })
    }
}

/// What there is to look at. A source of which anything is missing is not there: a control that rests on it has no evidence.
fn sources(
    app: &App,
    rows: &[Row],
    configured: &[hallpass_lifecycle::inventory::Configured],
    surveys: &[hallpass_lifecycle::inventory::Surveyed],
    report: &LintReport,
    audit: Option<&AuditExcerpt>,
) -> Sources {
    let count = configured.len();
    let mut sources = Sources::new();
    let policies: usize = configured.iter().map(|one| one.allow.len()).sum();
    sources.insert(
        Source::Configuration,
        format!(
            "{count} integrations of `{}` with {policies} allow rules; what none covers is refused",
            app.environment
        ),
    );
    let clients: usize = surveys.iter().filter_map(|one| one.clients.seen()).map(Vec::len).sum();
    let all_surveyed = !surveys.is_empty()
        && surveys.iter().all(|one| one.clients.seen().is_some())
        && configured.iter().all(|one| one.survey.is_some());
    if all_surveyed {
        let orphans = rows.iter().filter(|row| row.kind.is_orphan()).count();
        sources.insert(
            Source::Platform,
            format!("{clients} clients and keys on {} platforms, {orphans} orphans", surveys.len()),
        );
    }
    let dated =
        rows.iter().filter(|row| row.entry.as_ref().is_some_and(|entry| entry.written_at.is_some())).count();
    if dated == count {
        let overdue =
            rows.iter().filter(|row| row.is_overdue(app.parts.clock.now().wall, LIMIT) == Some(true)).count();
        sources
            .insert(Source::Stores, format!("{dated} secrets in stores, {overdue} older than their period"));
    }
    let rotated = configured.iter().filter(|one| one.period.is_some());
    if rotated.clone().count() > 0 && rotated.clone().all(|one| one.rotation.seen().is_some()) {
        let done = rows.iter().filter(|row| row.rotated_at.is_some()).count();
        sources.insert(
            Source::Rotations,
            format!("{} integrations are rotated, {done} have been", rotated.count()),
        );
    }
    let plain = report.findings.iter().filter(|one| one.rule.code() == "plain-secret").count();
    sources.insert(
        Source::Files,
        format!("files beside the configuration were looked through: {plain} plain secrets"),
    );
    if let Some(audit) = audit {
        sources.insert(Source::Audit, audit.verdict.clone());
    }
    sources
}
