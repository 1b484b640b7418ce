//! OAuth clients of the emulated organisation.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::genesys::quota::Window;

/// A client to be registered: grant type client credentials, state active.
///
/// As JSON: `{"name": "queue-sync", "id": ..., "secret": ..., "validity_seconds": 300}`; only the name is required.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) secret: Option<String>,
    #[serde(default, rename = "validity_seconds")]
    validity: Option<u64>,
}

impl NewClient {
    /// A client of this display name; id and secret are drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), id: None, secret: None, validity: None }
    }

    /// How long its tokens live, in whole seconds. The platform allows 300 to 172,800 and defaults to 86,400;
    /// the emulator also takes less, because tests are impatient.
    #[must_use]
    pub fn validity(mut self, validity: Duration) -> Self {
        self.validity = Some(validity.as_secs());
        self
    }

    /// Fixes the secret.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Fixes the id. A client that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    pub(crate) fn validity_seconds(&self) -> u64 {
        self.validity.unwrap_or(DEFAULT_VALIDITY)
    }
}

impl fmt::Debug for NewClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewClient")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("secret", &self.secret.as_ref().map(|_| Masked))
            .field("validity", &self.validity)
            .finish()
    }
}

/// What a registered client authenticates with.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientKeys {
    /// The client's id.
    pub id: String,
    /// The client's secret, in the clear.
    pub secret: String,
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKeys").field("id", &self.id).field("secret", &Masked).finish()
    }
}

/// Whether a client may mint, and whether what it minted still opens doors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientState {
    /// Mints; its tokens are good.
    #[default]
    Active,
    /// Mints nothing; tokens minted before live on.
    Inactive,
    /// Mints nothing; tokens minted before are refused.
    Disabled,
}

/// A registered client.
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) validity_seconds: u64,
    pub(crate) state: ClientState,
    /// What it used of the token endpoint's limit.
    pub(crate) token_window: Window,
}

impl Client {
    pub(crate) fn new(name: String, secret: String, validity_seconds: u64) -> Self {
        Self { name, secret, validity_seconds, state: ClientState::Active, token_window: Window::default() }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .field("secret", &Masked)
            .field("validity_seconds", &self.validity_seconds)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Stands where a secret would be printed.
struct Masked;

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

const DEFAULT_VALIDITY: u64 = 86_400;
