//! Which call needs which permission, and where it goes.

use http::Method;

use crate::admin::{AdminCall, Dialect, Errand, segment};
use hallpass_core::{Fault, Secret};

/// What is done with a client. The permissions are those of the vendor's SDK documents for each operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Read,
    Replace,
    Delete,
    Reset,
    Usage,
    Create,
    Roles,
    Divisions,
    Permissions,
    CreateRole,
    ReplaceRole,
    DeleteRole,
    Hold,
}

impl Deed {
    pub(super) fn errand(self, id: &str) -> Errand<'_> {
        let (permission, denied_hint) = match self {
            Self::Read => ("oauth:client:view", ""),
            // The platform's resource centre: who edits a client must hold the roles that are on it.
            Self::Replace | Self::Reset => {
                ("oauth:client:edit", ", and every role of the client: its editor must hold them, too")
            }
            Self::Delete => ("oauth:client:delete", ""),
            Self::Usage => ("usage:client:view", ""),
            Self::Create => {
                ("oauth:client:add", ", and every role of the client: its maker must hold them, too")
            }
            Self::Roles => ("authorization:role:view", ""),
            // It needs none, by the vendor's documents.
            Self::Divisions | Self::Permissions => ("authorization:division:view", ""),
            Self::CreateRole => ("authorization:role:add", ROLE_MAKERS),
            Self::ReplaceRole => ("authorization:role:edit", ROLE_MAKERS),
            Self::DeleteRole => ("authorization:role:delete", ""),
            Self::Hold => ("authorization:grant:add", BY_HAND),
        };
        let kind = match self {
            Self::Roles => "roles",
            Self::Divisions => "divisions",
            Self::Permissions => "permissions",
            Self::CreateRole | Self::ReplaceRole | Self::DeleteRole => "role",
            Self::Hold => "the role that the administering identity is to give",
            _ => "client",
        };
        Errand { dialect: Dialect::Genesys, permission, kind, id, denied_hint }
    }
}

pub(super) fn read(id: &str) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::GET, client(id)?))
}

pub(super) fn replace(id: &str, document: Secret) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::PUT, client(id)?).with_body(document))
}

pub(super) fn delete(id: &str) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::DELETE, client(id)?))
}

pub(super) fn reset(id: &str) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::POST, format!("{}/secret", client(id)?)))
}

pub(super) fn summary(id: &str, days: u64) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::GET, format!("{}/usage/summary?days={days}", client(id)?)))
}

pub(super) fn usage(id: &str, execution: &str) -> Result<AdminCall, Fault> {
    let target = format!("{}/usage/query/results/{}", client(id)?, segment(execution)?);
    Ok(AdminCall::new(Method::GET, target))
}

fn client(id: &str) -> Result<String, Fault> {
    Ok(format!("{CLIENTS}/{}", segment(id)?))
}

/// The resource centre's pages on division-aware role management.
const ROLE_MAKERS: &str = ", and every permission of the role: its maker must hold them, too";
/// Nobody gives a role that they do not have.
const BY_HAND: &str =
    ", or have a person give it the role in these divisions in the platform's console; then apply again";
pub(super) const CLIENTS: &str = "/api/v2/oauth/clients";
pub(super) const COPIES: &str = "/api/v2/integrations/credentials";
