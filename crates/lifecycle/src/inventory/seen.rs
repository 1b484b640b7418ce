//! What was looked at.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::SurveyedClient;

/// What was seen, or why nobody looked or could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked<T> {
    /// Seen.
    Seen(T),
    /// Not seen, and why.
    Not(String),
}

impl<T> Looked<T> {
    /// What was seen, if it was.
    #[must_use]
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Not(_) => None,
        }
    }
}

/// An integration of the configuration.
#[derive(Clone, Debug)]
pub struct Configured {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: String,
    /// Where the platform is: a region, an organisation, an address.
    pub place: String,
    /// Whether it administers others.
    pub administers: bool,
    /// What it may call.
    pub allow: Vec<String>,
    /// Where its secret rests.
    pub references: Vec<String>,
    /// How old its secret may become; `None` where nothing replaces it.
    pub period: Option<Duration>,
    /// The ids of the clients that take turns.
    pub slots: BTreeSet<String>,
    /// What its store says.
    pub entry: Looked<StoredEntry>,
    /// What its rotation says; `Seen(None)` where none ever ran.
    pub rotation: Looked<Option<RotationSeen>>,
    /// Which of the surveys shows its client: an index; `None` where nobody administers it.
    pub survey: Option<usize>,
}

/// What a store holds for an integration, without any value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The client that the secret is of.
    pub client_id: Option<String>,
    /// When it was written, since the Unix epoch.
    pub written: Option<Duration>,
    /// Which version.
    pub version: String,
    /// Which secret.
    pub fingerprint: String,
}

/// What stands beside a secret about its rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationSeen {
    /// When the last one ended, since the Unix epoch.
    pub ended: Option<Duration>,
    /// Where the one under way is; `None` while there is none.
    pub step: Option<String>,
    /// Whether it needs a person.
    pub stuck: bool,
}

/// One look at a platform.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The platform.
    pub platform: String,
    /// Where it is.
    pub place: String,
    /// By whom.
    pub administrator: String,
    /// Its clients.
    pub clients: Looked<Vec<SurveyedClient>>,
}
