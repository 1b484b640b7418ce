//! Applications: the other pair of a token request, and its administration.
//!
//! Where that is, and what its errors are, is not published; what is known are the relative paths and the members.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    Call,
    administration::{bad_request, body, not_found},
};
use crate::{
    clients::ClientState,
    clock::Moment,
    draws::Kind,
    reply::Reply,
    standing::{HeldSecret, Standing},
    state::State,
};

/// A registered application.
pub(crate) struct Application {
    pub(crate) secret: HeldSecret,
    pub(crate) standing: Standing,
    tenant_id: String,
    /// `name`, `type`, `scope` and whatever else it was registered with.
    members: Map<String, Value>,
    created: Moment,
    modified: Moment,
    /// A deleted application goes on until then.
    ends: Option<Moment>,
}

impl Application {
    /// An application as the vendor registers it by hand.
    pub(crate) fn registered(name: &str, secret: HeldSecret, tenant_id: &str, now: Moment) -> Self {
        let members = [
            ("name", json!(name)),
            ("type", json!("backend")),
            ("tenancy", json!("single")),
            ("authMethod", json!("client_secret_basic")),
            ("scope", json!(["openid"])),
        ];
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self::new(secret, tenant_id, members, now)
    }

    fn new(secret: HeldSecret, tenant_id: &str, members: Map<String, Value>, now: Moment) -> Self {
        Self {
            secret,
            standing: Standing::default(),
            tenant_id: tenant_id.to_owned(),
            members,
            created: now,
            modified: now,
            ends: None,
        }
    }

    /// Whether it lets anybody in now.
    pub(crate) fn is_live(&self, now: Moment) -> bool {
        self.standing.may_mint(now) && self.ends.is_none_or(|ends| now < ends)
    }

    /// Whether this secret is let in now.
    pub(crate) fn admits(&self, secret: &str, now: Moment) -> bool {
        self.secret.accepts(secret, now) && self.is_live(now)
    }

    /// As the API shows it: never its secret.
    fn shown(&self, id: &str) -> Value {
        let mut value = Value::Object(self.members.clone());
        value["id"] = id.into();
        value["isEnabled"] = (self.standing.state() == ClientState::Active).into();
        value["createdTime"] = self.created.iso().into();
        value["lastModifiedTime"] = self.modified.iso().into();
        if let Some(ends) = self.ends {
            value["scheduledDeletionTime"] = ends.iso().into();
        }
        value
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("standing", &self.standing).finish_non_exhaustive()
    }
}

/// Those whose time has come are gone.
pub(super) fn sweep(state: &mut State, now: Moment) {
    state.cxone.applications.retain(|_, application| application.ends.is_none_or(|ends| now < ends));
}

pub(super) fn list(state: &State, tenant_id: &str) -> Reply {
    let of_tenant = state.cxone.applications.iter().filter(|(_, known)| known.tenant_id == tenant_id);
    let applications: Vec<Value> = of_tenant.map(|(id, known)| known.shown(id)).collect();
    Reply::json(200, &json!({ "applications": applications }))
}

/// Makes one, or takes over one that has an id and a secret already. The only answer with a secret.
pub(super) fn create(state: &mut State, tenant_id: &str, call: &Call<'_>) -> Result<Reply, Reply> {
    let mut members: Map<String, Value> = body(call)?;
    let mut given = |name: &str| members.remove(name).and_then(|value| value.as_str().map(str::to_owned));
    let (id, secret) = (given("id"), given("secret"));
    check(&members, call)?;
    let id = id.unwrap_or_else(|| state.draws.id(Kind::Application));
    let secret = secret.unwrap_or_else(|| state.draws.application_secret());
    READ_ONLY.iter().for_each(|name| drop(members.remove(*name)));
    let held = HeldSecret::fresh(secret.clone(), call.now, call.settings.delays);
    let application = Application::new(held, tenant_id, members, call.now);
    let name = application.members["name"].as_str().unwrap_or_default().to_owned();
    state.journal.know(&id, &name);
    state.journal.secret_made(&id);
    let mut value = application.shown(&id);
    value["secret"] = secret.into();
    state.cxone.applications.insert(id, application);
    Ok(Reply::json(201, &value))
}

pub(super) fn read(state: &mut State, tenant_id: &str, call: &Call<'_>) -> Result<Reply, Reply> {
    let id = id(call);
    let application = found(state, tenant_id, id, call)?;
    Ok(Reply::json(200, &application.shown(id)))
}

/// Changes the members that are given.
pub(super) fn change(state: &mut State, tenant_id: &str, call: &Call<'_>) -> Result<Reply, Reply> {
    let id = id(call);
    let mut changes: Map<String, Value> = body(call)?;
    READ_ONLY.iter().for_each(|name| drop(changes.remove(*name)));
    let application = found(state, tenant_id, id, call)?;
    application.members.extend(changes);
    application.modified = call.now;
    Ok(Reply::json(200, &application.shown(id)))
}

/// `POST .../{id}-enable` and `POST .../{id}-disable`. Enabling one that is to be deleted keeps it.
pub(super) fn switch(state: &mut State, tenant_id: &str, call: &Call<'_>) -> Result<Reply, Reply> {
    let (id, to) = match (id(call).strip_suffix("-enable"), id(call).strip_suffix("-disable")) {
        (Some(id), _) => (id, ClientState::Active),
        (None, Some(id)) => (id, ClientState::Inactive),
        (None, None) => return Err(not_found(call)),
    };
    let application = found(state, tenant_id, id, call)?;
    application.standing.switch(to, call.now, call.settings.delays);
    application.modified = call.now;
    if to == ClientState::Active {
        application.ends = None;
    }
    Ok(Reply::json(200, &application.shown(id)))
}

/// Schedules the deletion; until then the application goes on.
pub(super) fn delete(state: &mut State, tenant_id: &str, call: &Call<'_>) -> Result<Reply, Reply> {
    let ends = call.now.after_seconds(call.settings.application_deletion_seconds);
    let application = found(state, tenant_id, id(call), call)?;
    application.ends = Some(application.ends.map_or(ends, |before| before.min(ends)));
    sweep(state, call.now);
    Ok(Reply::empty(202))
}

fn found<'a>(
    state: &'a mut State,
    tenant_id: &str,
    id: &str,
    call: &Call<'_>,
) -> Result<&'a mut Application, Reply> {
    let application = state.cxone.applications.get_mut(id).filter(|known| known.tenant_id == tenant_id);
    application.ok_or_else(|| not_found(call))
}

fn check(members: &Map<String, Value>, call: &Call<'_>) -> Result<(), Reply> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("name").trim().is_empty() {
        return Err(bad_request("The application's name is missing.", call));
    }
    if !TYPES.contains(&text("type")) {
        return Err(bad_request("The application's type is not known.", call));
    }
    Ok(())
}

/// The last of the two names in the template: the first one stands for where applications are.
fn id<'a>(call: &'a Call<'_>) -> &'a str {
    &call.place.ids[1]
}

const TYPES: [&str; 3] = ["confidential", "public", "backend"];
const READ_ONLY: [&str; 6] =
    ["id", "secret", "isEnabled", "createdTime", "lastModifiedTime", "scheduledDeletionTime"];
