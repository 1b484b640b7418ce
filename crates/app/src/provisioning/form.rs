//! The credential of the integration guides, as a person fills it in: no call of any platform is known that would.

use hallpass_lifecycle::scope_lint::{LintRule, Severity};
use serde::Serialize;

use crate::assemble::Integration;
use crate::config::ProvisionConfig;
use crate::lint::LintReport;

/// What goes into the console's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Whose credential it is.
    pub integration: String,
    /// The fields, from top to bottom.
    pub fields: Vec<Field>,
    /// What is too much, or missing; a form with a finding is not to be filled in.
    pub findings: Vec<String>,
    /// What else lint has to say of it.
    pub warnings: Vec<String>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What goes in.
    pub value: String,
}

pub(super) fn form(integration: &Integration, config: &ProvisionConfig, judged: &LintReport) -> Form {
    let name = integration.client.name().as_str();
    let networks: Vec<_> = config.allowed_ips.iter().map(ToString::to_string).collect();
    let field = |name, value| Field { name, value };
    let fields = vec![
        field("name", config.name.clone().unwrap_or_else(|| name.to_owned())),
        field("grant type", "client credentials".to_owned()),
        field("scopes", config.scopes.join(" ")),
        field("IP allow-list", networks.join(", ")),
    ];
    let mut findings = Vec::new();
    if config.scopes.is_empty() {
        findings.push("no scope is named: the credential could do nothing, or everything".to_owned());
    }
    let mut warnings = Vec::new();
    for finding in &judged.findings {
        let told =
            format!("{}: {}: {}; {}", finding.rule, finding.rule.title(), finding.detail, finding.hint);
        // The guide asks for a list of addresses at the credential, so one without is not filled in unless somebody answers for it.
        let refuses = finding.severity == Severity::Error || finding.rule == LintRule::NoIpList;
        if refuses { findings.push(told) } else { warnings.push(told) }
    }
    Form { integration: name.to_owned(), fields, findings, warnings }
}
