//! Roles: what a client-credentials client may do, division by division.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, Estate, errors, paging::Paging};
use crate::{
    clock::Moment,
    draws::{Draws, Kind},
    forms,
    reply::Reply,
    settings::GenesysSettings,
    state::State,
    world::World,
};

/// A role to be added.
///
/// As JSON: `{"name": "queue-sync", "id": ..., "description": ..., "permissions": ["routing:queue:view"]}`; only the name is required.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    name: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    permissions: BTreeSet<String>,
}

impl NewRole {
    /// A role of this name that allows nothing; its id is drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), id: None, description: None, permissions: BTreeSet::new() }
    }

    /// Fixes the id. A role that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What is written about it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
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
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(crate) permissions: BTreeSet<String>,
    /// When the administration made it; `None` for one that was there from the start.
    pub(super) made: Option<Moment>,
}

impl World {
    /// Adds a role to Genesys Cloud; its id.
    pub fn add_role(&self, role: NewRole) -> String {
        let mut state = self.state();
        let State { genesys, draws, .. } = &mut *state;
        genesys.add_role(role, draws)
    }

    /// The roles of Genesys Cloud, by id, with their names; those that the administration made among them.
    pub fn roles(&self) -> BTreeMap<String, String> {
        self.state().genesys.roles.iter().map(|(id, role)| (id.clone(), role.name.clone())).collect()
    }

    /// Gives a client of Genesys Cloud these roles, each in a division, in place of those that it has; as somebody would in the console.
    pub fn set_roles(&self, client_id: &str, roles: &[(&str, &str)]) {
        let now = self.now();
        if let Some(client) = self.state().clients.get_mut(client_id) {
            let role = |(role, division): &(&str, &str)| RoleDivision {
                role_id: (*role).to_owned(),
                division_id: (*division).to_owned(),
            };
            client.about.role_divisions = roles.iter().map(role).collect();
            client.about.modified = now;
        }
    }
}

impl Estate {
    fn add_role(&mut self, new: NewRole, draws: &mut Draws) -> String {
        let id = new.id.unwrap_or_else(|| draws.id(Kind::Role));
        let role =
            Role { name: new.name, description: new.description, permissions: new.permissions, made: None };
        self.roles.insert(id.clone(), role);
        id
    }
}

/// Roles in the order of their ids. One that was made a moment ago is missing for as long as the settings say.
pub(super) fn list(state: &State, settings: &GenesysSettings, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let shows = |role: &Role| {
        role.made.is_none_or(|made| call.now >= made.after_seconds(settings.listing_lag_seconds))
    };
    let listed = state.genesys.roles.iter().filter(|(_, role)| shows(role));
    let roles: Vec<Value> = listed.map(|(id, role)| shown(id, role)).collect();
    Reply::json(200, &paging.listing(&roles, PATH, &[]))
}

pub(super) fn read(state: &State, id: &str, call: &Call<'_>) -> Reply {
    match state.genesys.roles.get(id) {
        Some(role) => Reply::json(200, &shown(id, role)),
        None => errors::not_found(call.correlation_id),
    }
}

/// A role as the API shows it: its permissions stand in policies, one per entity.
pub(super) fn shown(id: &str, role: &Role) -> Value {
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
    let mut shown = json!({
        "id": id, "name": role.name, "permissionPolicies": policies, "selfUri": format!("{PATH}/{id}"),
    });
    if let Some(description) = &role.description {
        shown["description"] = description.as_str().into();
    }
    shown
}

pub(super) const PATH: &str = "/api/v2/authorization/roles";
