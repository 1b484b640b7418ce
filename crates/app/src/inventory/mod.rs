//! The inventory, gathered: configuration, stores, platforms and rotations in one document.

mod excerpt;
mod gather;
mod shelves;
mod sources;

pub use excerpt::AuditExcerpt;
pub(crate) use gather::looked;

use std::path::Path;
use std::time::Duration;

use hallpass_core::Fault;
use hallpass_lifecycle::inventory::{Control, Row, Shelf, ShelfSeen, Sources, controls, join};
pub use hallpass_lifecycle::scope_lint::LONGEST_PERIOD as LIMIT;
use serde::Serialize;
use sources::{Looks, sources};

use crate::assemble::App;
use crate::config::Config;
use crate::lint::{LintOptions, Reported};

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
    /// The stores, and how much of them nobody names.
    pub stores: Vec<ShelfSeen>,
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
        let shelves = self.shelves(config, told).await;
        let stores: Vec<_> = shelves.iter().map(Shelf::summary).collect();
        let mut rows = join(&configured, &surveys.seen);
        rows.extend(shelves.iter().flat_map(Shelf::rows));
        told("findings".to_owned());
        let report =
            self.lint_seen(config, file, &LintOptions::default(), Some((&surveys, &configured))).await?;
        let audit = self.audit_excerpt().await;
        let sources = sources(&Looks {
            environment: self.environment.as_str(),
            now: self.parts.clock.now().wall,
            rows: &rows,
            configured: &configured,
            surveys: &surveys.seen,
            stores: &stores,
            report: &report,
            audit: audit.as_ref(),
        });
        Ok(Inventory {
            schema: INVENTORY_SCHEMA,
            environment: self.environment.to_string(),
            taken_at: self.parts.clock.now().wall.as_secs(),
            controls: controls(&sources),
            findings: report.findings,
            accepted: report.accepted.len(),
            rows,
            stores,
            sources,
            audit,
        })
    }
}
