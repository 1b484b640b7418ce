//! Every client of an organisation, with what its roles contain.
//!
//! ```text
//!   GET .../oauth/clients             page by page
//!   GET .../authorization/roles       their permissions stand in policies; each role is read once for all clients
//!   GET .../authorization/divisions   names only
//! ```
//!
//! The last two may be refused: then roles are known by their ids, and what is in them is not known.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_core::{
    BoxFuture, ClientSurvey, Fault, LastUsed, RoleGrant, Secret, SurveyedClient, SurveyedRole,
};
use serde_json::Value;

use super::document::{ClientDocument, ClientState};
use super::errands::{CLIENTS, Deed};
use super::provisioning::{DIVISIONS, DIVISIONS_QUERY, GenesysClients, ROLES, ROLES_QUERY, strange};

/// What ids stand for.
#[derive(Debug, Default)]
struct Directory {
    /// A role's name, and its permissions.
    roles: BTreeMap<String, (String, Option<BTreeSet<String>>)>,
    divisions: BTreeMap<String, String>,
}

impl Directory {
    fn of(roles: &[Value], divisions: &[Value]) -> Self {
        let named =
            |entity: &Value| Some((entity["id"].as_str()?.to_owned(), entity["name"].as_str()?.to_owned()));
        let roles = roles.iter().filter_map(|role| {
            let (id, name) = named(role)?;
            Some((id, (name, permissions(role))))
        });
        Self { roles: roles.collect(), divisions: divisions.iter().filter_map(named).collect() }
    }

    fn role(&self, grant: &RoleGrant) -> SurveyedRole {
        let known = self.roles.get(&grant.role);
        let division = match grant.division.as_str() {
            "*" => None,
            id => Some(self.divisions.get(id).cloned().unwrap_or_else(|| id.to_owned())),
        };
        SurveyedRole {
            name: known.map_or_else(|| grant.role.clone(), |(name, _)| name.clone()),
            division,
            permissions: known.and_then(|(_, permissions)| permissions.clone()),
        }
    }
}

/// The permissions of a role; `None` where it does not say. A policy without actions allows all of them.
fn permissions(role: &Value) -> Option<BTreeSet<String>> {
    let policies = role["permissionPolicies"].as_array()?;
    let mut permissions = BTreeSet::new();
    for policy in policies {
        let (domain, entity) = (policy["domain"].as_str()?, policy["entityName"].as_str().unwrap_or("*"));
        let actions: Vec<&str> =
            policy["actionSet"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match actions.as_slice() {
            [] => permissions.extend([format!("{domain}:{entity}:*")]),
            actions => permissions.extend(actions.iter().map(|action| format!("{domain}:{entity}:{action}"))),
        }
    }
    Some(permissions)
}

impl GenesysClients {
    async fn surveyed(&self, told: &(dyn Fn(usize) + Send + Sync)) -> Result<Vec<SurveyedClient>, Fault> {
        let roles = self.pages(ROLES_QUERY, ROLES, Deed::Roles).await.unwrap_or_default();
        let divisions = self.pages(DIVISIONS_QUERY, DIVISIONS, Deed::Divisions).await.unwrap_or_default();
        let directory = Directory::of(&roles, &divisions);
        let mut clients = Vec::new();
        for item in self.pages_told(CLIENTS, CLIENTS, Deed::Read, told).await? {
            let bytes = Secret::from(item.to_string());
            let document = ClientDocument::read(bytes.expose()).ok_or_else(|| strange("client"))?;
            if document.state() == ClientState::Deleted {
                continue;
            }
            let seen = document.seen().ok_or_else(|| strange("client"))?;
            clients.push(SurveyedClient {
                created: document.created(),
                grant_type: document.grant_type(),
                scopes: document.scopes(),
                roles: seen.grants.iter().map(|grant| directory.role(grant)).collect(),
                seen,
            });
        }
        clients.sort_by(|one, other| one.seen.id.cmp(&other.seen.id));
        Ok(clients)
    }
}

impl ClientSurvey for GenesysClients {
    fn survey<'a>(
        &'a self,
        told: &'a (dyn Fn(usize) + Send + Sync),
    ) -> BoxFuture<'a, Result<Vec<SurveyedClient>, Fault>> {
        Box::pin(self.surveyed(told))
    }

    fn roles(&self) -> BoxFuture<'_, Result<Vec<SurveyedRole>, Fault>> {
        Box::pin(async move {
            let roles = self.pages(ROLES_QUERY, ROLES, Deed::Roles).await?;
            let named = |(name, permissions)| SurveyedRole { name, division: None, permissions };
            Ok(Directory::of(&roles, &[]).roles.into_values().map(named).collect())
        })
    }

    /// Two calls: the list has the client's age already.
    fn last_used<'a>(&'a self, client: &'a SurveyedClient) -> BoxFuture<'a, LastUsed> {
        Box::pin(async move {
            let id = &client.seen.id;
            let Ok(admin) = self.one(id) else { return LastUsed::Unknown };
            admin.last_used(id.as_str(), client.created).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Directory;
    use hallpass_core::RoleGrant;
    use serde_json::json;

    #[test]
    fn roles_are_told_by_name_with_what_is_in_them() {
        let roles = [
            json!({ "id": "r1", "name": "queue-sync", "permissionPolicies": [
                { "domain": "routing", "entityName": "queue", "actionSet": ["view", "edit"] },
                { "domain": "analytics", "entityName": "x", "actionSet": [] },
            ]}),
            json!({ "id": "r2", "name": "unread" }),
        ];
        let directory = Directory::of(&roles, &[json!({ "id": "d1", "name": "Sales" })]);
        let told = |role: &str, division: &str| {
            let seen = directory.role(&RoleGrant { role: role.into(), division: division.into() });
            let permissions = seen.permissions.map(|all| all.into_iter().collect::<Vec<_>>().join(" "));
            (seen.name, seen.division, permissions)
        };
        let all = "analytics:x:* routing:queue:edit routing:queue:view".to_owned();
        assert_eq!(told("r1", "d1"), ("queue-sync".into(), Some("Sales".into()), Some(all)));
        assert_eq!(told("r2", "*"), ("unread".into(), None, None));
        assert_eq!(told("r3", "d3"), ("r3".into(), Some("d3".into()), None));
    }
}
