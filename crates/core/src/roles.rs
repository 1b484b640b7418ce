//! The administration of roles: what the rights of a client consist of, where a platform lets one make them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::clients::RoleGrant;
use crate::fault::Fault;
use crate::runtime::BoxFuture;

/// Administers roles, with the identity that administers clients.
///
/// Dropping a future, and a reply that is lost, may leave an effect done and unseen: after that only [`RoleAdmin::find_roles`] tells what is. No call is sent
/// twice by an implementation.
pub trait RoleAdmin: Send + Sync + fmt::Debug {
    /// The roles that `query` is about, in order of their ids.
    ///
    /// # Errors
    /// `admin-denied` naming the permission that is missing; `upstream-*`.
    fn find_roles<'a>(&'a self, query: &'a RoleQuery) -> BoxFuture<'a, Result<Vec<RoleSeen>, Fault>>;

    /// What the platform calls these divisions, in the order asked; `*`, every division, is called `*`.
    ///
    /// # Errors
    /// `provision-refused` naming every one that does not exist, or whose name several have; `admin-denied`; `upstream-*`.
    fn divisions<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<Vec<String>, Fault>>;

    /// Which of these permissions the organisation lacks.
    ///
    /// # Errors
    /// `admin-denied`; `upstream-*`.
    fn lacking<'a>(
        &'a self,
        permissions: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeSet<String>, Fault>>;

    /// Makes a role; its id. Never idempotent: if the reply is lost, a role exists that nobody has.
    ///
    /// # Errors
    /// `admin-denied`, also where the platform lets nobody put a permission into a role that they lack; `upstream-*`.
    fn create_role<'a>(&'a self, draft: &'a RoleDraft) -> BoxFuture<'a, Result<String, Fault>>;

    /// Makes a role what `draft` says, with no permission besides. Twice is once.
    ///
    /// # Errors
    /// `slot-unknown`, `admin-denied`, `upstream-*`.
    fn update_role<'a>(&'a self, id: &'a str, draft: &'a RoleDraft) -> BoxFuture<'a, Result<(), Fault>>;

    /// Removes a role from whoever has it, and for good. Removing what is gone succeeds.
    ///
    /// # Errors
    /// `admin-denied`, `upstream-*`.
    fn delete_role<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), Fault>>;

    /// Who has this role, by id with a name for people; the administering identity is not among them.
    ///
    /// # Errors
    /// `admin-denied`, `upstream-*`.
    fn holders<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<BTreeMap<String, String>, Fault>>;

    /// Gives the administering identity itself these roles, where the platform lets nobody give more than they hold. Twice is once.
    ///
    /// # Errors
    /// `admin-denied` naming the permission that is missing and what a person can do instead; `upstream-*`.
    fn hold<'a>(&'a self, grants: &'a BTreeSet<RoleGrant>) -> BoxFuture<'a, Result<(), Fault>>;
}

/// Which roles are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleQuery {
    /// Those of exactly this name, and those whose description has this in it. `None` spares the listing, which may have many pages.
    pub listed: Option<(String, String)>,
    /// Those of these ids, whether or not a listing shows them.
    pub ids: BTreeSet<String>,
}

/// A role as its platform shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSeen {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What is written about it; empty where nothing is.
    pub description: String,
    /// What whoever has it may do. One that holds under a condition only says so after its name.
    pub permissions: BTreeSet<String>,
}

/// What a role is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDraft {
    /// What it is called.
    pub name: String,
    /// What is written about it; `None` leaves it as it is.
    pub description: Option<String>,
    /// What whoever has it may do, and nothing besides: `domain:entity:action` each.
    pub permissions: BTreeSet<String>,
}
