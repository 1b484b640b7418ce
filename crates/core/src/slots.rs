//! The administration of an integration's secrets at its platform: what rotation and provisioning stand on.
//!
//! A *slot* is a place where a platform keeps one live secret: an OAuth client of Genesys Cloud (one secret each), an access key or an
//! application of CXone. What one may do with slots differs, so a platform says it in a [`Capabilities`] record, and a strategy is chosen
//! from that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::credential::Credential;
use crate::fault::{Fault, FaultCode};
use crate::runtime::BoxFuture;
use crate::secret::Secret;

/// Administers the slots of one integration, with an identity of its own that is not the integration's.
///
/// Dropping a future may leave its effect done and unseen: after that only [`SecretAdmin::list`] tells what is.
pub trait SecretAdmin: Send + Sync + fmt::Debug {
    /// What the platform can do.
    fn capabilities(&self) -> Capabilities;

    /// Every slot of this integration, live or not, by id; never a value. Slots of others are not among them.
    ///
    /// # Errors
    /// `admin-denied` naming the permission that is missing; `upstream-*`.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Slot>, Fault>>;

    /// Makes a new secret: in a new slot, or in `slot` in place of the one it holds, which is dead from then on.
    ///
    /// Never idempotent and never sent twice: if the reply is lost, a secret exists that nobody knows. A new slot then shows in
    /// [`SecretAdmin::list`] and is to be deleted; a slot that was reset is to be reset again.
    ///
    /// # Errors
    /// `slots-full`, `admin-denied`, `upstream-*`.
    fn generate<'a>(&'a self, slot: Option<&'a SlotId>) -> BoxFuture<'a, Result<Generated, Fault>>;

    /// Lets a slot's secret be used, or no longer. Doing it twice is doing it once.
    ///
    /// # Errors
    /// `slot-unknown`, `admin-denied`, `upstream-*`.
    fn set_active<'a>(&'a self, slot: &'a SlotId, active: bool) -> BoxFuture<'a, Result<(), Fault>>;

    /// Removes a slot with its secret for good. Removing what is gone already succeeds.
    ///
    /// # Errors
    /// `admin-denied`, `upstream-*`.
    fn delete<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>>;

    /// What a secret in this slot may do, in the platform's words: two slots whose rights differ have drifted apart.
    ///
    /// # Errors
    /// `slot-unknown`, `admin-denied`, `upstream-*`.
    fn rights<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<Rights, Fault>>;

    /// Writes `credential` into a copy that the platform itself keeps of this integration's secret. Twice is once; if the reply is lost, the copy holds
    /// the old secret or the new one, and doing it again settles it.
    ///
    /// # Errors
    /// `upstream-refused` where the platform keeps no copies, which is what this does by itself, or this one cannot hold a client's secret; `slot-unknown`
    /// where there is no such copy; `admin-denied` naming the permission that is missing; `upstream-*`.
    fn write_copy<'a>(
        &'a self,
        copy: &'a CopyId,
        _credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        let fault = Fault::new(FaultCode::UpstreamRefused, format!("this platform keeps no copy `{copy}`"));
        Box::pin(std::future::ready(Err(fault)))
    }
}

/// The platform's name of a copy of a secret, such as an integration credential of Genesys Cloud. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CopyId(Box<str>);

impl CopyId {
    /// A copy as the platform names it.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CopyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The platform's name of a slot: a client id, an access key id. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlotId(Box<str>);

impl SlotId {
    /// A slot as the platform names it.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One slot, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// Its name at the platform; the member [`Capabilities::slot_member`] of a credential says the same.
    pub id: SlotId,
    /// Whether its secret can be used.
    pub active: bool,
    /// When it was last used.
    pub last_used: LastUsed,
    /// When it was made, since the Unix epoch, where the platform says so.
    pub created: Option<Duration>,
    /// What changes whenever the slot does, where the platform says so: a date of modification, a version. A change that was not ours shows here.
    pub revision: Option<String>,
}

/// When a secret was last used, as far as the platform knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LastUsed {
    /// The platform does not say.
    Unknown,
    /// Not once.
    Never,
    /// Then, since the Unix epoch; rounded as the platform does.
    At(Duration),
}

/// A new secret. It exists nowhere else: whoever holds this stores it before anything else.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Where it lives.
    pub slot: SlotId,
    /// The members of the credential that it replaces, such as `client_id` and `client_secret`; others of a stored credential stay as they are.
    pub members: BTreeMap<String, Secret>,
}

/// What a slot's secret may do, such as `role 5e… in division *`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(pub BTreeSet<String>);

/// What a platform can do with slots. Whatever is not known is said as the safer of its possibilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The member of a credential that names its slot, such as `client_id`.
    pub slot_member: &'static str,
    /// How many live slots an integration may have at once; `None` where the platform sets no limit that is known.
    pub max_live: Option<usize>,
    /// Whether a new slot can be made while another is live.
    pub can_create: bool,
    /// Whether the secret of a slot can be replaced in place, which ends the one before at once.
    pub can_reset: bool,
    /// Whether a slot can be switched off and on again before it is deleted.
    pub can_disable: bool,
    /// Whether [`Slot::last_used`] is known.
    pub shows_last_use: bool,
    /// How long a new secret may be refused until it works everywhere.
    pub activation_delay: Duration,
    /// How long a secret that was switched off may go on working.
    pub revoke_delay: Duration,
    /// The longest life of a token that was granted before its secret died; `None` where tokens die with it.
    pub tokens_outlive_secret: Option<Duration>,
    /// The shortest time between two calls of `generate` for one integration.
    pub min_interval: Duration,
    /// How long two live secrets of one integration may stand beside each other before the platform ends one by itself; `None` where it
    /// sets no limit that is known.
    pub longest_overlap: Option<Duration>,
}
