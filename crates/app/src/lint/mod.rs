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
mod planned;
mod report;
mod scan;
mod worded;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hallpass_core::{Environment, Fault};
use hallpass_lifecycle::inventory::Configured;
use hallpass_lifecycle::learn::Requirements;
use hallpass_lifecycle::scope_lint::{Date, Finding, LintRule, accept, lint, no_longer};

use crate::assemble::{App, Integration};
use crate::config::Config;
use crate::survey::Surveys;

use gather::Gathered;

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
    /// The swagger file that says what calls need, in the place of `lint.permissions` and of our own table.
    pub permissions: Option<PathBuf>,
}

/// What calls need.
#[derive(Debug)]
pub(crate) struct Tables {
    /// On Genesys Cloud; the only platform of which it is known.
    genesys: Requirements,
}

fn tables(config: &Config, permissions: Option<&Path>) -> Result<Tables, Fault> {
    let (genesys, _) = config.requirements("genesys", permissions)?;
    Ok(Tables { genesys })
}

impl App {
    /// Looks at everything that `options` name. `file` is where `config` was read from.
    ///
    /// A store or platform that does not answer is no finding: what could not be judged for that reason is in [`LintReport::unknown`].
    ///
    /// # Errors
    /// `integration-unknown`; `configuration-invalid` where a file to look through cannot be read; `permissions-unreadable`.
    pub async fn lint(
        &self,
        config: &Config,
        file: &Path,
        options: &LintOptions,
    ) -> Result<LintReport, Fault> {
        let surveys = match options.offline {
            true => None,
            false => Some(self.survey(&BTreeSet::new(), &|_| ()).await),
        };
        self.lint_seen(config, file, options, surveys.as_ref().map(|surveys| (surveys, &[][..]))).await
    }

    /// The same with what was seen of the platforms, and of the stores where somebody has looked already: one entry for each integration, in their order.
    pub(crate) async fn lint_seen(
        &self,
        config: &Config,
        file: &Path,
        options: &LintOptions,
        seen: Option<(&Surveys, &[Configured])>,
    ) -> Result<LintReport, Fault> {
        if let Some(name) = &options.integration {
            self.integration(name)?;
        }
        let tables = tables(config, options.permissions.as_deref())?;
        let gathered = self.gather(options.offline, seen, &tables).await;
        let mut report = self.judged(&gathered, config, file, options);
        if options.integration.is_none() || !options.files.is_empty() {
            let found = scan::plain_secrets_in(&config.folder, &options.files)?;
            report.add_files(found, &config.accepted_files, self.today());
        }
        Ok(report)
    }

    /// The rules whose finding about `integration` somebody answers for today.
    pub(crate) fn borne(&self, integration: &Integration) -> BTreeSet<LintRule> {
        let today = self.today();
        let all = integration.described.accept.iter();
        all.filter(|one| no_longer(one.rule, one.until, today).is_none()).map(|one| one.rule).collect()
    }

    fn today(&self) -> Date {
        Date::of(self.parts.clock.now().wall)
    }

    /// What the rules say of what was gathered, without what was accepted.
    fn judged(&self, gathered: &Gathered, config: &Config, file: &Path, options: &LintOptions) -> LintReport {
        let wanted = |name: &str| options.integration.as_deref().is_none_or(|one| one == name);
        // All are judged, since two may share a client; those that nobody asked for are left out afterwards.
        let mut findings: Vec<Finding> = lint(&gathered.subjects);
        findings.retain(|finding| finding.integration.as_ref().is_none_or(|name| wanted(name.as_str())));
        let subjects: Vec<_> =
            gathered.subjects.iter().filter(|one| wanted(one.name.as_str())).cloned().collect();
        let acceptances: Vec<_> =
            self.integrations.iter().flat_map(|one| one.described.accept.clone()).collect();
        let mut outcome = accept(findings, &acceptances, &subjects, self.today());
        if let Some(gate) = options.environment.as_ref().filter(|gate| **gate != self.environment) {
            let detail = format!("it is of `{}`, the gate is for `{gate}`", self.environment);
            let finding = Finding { rule: LintRule::WrongEnvironment, integration: None, detail };
            outcome.open.insert(0, finding);
        }
        let mut report = LintReport::new(file, outcome, &subjects, &gathered.faults, config);
        report.as_gate(options.environment.is_some());
        report
    }
}
