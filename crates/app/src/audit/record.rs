//! A line of the log, parsed for people and programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct AuditRecord {
    /// The version of the schema.
    pub schema: u32,
    /// The chain it belongs to.
    pub chain: String,
    /// Which line of that chain, counted from zero.
    pub seq: u64,
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub kind: String,
    /// The integration concerned, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// What is known of it.
    pub facts: BTreeMap<String, String>,
}

impl AuditRecord {
    /// What the line says, if it is one. It may have been changed all the same.
    #[must_use]
    pub fn of(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// The fact called `name`.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }
}
