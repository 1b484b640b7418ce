//! The permissions that an organisation has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Call, paging::Paging};
use crate::{forms, reply::Reply, state::State};

/// A few that every organisation has, and those in roles that were there from the start.
pub(super) fn permissions(state: &State) -> BTreeSet<String> {
    let planted = state.genesys.roles.values().filter(|role| role.made.is_none());
    let planted = planted.flat_map(|role| role.permissions.iter().cloned());
    EVERYWHERE.iter().map(|known| (*known).to_owned()).chain(planted).collect()
}

/// Needs no permission. One entity for each domain.
pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let mut domains: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    for permission in permissions(state) {
        let parts: Vec<&str> = permission.splitn(3, ':').collect();
        let [domain, entity, action] = parts.as_slice() else { continue };
        let shown = json!({
            "domain": domain, "entityType": entity, "action": action, "allowsConditions": false, "divisionAware": true,
        });
        domains.entry((*domain).to_owned()).or_default().entry((*entity).to_owned()).or_default().push(shown);
    }
    let shown = |(domain, map): (String, BTreeMap<String, Vec<Value>>)| json!({ "domain": domain, "permissionMap": map });
    let listed: Vec<Value> = domains.into_iter().map(shown).collect();
    Reply::json(200, &paging.listing(&listed, "/api/v2/authorization/permissions", &[]))
}

/// Of the platform's own permissions, as its SDK documents spell them.
const EVERYWHERE: [&str; 16] = [
    "analytics:conversationDetail:view",
    "authorization:grant:add",
    "authorization:role:add",
    "authorization:role:delete",
    "authorization:role:edit",
    "authorization:role:view",
    "conversation:communication:view",
    "oauth:client:add",
    "oauth:client:delete",
    "oauth:client:edit",
    "oauth:client:view",
    "routing:queue:add",
    "routing:queue:delete",
    "routing:queue:edit",
    "routing:queue:view",
    "usage:client:view",
];
