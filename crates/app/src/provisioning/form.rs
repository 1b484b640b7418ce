//! The credential of the integration guides, as a person fills it in: no call of any platform is known that would.

use serde::Serialize;

use crate::assemble::Integration;
use crate::config::ProvisionConfig;

/// What goes into the console's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Whose credential it is.
    pub integration: String,
    /// The fields, from top to bottom.
    pub fields: Vec<Field>,
    /// What is too much, or missing; a form with a finding is not to be filled in.
    pub findings: Vec<String>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What goes in.
    pub value: String,
}

pub(super) fn form(integration: &Integration, config: &ProvisionConfig) -> Form {
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
    findings.extend(
        config.scopes.iter().filter(|scope| scope.contains('*')).map(|scope| {
            format!("scope `{scope}` has a wildcard: name each scope that the integration needs")
        }),
    );
    if networks.is_empty() {
        findings.push("no address is named: whoever has the secret could use it from anywhere".to_owned());
    }
    Form { integration: name.to_owned(), fields, findings }
}
