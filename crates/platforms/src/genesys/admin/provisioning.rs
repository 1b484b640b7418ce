//! The administration of clients themselves: found by name and mark, made, changed, removed.
//!
//! ```text
//!   find      GET .../clients, page by page, and each known one by its id      a client just made is missing in the list for a while
//!   create    POST .../clients: client credentials, roles in divisions, lifetime, description with the mark
//!   update    GET, then PUT of the whole, with what a draft speaks of replaced
//!   reset, deactivate, delete    as rotation does them
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{
    BoxFuture, ClientAdmin, ClientCall, ClientDeed, ClientDraft, ClientNature, ClientQuery, ClientSeen,
    Clock, Fault, FaultCode, Generated, LastUsed, RoleAdmin, RoleGrant, RoleGrantName, Secret, SecretAdmin,
    Sleep, SlotId,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::document::{ClientDocument, ClientState, Made};
use super::errands::{CLIENTS, Deed};
use super::give::{call, given, members};
use super::names::Names;
use super::{GenesysAdmin, GenesysAdminSettings};
use crate::admin::{AdminCall, AdminCalls, LARGEST_LISTING, next_target, segment};

/// The administration of an organisation's clients, by `calls` of another identity: one with `oauth:client:view`, `add`, `edit` and, for destroying,
/// `delete`, `authorization:role:view`, and every role that it gives.
#[derive(Debug)]
pub struct GenesysClients {
    pub(super) calls: Arc<dyn AdminCalls>,
    pub(super) clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
}

impl GenesysClients {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(calls: Arc<dyn AdminCalls>, clock: Arc<dyn Clock>, sleep: Arc<dyn Sleep>) -> Self {
        Self { calls, clock, sleep }
    }

    /// The administration of one client's secret and state, which rotation has already.
    pub(super) fn one(&self, id: &SlotId) -> Result<GenesysAdmin, Fault> {
        let settings = GenesysAdminSettings { clients: vec![id.as_str().to_owned()], token_lifetime: None };
        let (calls, clock, sleep) =
            (Arc::clone(&self.calls), Arc::clone(&self.clock), Arc::clone(&self.sleep));
        GenesysAdmin::new(calls, clock, sleep, &settings)
    }

    async fn listed(&self, names: &BTreeSet<String>, needle: &str) -> Result<Vec<ClientSeen>, Fault> {
        let mut found = Vec::new();
        for item in self.pages(CLIENTS, CLIENTS, Deed::Read).await? {
            let bytes = Secret::from(item.to_string());
            let document = ClientDocument::read(bytes.expose()).ok_or_else(|| strange("client"))?;
            let seen = document.seen().ok_or_else(|| strange("client"))?;
            let wanted = names.contains(&seen.name) || seen.description.contains(needle);
            if wanted && document.state() != ClientState::Deleted {
                found.push(seen);
            }
        }
        Ok(found)
    }

    /// All entities of a listing that begins at `target`.
    pub(super) async fn pages(&self, target: &str, path: &str, deed: Deed) -> Result<Vec<Value>, Fault> {
        self.pages_told(target, path, deed, &|_| ()).await
    }

    /// The same; `told` hears after each page how many there are so far.
    pub(super) async fn pages_told(
        &self,
        target: &str,
        path: &str,
        deed: Deed,
        told: &(dyn Fn(usize) + Send + Sync),
    ) -> Result<Vec<Value>, Fault> {
        let (mut items, mut target) = (Vec::new(), target.to_owned());
        for _ in 0..LARGEST_LISTING {
            let reply = self.calls.call(AdminCall::new(Method::GET, target.clone())).await?;
            let reply = deed.errand("").judge(reply, self.clock.now())?;
            let unreadable = || deed.errand("").unreadable(&reply);
            let mut page: Value = serde_json::from_slice(reply.body.expose()).map_err(|_| unreadable())?;
            let Some(Value::Array(entities)) = page.get_mut("entities").map(Value::take) else {
                return Err(unreadable());
            };
            items.extend(entities);
            told(items.len());
            match next_target(Some(&json!({ "next": page.get("nextUri") })), path)? {
                Some(next) => target = next,
                None => return Ok(items),
            }
        }
        Err(Fault::new(FaultCode::UpstreamAnswerBad, "the list does not end"))
    }

    /// The client, or `None` if the platform knows none.
    pub(super) async fn document(&self, id: &SlotId) -> Result<Option<ClientDocument>, Fault> {
        let target = format!("{CLIENTS}/{}", segment(id.as_str())?);
        let reply = self.calls.call(AdminCall::new(Method::GET, target)).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let errand = Deed::Read.errand(id.as_str());
        let reply = errand.judge(reply, self.clock.now())?;
        let document = ClientDocument::read(reply.body.expose()).ok_or_else(|| errand.unreadable(&reply))?;
        Ok(Some(document).filter(|found| found.state() != ClientState::Deleted))
    }

    async fn found(&self, query: &ClientQuery) -> Result<Vec<ClientSeen>, Fault> {
        let mut found = BTreeMap::new();
        if let Some((names, needle)) = &query.listed {
            let listed = self.listed(names, needle).await?;
            found.extend(listed.into_iter().map(|seen| (seen.id.clone(), seen)));
        }
        // What stands in a store as a client's id may be anything.
        for id in query.ids.iter().filter(|id| segment(id.as_str()).is_ok()) {
            if found.contains_key(id) {
                continue;
            }
            if let Some(document) = self.document(id).await? {
                found.insert(id.clone(), document.seen().ok_or_else(|| strange("client"))?);
            }
        }
        Ok(found.into_values().collect())
    }

    async fn made(&self, draft: &ClientDraft) -> Result<Generated, Fault> {
        let mut body = members(draft);
        body.entry("state").or_insert_with(|| json!("active"));
        let body = Secret::from(json!(body).to_string());
        let errand = Deed::Create.errand("");
        let reply = self.calls.call(AdminCall::new(Method::POST, CLIENTS).with_body(body)).await?;
        let reply = given(reply, &Deed::Create.errand(""), self.clock.now())?;
        let made = Made::read(reply.body.expose()).ok_or_else(|| errand.unreadable(&reply))?;
        let id = made.id.clone();
        let members = [("client_id", Secret::from(id.as_str())), ("client_secret", made.into_secret())];
        let members = members.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(Generated { slot: SlotId::new(&id), members })
    }

    async fn changed(&self, id: &SlotId, draft: &ClientDraft) -> Result<(), Fault> {
        let gone = || Fault::new(FaultCode::SlotUnknown, format!("client `{id}`"));
        let document = self.document(id).await?.ok_or_else(gone)?;
        let changes = members(draft);
        let target = format!("{CLIENTS}/{}", segment(id.as_str())?);
        let call = AdminCall::new(Method::PUT, target).with_body(document.with(&changes));
        let reply = self.calls.call(call).await?;
        given(reply, &Deed::Replace.errand(id.as_str()), self.clock.now()).map(drop)
    }
}

impl ClientAdmin for GenesysClients {
    fn nature(&self) -> ClientNature {
        ClientNature {
            kind: "OAuth client",
            slot_member: "client_id",
            can_be_marked: true,
            can_reset: true,
            takes_grants: true,
            token_lifetime: Some((SHORTEST, LONGEST)),
            no_address_list: Some("the vendor has announced one, and its API has no member for it yet"),
            listing_lag: LISTING_LAG,
        }
    }

    fn find<'a>(&'a self, query: &'a ClientQuery) -> BoxFuture<'a, Result<Vec<ClientSeen>, Fault>> {
        Box::pin(self.found(query))
    }

    fn resolve<'a>(&'a self, wanted: &'a [RoleGrantName]) -> BoxFuture<'a, Result<Vec<RoleGrant>, Fault>> {
        Box::pin(async move {
            let roles = Names::of(&self.pages(ROLES_QUERY, ROLES, Deed::Roles).await?);
            let named = wanted.iter().any(|grant| grant.division != "*");
            let divisions = if named {
                self.pages(DIVISIONS_QUERY, DIVISIONS, Deed::Divisions).await?
            } else {
                Vec::new()
            };
            super::names::resolve(wanted, &roles, &Names::of(&divisions))
        })
    }

    /// By `GET /api/v2/tokens/me`, which needs no permission, and the client that it names.
    fn own_grants(&self) -> BoxFuture<'_, Result<Option<BTreeSet<RoleGrant>>, Fault>> {
        Box::pin(self.own())
    }

    fn create<'a>(&'a self, draft: &'a ClientDraft) -> BoxFuture<'a, Result<Generated, Fault>> {
        Box::pin(self.made(draft))
    }

    /// The platform has no compare-and-set: what somebody changes between the reading and the writing is overwritten.
    fn update<'a>(&'a self, id: &'a SlotId, draft: &'a ClientDraft) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.changed(id, draft))
    }

    fn reset<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<Generated, Fault>> {
        Box::pin(async move { self.one(id)?.generate(Some(id)).await })
    }

    fn deactivate<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            match self.one(id)?.set_active(id, false).await {
                Err(fault) if fault.code() == FaultCode::SlotUnknown => Ok(()),
                ended => ended,
            }
        })
    }

    fn delete<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { self.one(id)?.delete(id).await })
    }

    fn roles(&self) -> Option<&dyn RoleAdmin> {
        Some(self)
    }

    fn last_used<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, LastUsed> {
        Box::pin(async move {
            let Ok(admin) = self.one(id) else { return LastUsed::Unknown };
            let slots = admin.list().await.unwrap_or_default();
            slots.first().map_or(LastUsed::Unknown, |slot| slot.last_used)
        })
    }

    fn call(&self, deed: ClientDeed) -> Option<ClientCall> {
        Some(call(deed))
    }
}

pub(super) fn strange(what: &str) -> Fault {
    Fault::new(FaultCode::UpstreamAnswerBad, format!("a {what} in the list cannot be read"))
}

/// The least and the most that the vendor's SDK documents for `accessTokenValiditySeconds`.
const SHORTEST: Duration = Duration::from_secs(300);
const LONGEST: Duration = Duration::from_secs(172_800);
/// Changes of authorisation take about ten seconds, says the vendor's Terraform provider. Nothing is said of the list of clients, so it gets six times that:
/// what shows later than this would be taken for missing, and be found and removed as a second one by the next run.
const LISTING_LAG: Duration = Duration::from_secs(60);
pub(super) const ROLES: &str = "/api/v2/authorization/roles";
pub(super) const ROLES_QUERY: &str = "/api/v2/authorization/roles?pageSize=100";
pub(super) const DIVISIONS: &str = "/api/v2/authorization/divisions";
pub(super) const DIVISIONS_QUERY: &str = "/api/v2/authorization/divisions?pageSize=100";
