//! What is broader than it has to be, in this configuration and around it.
//!
//! ```text
//!   configuration ─┐
//!   stores ────────┼─▶ gather ─▶ Subject ─▶ scope_lint ─▶ findings ─┐
//!   platform ──────┘                                                ├─▶ LintReport
//!   files beside the configuration ─▶ scan ─▶ plain secrets ────────┘
//! ```
//!
//! Reading secrets and asking the platform is on record like any other access. Nothing is changed anywhere.

mod gather;
mod report;
mod scan;

use std::path::PathBuf;

use hallpass_core::{Environment, Fault};
use hallpass_lifecycle::inventory::Configured;
use hallpass_lifecycle::scope_lint::{Date, Finding, LintRule, accept, lint};

use crate::assemble::App;
use crate::config::Config;
use crate::survey::Surveys;

pub use report::{Borne, LintPlace, LintReport, Reported, Unknown};

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// This integration alone.
    pub integration: Option<String>,
    /// Leave stores and platforms alone.
    pub offline: bool,
    /// Be the gate of this environment: warnings count, and the configuration must be of it.
    pub environment: Option<Environment>,
    /// Files and folders to look through for plain secrets, in the place of the configuration's folder.
    pub files: Vec<PathBuf>,
}

impl App {
    /// Looks at everything that `options` name. `file` is where `config` was read from.
    ///
    /// A store or platform that does not answer is no finding: what could not be judged for that reason is in [`LintReport::unknown`].
    ///
    /// # Errors
    /// `integration-unknown`; `configuration-invalid` where a file to look through cannot be read.
    pub async fn lint(
        &self,
        config: &Config,
        file: &std::path::Path,
        options: &LintOptions,
    ) -> Result<LintReport, Fault> {
        let surveys = match options.offline {
            true => None,
            false => Some(self.survey(&std::collections::BTreeSet::new(), &|_| ()).await),
        };
        self.lint_seen(config, file, options, surveys.as_ref().map(|surveys| (surveys, &[][..]))).await
    }

    /// The same with what was seen of the platforms, and of the stores where somebody has looked already: one entry for each integration, in their order.
    pub(crate) async fn lint_seen(
        &self,
        config: &Config,
        file: &std::path::Path,
        options: &LintOptions,
        seen: Option<(&Surveys, &[Configured])>,
    ) -> Result<LintReport, Fault> {
        if let Some(name) = &options.integration {
            self.integration(name)?;
        }
        let gathered = self.gather(options.offline, seen).await;
        let wanted = |name: &str| options.integration.as_deref().is_none_or(|one| one == name);
        // All are judged, since two may share a client; those that nobody asked for are left out afterwards.
        let mut findings: Vec<Finding> = lint(&gathered.subjects);
        findings.retain(|finding| finding.integration.as_ref().is_none_or(|name| wanted(name.as_str())));
        let subjects: Vec<_> =
            gathered.subjects.iter().filter(|one| wanted(one.name.as_str())).cloned().collect();
        let acceptances: Vec<_> =
            self.integrations.iter().flat_map(|one| one.described.accept.clone()).collect();
        let today = Date::of(self.parts.clock.now().wall);
        let mut outcome = accept(findings, &acceptances, &subjects, today);
        if let Some(gate) = options.environment.as_ref().filter(|gate| **gate != self.environment) {
            let detail = format!("it is of `{}`, the gate is for `{gate}`", self.environment);
            let finding = Finding { rule: LintRule::WrongEnvironment, integration: None, detail };
            outcome.open.insert(0, finding);
        }
        let mut report = LintReport::new(file, outcome, &subjects, &gathered.faults, config);
        report.as_gate(options.environment.is_some());
        if options.integration.is_none() || !options.files.is_empty() {
            let found = scan::plain_secrets_in(&config.folder, &options.files)?;
            report.add_files(found, &config.accepted_files, today);
        }
        Ok(report)
    }
}
