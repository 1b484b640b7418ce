//! Roles made, changed and removed by the administration.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Call, catalogue, errors, permissions,
    roles::{Role, shown},
};
use crate::{draws::Kind, reply::Reply, settings::GenesysSettings, state::State};

/// The body of a creation and of a replacement.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleRequest {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    permission_policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    domain: String,
    entity_name: String,
    #[serde(default)]
    action_set: Vec<String>,
}

impl RoleRequest {
    fn permissions(&self) -> BTreeSet<String> {
        let of = |policy: &Policy| {
            let start = format!("{}:{}", policy.domain, policy.entity_name);
            policy.action_set.iter().map(|action| format!("{start}:{action}")).collect::<Vec<_>>()
        };
        self.permission_policies.iter().flat_map(of).collect()
    }

    fn check(&self, state: &State, settings: &GenesysSettings, call: &Call<'_>) -> Result<(), Reply> {
        if self.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            return Err(errors::bad_request("The role's name is missing.", call.correlation_id));
        }
        let wanted = self.permissions();
        let known = catalogue::permissions(state);
        if let Some(unknown) = wanted.iter().find(|wanted| !known.contains(*wanted)) {
            let message = format!("The permission {unknown} is not known.");
            return Err(errors::bad_request(&message, call.correlation_id));
        }
        if settings.role_makers_hold && !permissions::holds_all(state, call.received, &wanted) {
            return Err(errors::of_status(403, call.correlation_id));
        }
        Ok(())
    }
}

pub(super) fn create(state: &mut State, settings: &GenesysSettings, call: &Call<'_>) -> Reply {
    let asked: RoleRequest = match call.json() {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    if let Err(refused) = asked.check(state, settings, call) {
        return refused;
    }
    let id = state.draws.id(Kind::Role);
    let permissions = asked.permissions();
    let role = Role {
        name: asked.name.unwrap_or_default(),
        description: asked.description,
        permissions,
        made: Some(call.now),
    };
    let reply = Reply::json(200, &shown(&id, &role));
    state.genesys.roles.insert(id, role);
    reply
}

/// A full replacement.
pub(super) fn replace(state: &mut State, settings: &GenesysSettings, id: &str, call: &Call<'_>) -> Reply {
    let Some(made) = state.genesys.roles.get(id).map(|role| role.made) else {
        return errors::not_found(call.correlation_id);
    };
    let asked: RoleRequest = match call.json() {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    if let Err(refused) = asked.check(state, settings, call) {
        return refused;
    }
    let permissions = asked.permissions();
    let role =
        Role { name: asked.name.unwrap_or_default(), description: asked.description, permissions, made };
    let reply = Reply::json(200, &shown(id, &role));
    state.genesys.roles.insert(id.to_owned(), role);
    reply
}

/// Whoever had the role has it no more.
pub(super) fn delete(state: &mut State, id: &str, call: &Call<'_>) -> Reply {
    if state.genesys.roles.remove(id).is_none() {
        return errors::not_found(call.correlation_id);
    }
    for client in state.clients.values_mut() {
        client.about.role_divisions.retain(|held| held.role_id != id);
    }
    Reply::empty(204)
}
