//! OAuth clients, as their administration shows and changes them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, errors, paging::Paging, permissions, roles::RoleDivision};
use crate::{
    clients::{Client, ClientState},
    clock::Moment,
    draws::Kind,
    forms,
    reply::Reply,
    settings::GenesysSettings,
    standing::HeldSecret,
    state::{DEFAULT_VALIDITY, State},
};

/// What only the administration knows of a client.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) role_divisions: Vec<RoleDivision>,
    /// Members that mean nothing to the emulator, `description` among them: kept, and shown as they came.
    pub(crate) other: Map<String, Value>,
    /// What it may do beyond its roles; `None` for everything.
    pub(crate) permissions: Option<BTreeSet<String>>,
    grant_type: String,
    created: Moment,
    modified: Moment,
    /// The clients that made and changed it.
    created_by: Option<String>,
    modified_by: Option<String>,
    /// A deleted client shows until then.
    pub(crate) gone_at: Option<Moment>,
}

impl About {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            role_divisions: Vec::new(),
            other: Map::new(),
            permissions: None,
            grant_type: CLIENT_CREDENTIALS.to_owned(),
            created: now,
            modified: now,
            created_by: None,
            modified_by: None,
            gone_at: None,
        }
    }
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let clients: Vec<View<'_>> = state.clients.iter().map(|(id, client)| shown(id, client, None)).collect();
    Reply::json(200, &paging.listing(&clients, PATH, &[]))
}

pub(super) fn read(state: &State, id: &str, call: &Call<'_>) -> Reply {
    match state.clients.get(id) {
        Some(client) => Reply::json(200, &shown(id, client, None)),
        None => errors::not_found(call.correlation_id),
    }
}

pub(super) fn create(state: &mut State, settings: &GenesysSettings, call: &Call<'_>) -> Reply {
    let asked: ClientRequest = match call.json() {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    if let Err(refused) = asked.check(state, None, call) {
        return refused;
    }
    if asked.role_divisions.is_empty() && asked.is_client_credentials() {
        return errors::coded(400, "missing.client.roles", "A role is required.", call.correlation_id);
    }
    if settings.most_clients.is_some_and(|most| state.clients.len() >= most) {
        let message = "The maximum number of clients is reached.";
        return errors::coded(400, "auth.too.many.clients", message, call.correlation_id);
    }
    let (id, secret) = (state.draws.id(Kind::Client), state.draws.secret());
    let held = HeldSecret::fresh(secret.clone(), call.now, settings.delays);
    // What is made here may call nothing of the administration but what its roles allow.
    let about = About {
        permissions: Some(BTreeSet::new()),
        created_by: permissions::caller(state, call.received),
        ..About::new(call.now)
    };
    let mut client = Client::made(asked.name.clone().unwrap_or_default(), held, DEFAULT_VALIDITY, about);
    asked.apply(&mut client, settings, call);
    state.journal.know(&id, &client.name);
    state.journal.secret_made(&id);
    let reply = Reply::json(200, &shown(&id, &client, Some(&secret)));
    state.clients.insert(id, client);
    reply
}

/// A full replacement, of everything but the secret: a member that is left out is as in a client just made.
pub(super) fn replace(state: &mut State, settings: &GenesysSettings, id: &str, call: &Call<'_>) -> Reply {
    let Some(present) = found(state, id).map(|client| client.validity_seconds) else {
        return errors::not_found(call.correlation_id);
    };
    let asked: ClientRequest = match call.json() {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    if let Err(refused) = asked.check(state, Some(present), call) {
        return refused;
    }
    let by = permissions::caller(state, call.received);
    let Some(client) = found(state, id) else { return errors::not_found(call.correlation_id) };
    client.name = asked.name.clone().unwrap_or_default();
    client.about.modified = call.now;
    client.about.modified_by = by;
    asked.apply(client, settings, call);
    let reply = Reply::json(200, &shown(id, client, None));
    let name = client.name.clone();
    state.journal.know(id, &name);
    reply
}

/// Removes a client, which must be inactive.
pub(super) fn delete(state: &mut State, settings: &GenesysSettings, id: &str, call: &Call<'_>) -> Reply {
    let Some(client) = found(state, id) else { return errors::not_found(call.correlation_id) };
    if client.standing.state() == ClientState::Active {
        let message = "The client cannot be deleted unless it is inactive.";
        return errors::coded(400, "cannot.delete.client", message, call.correlation_id);
    }
    client.about.gone_at = Some(call.now.after_seconds(settings.deletion_seconds));
    // Tokens of a removed client are dead, whatever still shows.
    state.tokens.revoke_all(id, call.now);
    sweep(state, call.now);
    Reply::empty(200)
}

/// Another secret in place of the present one.
pub(super) fn reset_secret(
    state: &mut State,
    settings: &GenesysSettings,
    id: &str,
    call: &Call<'_>,
) -> Reply {
    let by = permissions::caller(state, call.received);
    if found(state, id).is_none() {
        return errors::not_found(call.correlation_id);
    }
    let secret = state.draws.secret();
    let Some(client) = found(state, id) else { return errors::not_found(call.correlation_id) };
    client.secret.replace(secret.clone(), call.now, settings.delays);
    client.about.modified = call.now;
    client.about.modified_by = by;
    let reply = Reply::json(200, &shown(id, client, Some(&secret)));
    if settings.reset_ends_tokens {
        state.tokens.revoke_all(id, call.now);
    }
    state.journal.secret_made(id);
    reply
}

/// What was deleted and no longer shows is not there.
pub(super) fn sweep(state: &mut State, now: Moment) {
    state.clients.retain(|_, client| client.about.gone_at.is_none_or(|gone| now < gone));
}

/// A client that can be changed: not one that was deleted and merely still shows.
fn found<'a>(state: &'a mut State, id: &str) -> Option<&'a mut Client> {
    state.clients.get_mut(id).filter(|client| client.about.gone_at.is_none())
}

fn shown<'a>(id: &'a str, client: &'a Client, secret: Option<&'a str>) -> View<'a> {
    let about = &client.about;
    let by = |id: &Option<String>| {
        id.as_ref().map(|id| Reference { id: id.clone(), self_uri: format!("{PATH}/{id}") })
    };
    View {
        id,
        name: &client.name,
        date_created: about.created.iso(),
        date_modified: about.modified.iso(),
        created_by: by(&about.created_by),
        modified_by: by(&about.modified_by),
        access_token_validity_seconds: client.validity_seconds,
        secret,
        authorized_grant_type: &about.grant_type,
        role_divisions: &about.role_divisions,
        state: client.standing.state(),
        self_uri: format!("{PATH}/{id}"),
        other: &about.other,
    }
}

/// A client as the API shows it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: &'a str,
    name: &'a str,
    date_created: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<Reference>,
    access_token_validity_seconds: u64,
    /// In the answers that make one, and in no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    authorized_grant_type: &'a str,
    role_divisions: &'a [RoleDivision],
    state: ClientState,
    self_uri: String,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    id: String,
    self_uri: String,
}

/// The body of a creation and of a replacement.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientRequest {
    name: Option<String>,
    authorized_grant_type: Option<String>,
    access_token_validity_seconds: Option<u64>,
    #[serde(default)]
    role_divisions: Vec<RoleDivision>,
    state: Option<ClientState>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl ClientRequest {
    fn check(&self, state: &State, present: Option<u64>, call: &Call<'_>) -> Result<(), Reply> {
        let context = call.correlation_id;
        let Some(grant_type) = &self.authorized_grant_type else {
            return Err(errors::coded(400, "grant.type.required", "A grant type is required.", context));
        };
        if !GRANT_TYPES.contains(&spelled(grant_type).as_str()) {
            return Err(errors::coded(400, "bad.grant.type", "The grant type is not known.", context));
        }
        if self.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            return Err(errors::bad_request("The client's name is missing.", context));
        }
        // A client of a test may have a shorter one from the start, and keeps it.
        let fine = |seconds: u64| VALIDITIES.contains(&seconds) || present == Some(seconds);
        if self.access_token_validity_seconds.is_some_and(|seconds| !fine(seconds)) {
            let message = "The token validity must be between 300 and 172800 seconds.";
            return Err(errors::coded(400, "invalid.value", message, context));
        }
        if !permissions::holds_roles(state, call.received, &self.role_divisions) {
            return Err(errors::of_status(403, context));
        }
        Ok(())
    }

    fn is_client_credentials(&self) -> bool {
        self.authorized_grant_type.as_deref().map(spelled).as_deref() == Some(CLIENT_CREDENTIALS)
    }

    fn apply(mut self, client: &mut Client, settings: &GenesysSettings, call: &Call<'_>) {
        self.other.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        client.validity_seconds = self.access_token_validity_seconds.unwrap_or(DEFAULT_VALIDITY);
        client.about.grant_type = self.authorized_grant_type.as_deref().map(spelled).unwrap_or_default();
        client.about.role_divisions = self.role_divisions;
        client.about.other = self.other;
        client.standing.switch(self.state.unwrap_or_default(), call.now, settings.delays);
    }
}

/// As the platform writes it: older programs have an underscore, or no hyphen, where it has one.
fn spelled(grant_type: &str) -> String {
    match grant_type.to_ascii_uppercase().replace('_', "-").as_str() {
        "SAML2BEARER" => "SAML2-BEARER".to_owned(),
        other => other.to_owned(),
    }
}

const PATH: &str = "/api/v2/oauth/clients";
const CLIENT_CREDENTIALS: &str = "CLIENT-CREDENTIALS";
const GRANT_TYPES: [&str; 5] = ["CODE", "TOKEN", "SAML2-BEARER", "PASSWORD", CLIENT_CREDENTIALS];
/// What the platform allows.
const VALIDITIES: std::ops::RangeInclusive<u64> = 300..=172_800;
/// Members of a client that a request does not have; whoever sends them back changes nothing.
const READ_ONLY: [&str; 7] =
    ["id", "secret", "dateCreated", "dateModified", "createdBy", "modifiedBy", "selfUri"];
