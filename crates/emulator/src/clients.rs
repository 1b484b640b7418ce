//! OAuth clients: what has an id and a secret of its own.

use std::{collections::BTreeSet, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    clock::Moment,
    genesys::{clients::About, roles::RoleDivision},
    standing::{HeldSecret, Standing},
    window::Window,
};

/// A client to be registered: grant type client credentials, state active.
///
/// As JSON: `{"name": "queue-sync", "id": ..., "secret": ..., "validity_seconds": 300, "permissions": [...],
/// "roles": [{"roleId": ..., "divisionId": "*"}], "members": {...}}`; only the name is required.
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
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    permissions: Option<BTreeSet<String>>,
    #[serde(default)]
    roles: Vec<RoleDivision>,
    #[serde(default)]
    members: Map<String, Value>,
}

impl NewClient {
    /// A client of this display name; id and secret are drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: None,
            secret: None,
            validity: None,
            scope: None,
            permissions: None,
            roles: Vec::new(),
            members: Map::new(),
        }
    }

    /// How long its tokens live, in whole seconds. Genesys Cloud allows 300 to 172,800 and defaults to 86,400, the
    /// guide says 300 or 3600 for CXone; the emulator also takes less, because tests are impatient.
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

    /// What its tokens are granted, whatever the request says; only the guide's token paths speak of scope.
    /// Without, they are granted what the request asks for.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// What it may do at the administration of Genesys Cloud, such as `oauth:client:edit`, besides what its roles allow.
    /// Without, it may do everything there.
    #[must_use]
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.permissions = Some(permissions.into_iter().map(Into::into).collect());
        self
    }

    /// One more role, in a division; `*` is every division.
    #[must_use]
    pub fn role(mut self, role_id: impl Into<String>, division_id: impl Into<String>) -> Self {
        self.roles.push(RoleDivision { role_id: role_id.into(), division_id: division_id.into() });
        self
    }

    /// One more member of the client as the administration shows it, such as one that a program does not know yet.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.insert(name.into(), value.into());
        self
    }

    pub(crate) fn into_client(self, secret: String, default_validity: u64, now: Moment) -> Client {
        let mut about = About::new(now);
        about.role_divisions = self.roles;
        about.other = self.members;
        about.permissions = self.permissions;
        Client {
            name: self.name,
            secret: HeldSecret::new(secret),
            validity_seconds: self.validity.unwrap_or(default_validity),
            scope: self.scope,
            standing: Standing::default(),
            token_window: Window::default(),
            about,
        }
    }
}

impl fmt::Debug for NewClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewClient")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("secret", &self.secret.as_ref().map(|_| Masked))
            .field("validity", &self.validity)
            .field("scope", &self.scope)
            .field("permissions", &self.permissions)
            .field("roles", &self.roles)
            .field("members", &self.members)
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
    pub(crate) secret: HeldSecret,
    pub(crate) validity_seconds: u64,
    scope: Option<String>,
    pub(crate) standing: Standing,
    /// What it used of the token endpoint's limit.
    pub(crate) token_window: Window,
    /// What only Genesys Cloud's administration knows of it.
    pub(crate) about: About,
}

impl Client {
    /// A client that an administrator made.
    pub(crate) fn made(name: String, secret: HeldSecret, validity_seconds: u64, about: About) -> Self {
        Self {
            name,
            secret,
            validity_seconds,
            scope: None,
            standing: Standing::default(),
            token_window: Window::default(),
            about,
        }
    }

    /// Whether this secret gets a token now.
    pub(crate) fn admits(&self, secret: &str, now: Moment) -> bool {
        self.secret.accepts(secret, now) && self.standing.may_mint(now) && self.about.gone_at.is_none()
    }

    /// What a token is granted: what the client is fixed to, what was asked for, or what the platform has for all.
    pub(crate) fn granted<'a>(&'a self, asked: Option<&'a str>, usual: &'a str) -> &'a str {
        self.scope.as_deref().or(asked).unwrap_or(usual)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .field("secret", &Masked)
            .field("validity_seconds", &self.validity_seconds)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// Stands where a secret would be printed.
pub(crate) struct Masked;

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
