//! OAuth clients, as their administration shows and changes them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    Call,
    client_messages::{ClientRequest, PATH, View, shown},
    errors,
    paging::Paging,
    permissions,
    roles::RoleDivision,
};
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
    pub(super) grant_type: String,
    pub(super) created: Moment,
    pub(crate) modified: Moment,
    /// The clients that made and changed it.
    pub(super) created_by: Option<String>,
    pub(super) modified_by: Option<String>,
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

/// Clients in the order of their ids. One that was made a moment ago is missing for as long as the settings say.
pub(super) fn list(state: &State, settings: &GenesysSettings, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let shows = |client: &&Client| {
        let since = client.about.created.after_seconds(settings.listing_lag_seconds);
        client.about.created_by.is_none() || call.now >= since
    };
    let listed = state.clients.iter().filter(|(_, client)| shows(client));
    let clients: Vec<View<'_>> = listed.map(|(id, client)| shown(id, client, None)).collect();
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

pub(super) const CLIENT_CREDENTIALS: &str = "CLIENT-CREDENTIALS";
