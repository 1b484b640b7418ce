//! Who has which role where: asked for by role, and given to a client.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, errors,
    paging::Paging,
    permissions,
    roles::{PATH, RoleDivision},
};
use crate::{forms, reply::Reply, settings::GenesysSettings, state::State};

/// Everybody who has a role, with the divisions.
pub(super) fn of_role(state: &State, id: &str, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    if !state.genesys.roles.contains_key(id) {
        return errors::not_found(call.correlation_id);
    }
    let standing = state.clients.iter().filter(|(_, client)| client.about.gone_at.is_none());
    let subjects: Vec<Value> = standing
        .filter_map(|(client_id, client)| {
            let held = client.about.role_divisions.iter().filter(|held| held.role_id == id);
            let divisions: Vec<Value> = held.map(|held| json!({ "id": held.division_id })).collect();
            let subject = json!({
                "id": client_id, "name": client.name, "divisions": divisions, "type": CLIENT,
            });
            (!divisions.is_empty()).then_some(subject)
        })
        .collect();
    Reply::json(200, &paging.listing(&subjects, &format!("{PATH}/{id}/subjectgrants"), &[]))
}

#[derive(Deserialize)]
struct Grants {
    grants: Vec<RoleDivision>,
}

/// More roles for a client. Whoever gives them needs not have them, but every permission that is in them, unless the settings say otherwise.
pub(super) fn add(state: &mut State, settings: &GenesysSettings, subject: &str, call: &Call<'_>) -> Reply {
    let asked: Grants = match call.json() {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let query = forms::parse(&call.received.query);
    if !query.iter().any(|(name, value)| name == "subjectType" && value == CLIENT) {
        // Without it the subject is a user, and there are none.
        return errors::not_found(call.correlation_id);
    }
    let roles = &state.genesys.roles;
    let known = |grant: &RoleDivision| {
        let divided = grant.division_id == "*" || state.genesys.divisions.contains_key(&grant.division_id);
        roles.contains_key(&grant.role_id) && divided
    };
    if !asked.grants.iter().all(known) {
        return errors::not_found(call.correlation_id);
    }
    let given: BTreeSet<String> =
        asked.grants.iter().flat_map(|grant| roles[&grant.role_id].permissions.clone()).collect();
    if settings.role_makers_hold && !permissions::holds_all(state, call.received, &given) {
        return errors::of_status(403, call.correlation_id);
    }
    let Some(client) = state.clients.get_mut(subject).filter(|client| client.about.gone_at.is_none()) else {
        return errors::not_found(call.correlation_id);
    };
    for grant in asked.grants {
        if !client.about.role_divisions.contains(&grant) {
            client.about.role_divisions.push(grant);
        }
    }
    Reply::empty(200)
}

/// How the platform calls a client where it may be a user, too.
const CLIENT: &str = "PC_OAUTH_CLIENT";
