//! Audit events and their canonical bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::Moment;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuditKind {
    /// A sidecar or command began to act.
    Started,
    /// It stopped.
    Stopped,
    /// A secret was read from its store.
    SecretRead,
    /// A secret was written to its store.
    SecretWritten,
    /// A token was granted.
    TokenGranted,
    /// A token request was refused.
    TokenRefused,
    /// The platform rejected a token we held.
    TokenRejected,
    /// A local login was granted.
    LoginGranted,
    /// A local login was refused.
    LoginRefused,
    /// A call was refused by policy or gate.
    CallRefused,
    /// A rotation did something at the platform or in the store, or gave up trying.
    RotationStep,
    /// Provisioning changed something at the platform or in the store, or tried to.
    ProvisioningStep,
}

/// One event. Its JSON form has sorted keys and no insignificant space: these are the bytes that later get chained.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEvent {
    /// Milliseconds since the Unix epoch.
    at_ms: u64,
    /// Facts such as `fingerprint`, `fault`, `method`; never a value that may be secret.
    facts: BTreeMap<&'static str, String>,
    /// The integration concerned, if one.
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    /// What happened.
    kind: AuditKind,
}

impl AuditEvent {
    /// An event at `now`.
    #[must_use]
    pub fn new(now: Moment, kind: AuditKind) -> Self {
        let at_ms = u64::try_from(now.wall.as_millis()).unwrap_or(u64::MAX);
        Self { at_ms, facts: BTreeMap::new(), integration: None, kind }
    }

    /// The same event, about `integration`.
    #[must_use]
    pub fn about(mut self, integration: &impl ToString) -> Self {
        self.integration = Some(integration.to_string());
        self
    }

    /// The same event with one more fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name, value.into());
        self
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> AuditKind {
        self.kind
    }

    /// The integration concerned, if one.
    #[must_use]
    pub fn integration(&self) -> Option<&str> {
        self.integration.as_deref()
    }

    /// The fact called `name`, if there is one.
    #[must_use]
    pub fn fact_named(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// One line of JSON, without the line end. Line breaks inside values are escaped by JSON, so one event is always one line.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and a map with string keys always serialise")
    }
}
