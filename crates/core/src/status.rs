//! What a running integration says about itself. Nothing in here is secret.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::names::IntegrationName;

/// Something that can report on one integration.
pub trait StatusSource: Send + Sync + fmt::Debug {
    /// The integration's state now. Never waits, never does I/O.
    fn status(&self) -> IntegrationStatus;
}

/// The state of one integration.
#[derive(Clone, Debug, Serialize)]
pub struct IntegrationStatus {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: &'static str,
    /// Its token.
    pub token: TokenStatus,
    /// The credential last used, once one was read.
    pub credential: Option<CredentialStatus>,
    /// The code of the last token fault, while there is no newer success.
    pub last_fault: Option<&'static str>,
    /// Seconds until the next token request may be sent, while backing off.
    pub backing_off_seconds: Option<u64>,
    /// What somebody should know about its tokens, such as that they are worth more than was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Counts since the start of the process, by metric name.
    pub counters: BTreeMap<&'static str, u64>,
    /// What goes up and down, by metric name; nothing of what does not concern it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<&'static str, u64>,
}

/// The state of a token.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct TokenStatus {
    /// `none`, `fresh`, `due`, `expiring` or `expired`.
    pub state: &'static str,
    /// How often it was replaced; zero before the first.
    pub generation: u64,
    /// Seconds until it expires, by the more pessimistic clock.
    pub expires_in_seconds: Option<u64>,
}

/// Which credential is in use, without saying anything about it.
#[derive(Clone, Debug, Serialize)]
pub struct CredentialStatus {
    /// See [`crate::Fingerprint`].
    pub fingerprint: String,
    /// The store's version.
    pub version: String,
    /// The serial stored beside it.
    pub serial: Option<u64>,
    /// Whether the platform refused it and requests with it are held back.
    pub refused: bool,
}

impl IntegrationStatus {
    /// Whether a call would find a usable token, as far as is known.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !matches!(self.token.state, "none" | "expired") || self.last_fault.is_none()
    }

    /// A status for an integration that has done nothing yet.
    #[must_use]
    pub fn idle(name: &IntegrationName, platform: &'static str) -> Self {
        Self {
            name: name.to_string(),
            platform,
            token: TokenStatus { state: "none", generation: 0, expires_in_seconds: None },
            credential: None,
            last_fault: None,
            backing_off_seconds: None,
            remarks: Vec::new(),
            counters: BTreeMap::new(),
            gauges: BTreeMap::new(),
        }
    }
}
