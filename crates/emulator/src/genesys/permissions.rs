//! Who may administer what: permissions of the calling client, by itself and through its roles.

use std::collections::BTreeSet;

use super::{Call, errors, roles::RoleDivision, routes::Route};
use crate::{received::Received, reply::Reply, state::State};

/// What a route demands.
#[derive(Debug)]
enum Needs {
    All(&'static [&'static str]),
    Any(&'static [&'static str]),
}

impl Needs {
    /// As the vendor's SDK documents list them. What is not in here demands a token and nothing else.
    fn of(route: Route) -> Option<Self> {
        Some(match route {
            Route::ListClients | Route::ReadClient => Self::Any(&["oauth:client:view"]),
            Route::CreateClient => Self::All(&["oauth:client:add"]),
            Route::ReplaceClient | Route::ResetSecret => Self::All(&["oauth:client:edit"]),
            Route::DeleteClient => Self::All(&["oauth:client:delete"]),
            Route::QueryUsage | Route::SummarizeUsage | Route::ReadUsage => {
                Self::Any(&["oauth:client:view", "usage:client:view"])
            }
            Route::ListRoles | Route::ReadRole | Route::ListRoleSubjects => {
                Self::Any(&["authorization:role:view"])
            }
            Route::CreateRole => Self::Any(&["authorization:role:add"]),
            Route::ReplaceRole => Self::Any(&["authorization:role:edit"]),
            Route::DeleteRole => Self::Any(&["authorization:role:delete"]),
            Route::AddGrants => Self::All(&["authorization:grant:add"]),
            Route::ReadCredential => Self::Any(&["integrations:integration:view"]),
            Route::ReplaceCredential => Self::Any(&["integrations:integration:edit"]),
            _ => return None,
        })
    }
}

/// Refuses a caller that lacks what the route demands.
pub(super) fn check(state: &State, route: Route, call: &Call<'_>) -> Result<(), Reply> {
    let (Some(needs), Some(held)) = (Needs::of(route), held(state, call.received)) else { return Ok(()) };
    let (code, wanted, fine) = match needs {
        Needs::All(wanted) => {
            ("missing.permissions", wanted, wanted.iter().all(|permission| held.contains(*permission)))
        }
        Needs::Any(wanted) => {
            ("missing.any.permissions", wanted, wanted.iter().any(|permission| held.contains(*permission)))
        }
    };
    if fine {
        return Ok(());
    }
    let message =
        format!("Unable to perform the requested action. Required permissions: [{}]", wanted.join(", "));
    Err(errors::coded(403, code, &message, call.correlation_id))
}

/// Whether the caller holds every role that it is about to give: nobody hands out more than it has.
pub(super) fn holds_roles(state: &State, received: &Received, given: &[RoleDivision]) -> bool {
    let Some(caller) = caller(state, received).and_then(|id| state.clients.get(&id)) else { return false };
    let own = &caller.about.role_divisions;
    let holds = |wanted: &RoleDivision| {
        let covers = |held: &RoleDivision| {
            held.role_id == wanted.role_id
                && (held.division_id == "*" || held.division_id == wanted.division_id)
        };
        own.iter().any(covers)
    };
    caller.about.permissions.is_none() || given.iter().all(holds)
}

/// Whether the caller holds every one of these permissions.
pub(super) fn holds_all(state: &State, received: &Received, wanted: &BTreeSet<String>) -> bool {
    held(state, received).is_none_or(|held| held.is_superset(wanted))
}

/// The client whose token a request carries.
pub(super) fn caller(state: &State, received: &Received) -> Option<String> {
    let token = received.authorization("bearer").and_then(|value| state.tokens.find(value))?;
    Some(token.client_id.clone())
}

/// What the caller may do; `None` for everything.
fn held(state: &State, received: &Received) -> Option<BTreeSet<String>> {
    let client = state.clients.get(&caller(state, received)?)?;
    let mut held = client.about.permissions.clone()?;
    for role in &client.about.role_divisions {
        held.extend(
            state.genesys.roles.get(&role.role_id).into_iter().flat_map(|role| role.permissions.clone()),
        );
    }
    Some(held)
}
