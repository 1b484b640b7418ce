//! Genesys Cloud: what it answers, and what it remembers.
//!
//! A request arrives (it is placed and its caller named), and then takes effect. Between the two the rest of the
//! crate may delay it, lose it, or answer in the platform's place.

mod catalogue;
mod client_messages;
pub(crate) mod clients;
pub(crate) mod conversations;
pub(crate) mod credentials;
pub(crate) mod divisions;
mod errors;
mod grants;
mod me;
pub(crate) mod orders;
mod paging;
mod permissions;
mod queues;
mod quota;
mod role_changes;
pub(crate) mod roles;
mod routes;
mod token;
mod usage;

use std::{collections::BTreeMap, time::Duration};

use serde::de::DeserializeOwned;

use crate::{
    clients::ClientState,
    clock::Moment,
    platform::Caller,
    received::Received,
    reply::{Envelope, Reply},
    settings::{GenesysSettings, Settings},
    state::State,
    window::spend,
};
use conversations::Conversation;
use credentials::IntegrationCredential;
use queues::Queue;
use roles::Role;
use routes::Route;
use usage::Execution;

pub(crate) use routes::Place;

/// What the organisation owns.
#[derive(Debug, Default)]
pub(crate) struct Estate {
    pub(crate) queues: Vec<Queue>,
    pub(crate) conversations: BTreeMap<String, Conversation>,
    /// Usage queries, by execution id.
    pub(crate) executions: BTreeMap<String, Execution>,
    pub(crate) roles: BTreeMap<String, Role>,
    /// Names of divisions, by id.
    pub(crate) divisions: BTreeMap<String, String>,
    pub(crate) credentials: BTreeMap<String, IntegrationCredential>,
}

/// Whom a request names.
pub(crate) fn caller(state: &State, settings: &Settings, place: &Place, received: &Received) -> Caller {
    if place.is_token() {
        let named = token::Credentials::read(received, &settings.genesys, place.is_guide());
        let client_id = named.map(|named| named.client_id).filter(|id| state.clients.contains_key(id));
        return Caller { client_id, token_number: None };
    }
    let token = received.authorization("bearer").and_then(|value| state.tokens.find(value));
    Caller {
        client_id: token.map(|token| token.client_id.clone()),
        token_number: token.map(|token| token.number),
    }
}

/// Lets a request take effect.
pub(crate) fn answer(state: &mut State, settings: &GenesysSettings, place: &Place, call: &Call<'_>) -> Reply {
    clients::sweep(state, call.now);
    match place {
        Place::Token { guide, .. } => token::answer(state, settings, call.received, *guide, call.now),
        Place::Nowhere { .. } => errors::not_found(call.correlation_id),
        Place::Api(found) => match admit(state, settings, found, call) {
            Ok(standing) => {
                standing.label(dispatch(state, settings, found, call), settings.legacy_rate_headers)
            }
            Err(refused) => refused,
        },
    }
}

/// An error of this status without a cause.
pub(crate) fn failure(status: u16, context: &str) -> Reply {
    errors::of_status(status, context)
}

/// The throttle's answer.
pub(crate) fn throttle(place: &Place, retry_after: u64, context: &str) -> Reply {
    if place.is_token() { token::throttled() } else { errors::too_many_requests(retry_after, context) }
}

/// What is on every answer.
pub(crate) fn envelope(correlation_id: &str) -> Envelope<'_> {
    Envelope { usual: &USUAL, correlation_header: "inin-correlation-id", correlation_id }
}

/// The token that a request carries is dead from now on.
fn end_token(state: &mut State, received: &Received) {
    if let Some(token) = received.authorization("bearer").and_then(|value| state.tokens.find_mut(value)) {
        token.revoked = true;
    }
}

/// What every handler gets.
pub(crate) struct Call<'a> {
    pub(crate) received: &'a Received,
    pub(crate) correlation_id: &'a str,
    pub(crate) now: Moment,
}

impl Call<'_> {
    /// The body as JSON, or the refusal of one that is something else.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Reply> {
        if self.received.has_no_body() {
            return Err(errors::bad_request("The request body is missing.", self.correlation_id));
        }
        if self.received.content_type() != "application/json" {
            return Err(errors::unsupported_media_type(self.correlation_id));
        }
        serde_json::from_slice(&self.received.body)
            .map_err(|_| errors::bad_request("The request body could not be read.", self.correlation_id))
    }
}

/// Who has no live token is told so, and who has used its quota waits; all before the path is looked at.
fn admit(
    state: &mut State,
    settings: &GenesysSettings,
    found: &routes::Found,
    call: &Call<'_>,
) -> Result<quota::Standing, Reply> {
    let Call { received, correlation_id: context, now } = *call;
    let authorizations = received.headers.get_all(http::header::AUTHORIZATION).iter().count();
    let value = received.authorization("bearer").unwrap_or_default();
    if value.is_empty() && authorizations < 2 {
        return Err(errors::authentication_required(context));
    }
    let idle_timeout = settings.idle_timeout_seconds.map(Duration::from_secs);
    let State { clients, tokens, .. } = state;
    let token = tokens
        .find_mut(value)
        .filter(|token| token.is_live(now, idle_timeout))
        .filter(|token| {
            clients
                .get(&token.client_id)
                .is_some_and(|client| client.standing.state() != ClientState::Disabled)
        })
        .ok_or_else(|| errors::bad_credentials(context))?;
    token.last_used = now;
    spend(&mut token.windows, settings.api_limit, &settings.path_limits, &received.method, &found.path, now)
        .map(quota::Standing)
        .map_err(|retry_after| errors::too_many_requests(retry_after, context))
}

fn dispatch(state: &mut State, settings: &GenesysSettings, found: &routes::Found, call: &Call<'_>) -> Reply {
    let context = call.correlation_id;
    let Some(matched) = &found.matched else {
        return errors::not_found(context);
    };
    let Some(route) = matched.route else {
        return errors::method_not_allowed(&matched.allowed, context);
    };
    if call.received.is_too_large() {
        return errors::too_large(context);
    }
    if let Err(refused) = permissions::check(state, route, call) {
        return refused;
    }
    let [first, second] = matched.ids.each_ref().map(String::as_str);
    match route {
        Route::ListQueues => queues::list(state, call),
        Route::CreateQueue => queues::create(state, call),
        Route::ReadQueue => queues::read(state, first, call),
        Route::DeleteQueue => queues::delete(state, first, call),
        Route::ReadConversation => conversations::read(state, first, call),
        Route::PatchAttributes => conversations::patch_attributes(state, first, second, call),
        Route::ReadToken => me::token(state, call),
        Route::CheckToken => Reply::empty(200),
        Route::EndToken => {
            end_token(state, call.received);
            Reply::empty(200)
        }
        Route::ReadUser => errors::no_user(context),
        Route::ReadOrganization => me::organization(state),
        Route::ListClients => clients::list(state, settings, call),
        Route::CreateClient => clients::create(state, settings, call),
        Route::ReadClient => clients::read(state, first, call),
        Route::ReplaceClient => clients::replace(state, settings, first, call),
        Route::DeleteClient => clients::delete(state, settings, first, call),
        Route::ResetSecret => clients::reset_secret(state, settings, first, call),
        Route::ListDivisions => divisions::list(state, call),
        Route::ListRoles => roles::list(state, settings, call),
        Route::ReadRole => roles::read(state, first, call),
        Route::CreateRole => role_changes::create(state, settings, call),
        Route::ReplaceRole => role_changes::replace(state, settings, first, call),
        Route::DeleteRole => role_changes::delete(state, first, call),
        Route::ListRoleSubjects => grants::of_role(state, first, call),
        Route::AddGrants => grants::add(state, settings, first, call),
        Route::ListPermissions => catalogue::list(state, call),
        Route::ReadCredential => credentials::read(state, first, call),
        Route::ReplaceCredential => credentials::replace(state, first, call),
        Route::QueryUsage => usage::query(state, settings, first, call),
        Route::SummarizeUsage => usage::summary(state, settings, first, call),
        Route::ReadUsage => usage::results(state, first, second, call),
    }
}

/// What the platform puts on every answer.
const USUAL: [(&str, &str); 4] = [
    ("cache-control", "no-cache, no-store, must-revalidate"),
    ("pragma", "no-cache"),
    ("expires", "0"),
    ("strict-transport-security", "max-age=600; includeSubDomains"),
];
