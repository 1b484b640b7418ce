//! One line of an inventory.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Access;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// A client in use, and its secret in a store.
    InUse,
    /// The other of two clients that take turns.
    Standby,
    /// An integration whose platform nobody looked at.
    NotVerified,
    /// An integration without a secret in its store, or one that cannot be read.
    NoSecret,
    /// A secret in a store whose client the platform does not have.
    OrphanSecret,
    /// A client that bears our mark, and that no integration uses.
    OrphanClient,
    /// An entry of a store that no integration names.
    OrphanEntry,
    /// A client of somebody else, or an entry in a store that others use too.
    Foreign,
}

impl RowKind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::Standby => "standby",
            Self::NotVerified => "not verified",
            Self::NoSecret => "no secret",
            Self::OrphanSecret => "secret without client",
            Self::OrphanClient => "client without secret",
            Self::OrphanEntry => "secret that nobody names",
            Self::Foreign => "not ours",
        }
    }

    /// Whether somebody has to see to it.
    #[must_use]
    pub fn is_orphan(self) -> bool {
        matches!(self, Self::OrphanSecret | Self::OrphanClient | Self::OrphanEntry)
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about.
    pub kind: RowKind,
    /// The integration; for a client with our mark the owner that it names; `None` where nobody is known.
    pub owner: Option<String>,
    /// The platform.
    pub platform: String,
    /// Where it is.
    pub place: String,
    /// What the platform says.
    pub client: Option<ClientFacts>,
    /// What the store says.
    pub entry: Option<EntryFacts>,
    /// How old the secret may become, in seconds.
    pub period_seconds: Option<u64>,
    /// When the last rotation ended, in seconds since the Unix epoch.
    pub rotated_at: Option<u64>,
    /// When the next is due.
    pub due_at: Option<u64>,
    /// Where a rotation is, while one is under way.
    pub rotation_step: Option<String>,
    /// What it may do, by area of the platform's permissions; empty where that is not known.
    pub reach: BTreeMap<String, Access>,
    /// What its policy lets it call.
    pub allow: Vec<String>,
    /// What differs from the configuration, in words.
    pub drift: Vec<String>,
    /// What is not known, in words.
    pub unknown: Vec<String>,
}

/// A client, as its platform says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientFacts {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whether it gets tokens.
    pub active: bool,
    /// By which grant.
    pub grant_type: Option<String>,
    /// How long its tokens live, in seconds.
    pub token_lifetime_seconds: Option<u64>,
    /// When it was made, in seconds since the Unix epoch.
    pub created_at: Option<u64>,
    /// `never`, `unknown`, or when, in seconds since the Unix epoch.
    pub last_used: LastUse,
    /// Its roles, as `NAME in DIVISION`.
    pub roles: Vec<String>,
}

/// When a client was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastUse {
    /// Nobody says.
    Unknown,
    /// Not once.
    Never,
    /// Then, in seconds since the Unix epoch.
    At(u64),
}

/// A secret, as its store says; never a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryFacts {
    /// Where it is.
    pub references: Vec<String>,
    /// Its version.
    pub version: String,
    /// Which secret it is.
    pub fingerprint: String,
    /// When it was written, in seconds since the Unix epoch.
    pub written_at: Option<u64>,
}

impl Row {
    /// A line about something of which nothing else is known.
    pub(super) fn bare(kind: RowKind, platform: &str, place: &str) -> Self {
        Self {
            kind,
            owner: None,
            platform: platform.to_owned(),
            place: place.to_owned(),
            client: None,
            entry: None,
            period_seconds: None,
            rotated_at: None,
            due_at: None,
            rotation_step: None,
            reach: BTreeMap::new(),
            allow: Vec::new(),
            drift: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// How old the secret is on `now`: since it was written, or since its client was made where no store says.
    #[must_use]
    pub fn age(&self, now: Duration) -> Option<Duration> {
        let written = self.entry.as_ref().and_then(|entry| entry.written_at);
        let made = self.client.as_ref().and_then(|client| client.created_at);
        Some(now.saturating_sub(Duration::from_secs(written.or(made)?)))
    }

    /// Whether the secret is older than its period, or than `limit` where it has none.
    #[must_use]
    pub fn is_overdue(&self, now: Duration, limit: Duration) -> Option<bool> {
        let period = self.period_seconds.map_or(limit, Duration::from_secs);
        Some(self.age(now)? > period)
    }
}
