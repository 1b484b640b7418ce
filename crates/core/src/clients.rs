//! The administration of clients themselves: what provisioning stands on.
//!
//! A *client* here is whatever a platform hands a secret to: an OAuth client of Genesys Cloud, an access key of a CXone user. [`crate::SecretAdmin`] replaces
//! the secrets of clients that are there; this trait makes the clients, changes what they may do, and removes them.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::fault::Fault;
use crate::roles::RoleAdmin;
use crate::runtime::BoxFuture;
use crate::slots::{Generated, LastUsed, SlotId};

/// Administers clients, with an identity of its own that is none of them.
///
/// Dropping a future, and a reply that is lost, may leave an effect done and unseen: after that only [`ClientAdmin::find`] tells what is. No call is sent
/// twice by an implementation.
pub trait ClientAdmin: Send + Sync + fmt::Debug {
    /// What this platform's clients are like.
    fn nature(&self) -> ClientNature;

    /// The clients that `query` is about, in order of their ids; never a secret. One that the platform shows as deleted is left out.
    ///
    /// # Errors
    /// `admin-denied` naming the permission that is missing; `upstream-*`.
    fn find<'a>(&'a self, query: &'a ClientQuery) -> BoxFuture<'a, Result<Vec<ClientSeen>, Fault>>;

    /// What the platform calls these roles and divisions, in the order asked.
    ///
    /// # Errors
    /// `provision-refused` naming every role and division that does not exist, or whose name several have; `admin-denied`; `upstream-*`.
    fn resolve<'a>(&'a self, wanted: &'a [RoleGrantName]) -> BoxFuture<'a, Result<Vec<RoleGrant>, Fault>>;

    /// What the administering identity holds itself, where the platform lets nobody give more than it has; `None` where there is no such rule, or where
    /// it cannot be known.
    ///
    /// # Errors
    /// `upstream-*`.
    fn own_grants(&self) -> BoxFuture<'_, Result<Option<BTreeSet<RoleGrant>>, Fault>>;

    /// Makes a client. Never idempotent: if the reply is lost, a client exists whose secret nobody knows.
    ///
    /// # Errors
    /// `slots-full` where the platform has no room; `admin-denied`; `upstream-*`.
    fn create<'a>(&'a self, draft: &'a ClientDraft) -> BoxFuture<'a, Result<Generated, Fault>>;

    /// Makes a client what `draft` says, and leaves alone whatever a draft does not speak of. Twice is once.
    ///
    /// # Errors
    /// `slot-unknown`, `admin-denied`, `upstream-*`.
    fn update<'a>(&'a self, id: &'a SlotId, draft: &'a ClientDraft) -> BoxFuture<'a, Result<(), Fault>>;

    /// Gives a client another secret; the one before is dead from then on. Refused where [`ClientNature::can_reset`] says so.
    ///
    /// # Errors
    /// `slot-unknown`, `admin-denied`, `upstream-*`.
    fn reset<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<Generated, Fault>>;

    /// Lets a client get no more tokens. Twice is once, and so is one that is gone.
    ///
    /// # Errors
    /// `admin-denied`, `upstream-*`.
    fn deactivate<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>>;

    /// Removes a client, which was deactivated before. Removing what is gone succeeds.
    ///
    /// # Errors
    /// `admin-denied`, `upstream-*`.
    fn delete<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>>;

    /// The administration of roles, where this platform lets one make them.
    fn roles(&self) -> Option<&dyn RoleAdmin> {
        None
    }

    /// When the client was last used. Whatever fails leaves it unknown.
    fn last_used<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, LastUsed>;

    /// The call that a deed is, and the permission that it needs; `None` where this platform has no such call.
    fn call(&self, deed: ClientDeed) -> Option<ClientCall>;
}

/// What a platform's clients are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientNature {
    /// What one is called, such as `OAuth client`.
    pub kind: &'static str,
    /// The member of a credential that names its client, such as `client_id`.
    pub slot_member: &'static str,
    /// Whether clients have a name and a description, so that one can be told by them.
    pub can_be_marked: bool,
    /// Whether a lost secret can be replaced; without, the client is removed and another is made.
    pub can_reset: bool,
    /// Whether a client's rights are roles in divisions that are given with it.
    pub takes_grants: bool,
    /// The shortest and the longest life of a token that one may choose, where one may.
    pub token_lifetime: Option<(Duration, Duration)>,
    /// Why no list of addresses can be given to a client.
    pub no_address_list: Option<&'static str>,
    /// How long a client that was made may be missing in what [`ClientAdmin::find`] says.
    pub listing_lag: Duration,
}

/// Which clients are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientQuery {
    /// Those that have exactly one of these names, and those whose description has this in it. `None` spares the listing, which may have many pages.
    pub listed: Option<(BTreeSet<String>, String)>,
    /// Those of these ids, whether or not a listing shows them.
    pub ids: BTreeSet<SlotId>,
}

/// A client as its platform shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSeen {
    /// Its name at the platform.
    pub id: SlotId,
    /// What it is called; empty where clients have no names.
    pub name: String,
    /// What is written about it; empty where clients have no description.
    pub description: String,
    /// Whether it gets tokens.
    pub active: bool,
    /// Whether it gets them for its id and secret alone, without a person.
    pub machine_only: bool,
    /// What it may do.
    pub grants: BTreeSet<RoleGrant>,
    /// How long its tokens live, where one may choose.
    pub token_lifetime: Option<Duration>,
    /// Whether it was ever used; unknown where that would need a question of its own.
    pub last_used: LastUsed,
}

/// What a client is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDraft {
    /// What it is called; `None` leaves it as it is.
    pub name: Option<String>,
    /// What is written about it; `None` leaves it as it is.
    pub description: Option<String>,
    /// What it may do.
    pub grants: BTreeSet<RoleGrant>,
    /// How long its tokens live; `None` leaves it to the platform.
    pub token_lifetime: Option<Duration>,
    /// Whether it gets tokens; `None` leaves it as it is, and a new one gets them.
    pub active: Option<bool>,
}

/// A role in a division, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleGrantName {
    /// The role's name.
    pub role: String,
    /// The division's name; `*` is every division.
    pub division: String,
}

impl fmt::Display for RoleGrantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.division.as_str() {
            "*" => write!(f, "role `{}` in every division", self.role),
            division => write!(f, "role `{}` in division `{division}`", self.role),
        }
    }
}

/// A role in a division, by their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleGrant {
    /// The role's id.
    pub role: String,
    /// The division's id; `*` is every division.
    pub division: String,
}

impl fmt::Display for RoleGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.division.as_str() {
            "*" => write!(f, "role {} in every division", self.role),
            division => write!(f, "role {} in division {division}", self.role),
        }
    }
}

/// What may be done with a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientDeed {
    /// Finding it.
    Find,
    /// Reading what roles and divisions there are.
    Resolve,
    /// Making it.
    Create,
    /// Changing it.
    Update,
    /// Giving it another secret.
    Reset,
    /// Switching it off.
    Deactivate,
    /// Removing it.
    Delete,
    /// Asking when it was last used.
    LastUsed,
    /// Reading which permissions there are.
    Permissions,
    /// Making a role.
    CreateRole,
    /// Changing a role.
    UpdateRole,
    /// Giving the administering identity a role that it is to give.
    HoldRole,
    /// Asking who has a role.
    RoleHolders,
    /// Removing a role.
    DeleteRole,
}

/// A call and what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientCall {
    /// Method and path template.
    pub line: &'static str,
    /// The permission, by the platform's own name; empty where it needs none.
    pub permission: &'static str,
}
