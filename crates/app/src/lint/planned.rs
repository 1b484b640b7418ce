//! What would be too much, before it is made: `provision plan` and `apply` ask.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{ClientSurvey, Fault, FaultCode, SurveyedRole};
use hallpass_lifecycle::scope_lint::Severity;
use hallpass_platforms::GenesysClients;

use super::worded::{GENESYS_LIFETIME, by_roles};
use super::{LintOptions, LintReport, Reported};
use crate::administration::administrative_calls;
use crate::assemble::{App, Integration};
use crate::config::{Config, ProvisionConfig};

impl App {
    /// Holds the client that `integrations.NAME.provision` asks for against the rules that are about a client, with the permissions that the platform has in the
    /// roles named. `kept` is how long the tokens of the client live that is there already, which stays as it is where nothing is said of it. The platform is read, nothing is changed. Where roles may not be read, [`LintReport::unknown`] says so.
    ///
    /// # Errors
    /// `integration-unknown`; `permissions-unreadable` for the file in `lint.permissions`.
    pub async fn lint_planned(
        &self,
        config: &Config,
        file: &Path,
        name: &str,
        kept: Option<Duration>,
    ) -> Result<LintReport, Fault> {
        let integration = self.integration(name)?;
        let mut gathered = self.gather(true, None, &super::tables(config, None)?).await;
        let roles = match &integration.described.provision {
            Some(provision) if takes_roles(integration) => Some((provision, self.roles(provision).await)),
            _ => None,
        };
        let subject = gathered.subjects.iter_mut().find(|subject| subject.name == integration.described.name);
        if let (Some(subject), Some((provision, roles))) = (subject, roles) {
            let roles = roles.unwrap_or_else(|fault| {
                gathered.faults.push((name.to_owned(), fault.to_string()));
                Vec::new()
            });
            let lifetime = provision.token_lifetime.or(kept).unwrap_or(GENESYS_LIFETIME);
            subject.granted =
                Some(by_roles((&integration.described.name, provision), &roles, Some(lifetime)));
        }
        let options = LintOptions { integration: Some(name.to_owned()), ..LintOptions::default() };
        let mut report = self.judged(&gathered, config, file, &options);
        let of_it = gathered.subjects.iter().find(|subject| subject.name.as_str() == name);
        of_it.into_iter().for_each(|subject| report.about_the_client(subject));
        Ok(report)
    }

    /// Every role that there is.
    async fn roles(&self, provision: &ProvisionConfig) -> Result<Vec<SurveyedRole>, Fault> {
        let calls = administrative_calls(self, &provision.administrator, provision.upstream.as_deref())?;
        let (clock, sleep) = (Arc::clone(&self.parts.clock), Arc::clone(&self.parts.sleep));
        GenesysClients::new(calls, clock, sleep).roles().await
    }
}

fn takes_roles(integration: &Integration) -> bool {
    let platform = &integration.described.platform;
    platform.platform == "genesys" && platform.profile != "guide"
}

impl LintReport {
    /// The refusal that this report is for `provision apply`: its errors, by their codes; `None` where it has none.
    #[must_use]
    pub fn refusal(&self, name: &str) -> Option<Fault> {
        let errors = || self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let first: &Reported = errors().next()?;
        let mut codes: Vec<_> = errors().map(|finding| finding.rule.code()).collect();
        codes.dedup();
        let detail = format!("`integrations.{name}` asks for more than lint allows: {}", codes.join(", "));
        let hint = format!(
            "{}; or bear it until a day in `integrations.{name}.accept`; `hallpass lint --explain {}` says how",
            first.hint, first.rule
        );
        Some(Fault::new(FaultCode::ProvisionRefused, detail).with_hint(hint))
    }
}
