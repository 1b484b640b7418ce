//! Access keys: what belongs to a user and logs in for it.

use std::{collections::BTreeSet, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    clients::Masked,
    clock::Moment,
    standing::{HeldSecret, Standing},
    window::Window,
};

/// An access key to be registered, active, with an application to go with it.
///
/// As JSON: `{"name": "queue-sync", "access_key_id": ..., "access_key_secret": ..., "client_id": ...,
/// "client_secret": ..., "tenant_id": ..., "user_id": ..., "validity_seconds": 300, "permissions": [...]}`; only
/// the name is required.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccessKey {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) access_key_id: Option<String>,
    #[serde(default)]
    pub(crate) access_key_secret: Option<String>,
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    #[serde(default)]
    pub(crate) client_secret: Option<String>,
    #[serde(default)]
    pub(crate) tenant_id: Option<String>,
    #[serde(default)]
    pub(crate) user_id: Option<String>,
    #[serde(default, rename = "validity_seconds")]
    validity: Option<u64>,
    #[serde(default)]
    pub(crate) permissions: Option<BTreeSet<String>>,
}

impl NewAccessKey {
    /// A key that the witness calls by this name. Whatever is not fixed is drawn: a new user of the tenant that is
    /// there from the start, and a new application.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            access_key_id: None,
            access_key_secret: None,
            client_id: None,
            client_secret: None,
            tenant_id: None,
            user_id: None,
            validity: None,
            permissions: None,
        }
    }

    /// How long its tokens live, in whole seconds: 3600 on the platform.
    #[must_use]
    pub fn validity(mut self, validity: Duration) -> Self {
        self.validity = Some(validity.as_secs());
        self
    }

    /// Fixes the key's id. A key that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.access_key_id = Some(id.into());
        self
    }

    /// Fixes the key's secret.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.access_key_secret = Some(secret.into());
        self
    }

    /// Uses this application, and registers it if it is not there: two keys of one integration share one. One that
    /// is there keeps its secret.
    #[must_use]
    pub fn application(mut self, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self.client_secret = Some(client_secret.into());
        self
    }

    /// Belongs to a user of this tenant; one that is not there is made, named after its id.
    #[must_use]
    pub fn tenant(mut self, tenant_id: impl Into<String>) -> Self {
        self.tenant_id = Some(tenant_id.into());
        self
    }

    /// Belongs to this user: several keys of one user make a rotation with overlap possible.
    #[must_use]
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// What its user may administer, such as `Access Key: Edit` for the keys of others and `My Access Key: View` for
    /// its own. Without, everything.
    #[must_use]
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.permissions = Some(permissions.into_iter().map(Into::into).collect());
        self
    }

    pub(crate) fn validity_seconds(&self) -> u64 {
        self.validity.unwrap_or(VALIDITY)
    }
}

impl fmt::Debug for NewAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccessKey")
            .field("name", &self.name)
            .field("access_key_id", &self.access_key_id)
            .field("client_id", &self.client_id)
            .field("tenant_id", &self.tenant_id)
            .field("user_id", &self.user_id)
            .field("validity", &self.validity)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

/// What a registered access key logs in with, and whom it logs in.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AccessKeys {
    /// The key's id; the witness counts under it.
    pub access_key_id: String,
    /// The key's secret, in the clear. It looks just like the id.
    pub access_key_secret: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret, in the clear.
    pub client_secret: String,
    /// The tenant.
    pub tenant_id: String,
    /// The user as whom the key acts.
    pub user_id: String,
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeys")
            .field("access_key_id", &self.access_key_id)
            .field("access_key_secret", &Masked)
            .field("client_id", &self.client_id)
            .field("client_secret", &Masked)
            .field("tenant_id", &self.tenant_id)
            .field("user_id", &self.user_id)
            .finish()
    }
}

/// A registered access key.
pub(crate) struct AccessKey {
    pub(crate) name: String,
    pub(crate) secret: HeldSecret,
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    pub(crate) validity_seconds: u64,
    pub(crate) standing: Standing,
    pub(crate) token_window: Window,
    /// What its user may administer; `None` for everything.
    pub(crate) permissions: Option<BTreeSet<String>>,
    /// When the administration made it; nothing for a key that was there.
    pub(crate) made: Option<Moment>,
    /// When it logged in or renewed, latest last.
    uses: Vec<Moment>,
}

impl AccessKey {
    /// An active key that was never used.
    pub(crate) fn new(name: String, secret: HeldSecret, tenant_id: String, user_id: String) -> Self {
        Self {
            name,
            secret,
            tenant_id,
            user_id,
            validity_seconds: VALIDITY,
            standing: Standing::default(),
            token_window: Window::default(),
            permissions: None,
            made: None,
            uses: Vec::new(),
        }
    }

    pub(crate) fn used(&mut self, now: Moment) {
        self.uses.push(now);
        if self.uses.len() > USES_KEPT {
            self.uses.remove(0);
        }
    }

    /// Its latest use up to a moment; what happened later has not come round yet.
    pub(crate) fn last_used(&self, until: Moment) -> Option<Moment> {
        self.uses.iter().rev().find(|used| **used <= until).copied()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("name", &self.name)
            .field("user_id", &self.user_id)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// Enough to know the one before for every delay that a test asks for.
const USES_KEPT: usize = 100;

/// An hour: the only lifetime that the platform's tokens are known to have, and the guide's longer one.
pub(crate) const VALIDITY: u64 = 3_600;
