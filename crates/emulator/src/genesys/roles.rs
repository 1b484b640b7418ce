//! Roles: what a client-credentials client may do, division by division.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, Estate, errors, paging::Paging};
use crate::{
    draws::{Draws, Kind},
    forms,
    reply::Reply,
    state::State,
    world::World,
};

/// A role to be added.
///
/// As JSON: `{"name": "queue-sync", "id": ..., "permissions": ["routing:queue:view"]}`; only the name is required.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    name: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    permissions: BTreeSet<String>,
}

impl NewRole {
    /// A role of this name that allows nothing; its id is drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), id: None, permissions: BTreeSet::new() }
    }

    /// Fixes the id. A role that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// One more permission, `domain:entity:action`.
    #[must_use]
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permissions.insert(permission.into());
        self
    }
}

/// A role of a client, and where it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDivision {
    /// The role's id.
    pub role_id: String,
    /// The division's id; `*` is every division.
    pub division_id: String,
}

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    name: String,
    pub(crate) permissions: BTreeSet<String>,
}

impl World {
    /// Adds a role to Genesys Cloud; its id.
    pub fn add_role(&self, role: NewRole) -> String {
        let mut state = self.state();
        let State { genesys, draws, .. } = &mut *state;
        genesys.add_role(role, draws)
    }
}

impl Estate {
    fn add_role(&mut self, new: NewRole, draws: &mut Draws) -> String {
        let id = new.id.unwrap_or_else(|| draws.id(Kind::Role));
        self.roles.insert(id.clone(), Role { name: new.name, permissions: new.permissions });
        id
    }
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let roles: Vec<Value> = state.genesys.roles.iter().map(|(id, role)| shown(id, role)).collect();
    Reply::json(200, &paging.listing(&roles, PATH, &[]))
}

pub(super) fn read(state: &State, id: &str, call: &Call<'_>) -> Reply {
    match state.genesys.roles.get(id) {
        Some(role) => Reply::json(200, &shown(id, role)),
        None => errors::not_found(call.correlation_id),
    }
}

/// A role as the API shows it: its permissions stand in policies, one per entity.
fn shown(id: &str, role: &Role) -> Value {
    let mut policies: Vec<Value> = Vec::new();
    for permission in &role.permissions {
        let mut parts = permission.splitn(3, ':');
        let mut part = || parts.next().unwrap_or_default();
        let (domain, entity, action) = (part(), part(), part());
        let same = |policy: &&mut Value| policy["domain"] == domain && policy["entityName"] == entity;
        match policies.iter_mut().find(same).and_then(|policy| policy["actionSet"].as_array_mut()) {
            Some(actions) => actions.push(action.into()),
            None => {
                policies.push(json!({ "domain": domain, "entityName": entity, "actionSet": [action] }));
            }
        }
    }
    json!({
        "id": id, "name": role.name, "permissionPolicies": policies, "selfUri": format!("{PATH}/{id}"),
    })
}

const PATH: &str = "/api/v2/authorization/roles";
