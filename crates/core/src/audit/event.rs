//! Audit events: who, what, when, which secret, and how it ended.

use std::collections::BTreeMap;

use serde::Serialize;

use super::AuditKind;
use crate::clock::Moment;

/// One event. Its JSON form has sorted keys and no insignificant space.
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

    /// When, in milliseconds since the Unix epoch, by the wall clock of the machine that wrote it.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        self.at_ms
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

    /// Every fact, by name in order.
    pub fn facts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.facts.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// One line of JSON, without the line end. Line breaks inside values are escaped by JSON, so one event is always one line.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and a map with string keys always serialise")
    }
}
