//! What Secret Manager keeps, and how it shows it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Everything, by the full name of the secret (with the project's number).
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) secrets: BTreeMap<String, Secret>,
    /// How many changes there were: etags and times are made from it, so that a run can be repeated.
    ticks: u64,
}

/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets#Secret>
#[derive(Debug)]
pub(super) struct Secret {
    pub(super) labels: Map<String, Value>,
    pub(super) annotations: Map<String, Value>,
    pub(super) aliases: BTreeMap<String, u64>,
    /// The aliases before the last change: what a read that lags behind still sees.
    pub(super) aliases_before: BTreeMap<String, u64>,
    pub(super) replication: Option<Value>,
    pub(super) created: String,
    pub(super) etag: String,
    /// In the order of their numbers, which begin at 1.
    pub(super) versions: Vec<Version>,
}

/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions#SecretVersion>
pub(super) struct Version {
    pub(super) data: Vec<u8>,
    pub(super) state: State,
    pub(super) created: String,
    pub(super) destroyed: Option<String>,
    pub(super) etag: String,
    /// Whether the client sent a checksum.
    pub(super) checked: bool,
}

/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions#State>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Enabled,
    Disabled,
    Destroyed,
}

impl Kept {
    /// A moment after every earlier one, as RFC 3339.
    pub(super) fn now(&mut self) -> String {
        self.ticks += 1;
        let (hours, minutes, seconds) = (self.ticks / 3600 % 24, self.ticks / 60 % 60, self.ticks % 60);
        format!("2026-01-{:02}T{hours:02}:{minutes:02}:{seconds:02}.500Z", 1 + self.ticks / 86_400 % 31)
    }

    /// An etag that was never given before. The quotes belong to it:
    /// <https://cloud.google.com/secret-manager/docs/etags>.
    pub(super) fn etag(&mut self) -> String {
        self.ticks += 1;
        format!("\"{:x}\"", 0x0006_05a0_0000_0000_u64 + self.ticks)
    }
}

impl Secret {
    pub(super) fn json(&self, name: &str) -> Value {
        let mut body = json!({ "name": name, "createTime": self.created, "etag": self.etag });
        // What is empty is not sent: https://protobuf.dev/programming-guides/json/
        let aliases: Map<String, Value> =
            self.aliases.iter().map(|(alias, number)| (alias.clone(), json!(number.to_string()))).collect();
        let maps =
            [("labels", &self.labels), ("annotations", &self.annotations), ("versionAliases", &aliases)];
        for (key, map) in maps {
            if !map.is_empty() {
                body[key] = Value::Object(map.clone());
            }
        }
        if let Some(replication) = &self.replication {
            body["replication"] = replication.clone();
        }
        body
    }

    pub(super) fn version(&self, number: u64) -> Option<&Version> {
        self.versions.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

impl Version {
    pub(super) fn json(&self, name: &str) -> Value {
        let mut body = json!({
            "name": name,
            "createTime": self.created,
            "state": self.state.name(),
            "etag": self.etag,
            "replicationStatus": { "automatic": {} },
        });
        if self.checked {
            body["clientSpecifiedPayloadChecksum"] = json!(true);
        }
        if let Some(destroyed) = &self.destroyed {
            body["destroyTime"] = json!(destroyed);
        }
        body
    }
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
            Self::Destroyed => "DESTROYED",
        }
    }
}

impl std::fmt::Debug for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Version").field("state", &self.state).finish_non_exhaustive()
    }
}
