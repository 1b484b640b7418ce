//! The administration of roles, for integrations that name permissions instead of a role.
//!
//! ```text
//!   find       GET .../authorization/roles, page by page, and each known one by its id
//!   create     POST .../authorization/roles: name, description with the mark, one policy for each entity
//!   update     GET, then PUT of the whole
//!   hold       POST .../authorization/subjects/ME/bulkadd: nobody gives a role that they do not have
//!   holders    GET .../authorization/roles/ID/subjectgrants
//!   delete     DELETE .../authorization/roles/ID
//! ```

use std::collections::{BTreeMap, BTreeSet};

use hallpass_core::{BoxFuture, Fault, RoleAdmin, RoleDraft, RoleGrant, RoleQuery, RoleSeen, Secret, SlotId};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::errands::Deed;
use super::give::given_in_role;
use super::names::Names;
use super::provisioning::{DIVISIONS, DIVISIONS_QUERY, GenesysClients, ROLES, ROLES_QUERY, strange};
use super::role_documents::{body, catalogue, seen};
use crate::admin::{AdminCall, segment};

impl GenesysClients {
    /// The client whose token the calls carry, where it is one.
    pub(super) async fn own_id(&self) -> Result<Option<String>, Fault> {
        let reply = self.calls.call(AdminCall::new(Method::GET, ME)).await?;
        let reply = Deed::Read.errand("").judge(reply, self.clock.now())?;
        let me: Value = serde_json::from_slice(reply.body.expose())
            .map_err(|_| Deed::Read.errand("").unreadable(&reply))?;
        Ok(me["OAuthClient"]["id"].as_str().map(str::to_owned))
    }

    /// What it holds.
    pub(super) async fn own(&self) -> Result<Option<BTreeSet<RoleGrant>>, Fault> {
        let Some(id) = self.own_id().await? else { return Ok(None) };
        Ok(self.document(&SlotId::new(&id)).await?.and_then(|document| Some(document.seen()?.grants)))
    }

    /// The role, or `None` if the platform knows none.
    async fn role(&self, id: &str) -> Result<Option<Value>, Fault> {
        let target = format!("{ROLES}/{}", segment(id)?);
        let reply = self.calls.call(AdminCall::new(Method::GET, target)).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let errand = Deed::Roles.errand(id);
        let reply = errand.judge(reply, self.clock.now())?;
        serde_json::from_slice(reply.body.expose()).map(Some).map_err(|_| errand.unreadable(&reply))
    }

    async fn found_roles(&self, query: &RoleQuery) -> Result<Vec<RoleSeen>, Fault> {
        let mut found = BTreeMap::new();
        if let Some((name, needle)) = &query.listed {
            for role in self.pages(ROLES_QUERY, ROLES, Deed::Roles).await? {
                let seen = seen(&role).ok_or_else(|| strange("role"))?;
                if seen.name == *name || seen.description.contains(needle) {
                    found.insert(seen.id.clone(), seen);
                }
            }
        }
        for id in query.ids.iter().filter(|id| segment(id).is_ok()) {
            if found.contains_key(id) {
                continue;
            }
            if let Some(role) = self.role(id).await? {
                found.insert(id.clone(), seen(&role).ok_or_else(|| strange("role"))?);
            }
        }
        Ok(found.into_values().collect())
    }

    async fn made_role(&self, draft: &RoleDraft) -> Result<String, Fault> {
        let call = AdminCall::new(Method::POST, ROLES).with_body(Secret::from(body(draft, None).to_string()));
        let errand = Deed::CreateRole.errand("");
        let reply = given_in_role(self.calls.call(call).await?, &errand, self.clock.now())?;
        let role: Option<Value> = serde_json::from_slice(reply.body.expose()).ok();
        let made = role.as_ref().and_then(seen);
        made.map(|made| made.id).ok_or_else(|| errand.unreadable(&reply))
    }

    async fn changed_role(&self, id: &str, draft: &RoleDraft) -> Result<(), Fault> {
        let Some(present) = self.role(id).await? else {
            let detail = format!("role `{id}`");
            return Err(Fault::new(hallpass_core::FaultCode::SlotUnknown, detail));
        };
        let body = Secret::from(body(draft, Some(&present)).to_string());
        let call = AdminCall::new(Method::PUT, format!("{ROLES}/{}", segment(id)?)).with_body(body);
        let reply = self.calls.call(call).await?;
        given_in_role(reply, &Deed::ReplaceRole.errand(id), self.clock.now()).map(drop)
    }

    async fn removed_role(&self, id: &str) -> Result<(), Fault> {
        let target = format!("{ROLES}/{}", segment(id)?);
        let reply = self.calls.call(AdminCall::new(Method::DELETE, target)).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        Deed::DeleteRole.errand(id).judge(reply, self.clock.now()).map(drop)
    }

    async fn holders_of(&self, id: &str) -> Result<BTreeMap<String, String>, Fault> {
        let path = format!("{ROLES}/{}/subjectgrants", segment(id)?);
        let listing = format!("{path}?pageSize=100");
        let subjects = self.pages(&listing, &path, Deed::Roles).await?;
        let own = self.own_id().await?;
        let subject = |subject: &Value| {
            let id = subject["id"].as_str()?.to_owned();
            let name = subject["name"].as_str().unwrap_or(&id).to_owned();
            Some((id, name))
        };
        let mut holders: BTreeMap<String, String> = subjects.iter().filter_map(subject).collect();
        holders.retain(|id, _| Some(id) != own.as_ref());
        Ok(holders)
    }

    async fn held(&self, grants: &BTreeSet<RoleGrant>) -> Result<(), Fault> {
        let own = self.own_id().await?.ok_or_else(|| strange("token of the administering identity"))?;
        let grants: Vec<Value> = grants
            .iter()
            .map(|grant| json!({ "roleId": grant.role, "divisionId": grant.division }))
            .collect();
        let target = format!("{SUBJECTS}/{}/bulkadd?subjectType=PC_OAUTH_CLIENT", segment(&own)?);
        let body = Secret::from(json!({ "grants": grants }).to_string());
        let reply = self.calls.call(AdminCall::new(Method::POST, target).with_body(body)).await?;
        Deed::Hold.errand("").judge(reply, self.clock.now()).map(drop)
    }
}

impl RoleAdmin for GenesysClients {
    fn find_roles<'a>(&'a self, query: &'a RoleQuery) -> BoxFuture<'a, Result<Vec<RoleSeen>, Fault>> {
        Box::pin(self.found_roles(query))
    }

    fn divisions<'a>(&'a self, names: &'a [String]) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        Box::pin(async move {
            let listed = if names.iter().any(|name| name != "*") {
                self.pages(DIVISIONS_QUERY, DIVISIONS, Deed::Divisions).await?
            } else {
                Vec::new()
            };
            super::names::divisions(names, &Names::of(&listed))
        })
    }

    /// By `GET /api/v2/authorization/permissions`, which needs no permission.
    fn lacking<'a>(
        &'a self,
        permissions: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeSet<String>, Fault>> {
        Box::pin(async move {
            let listing = format!("{PERMISSIONS}?pageSize=100");
            let known = catalogue(&self.pages(&listing, PERMISSIONS, Deed::Permissions).await?);
            Ok(permissions.difference(&known).cloned().collect())
        })
    }

    fn create_role<'a>(&'a self, draft: &'a RoleDraft) -> BoxFuture<'a, Result<String, Fault>> {
        Box::pin(self.made_role(draft))
    }

    /// The platform has no compare-and-set: what somebody changes between the reading and the writing is overwritten.
    fn update_role<'a>(&'a self, id: &'a str, draft: &'a RoleDraft) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.changed_role(id, draft))
    }

    fn delete_role<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.removed_role(id))
    }

    fn holders<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<BTreeMap<String, String>, Fault>> {
        Box::pin(self.holders_of(id))
    }

    fn hold<'a>(&'a self, grants: &'a BTreeSet<RoleGrant>) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.held(grants))
    }
}

/// Needs no permission.
const ME: &str = "/api/v2/tokens/me";
/// Where grants are made. The vendor's Python SDK: `post_authorization_subject_bulkadd`.
const SUBJECTS: &str = "/api/v2/authorization/subjects";
/// Every permission that the organisation has: `get_authorization_permissions`.
const PERMISSIONS: &str = "/api/v2/authorization/permissions";
