//! Genesys Cloud: what it answers, and what it remembers.
//!
//! A request arrives (it is placed, its caller named, and it is written down), and then takes effect. Between the
//! two the rest of the crate may delay it, lose it, or answer in the platform's place.

pub(crate) mod conversations;
mod errors;
mod forms;
mod me;
mod paging;
mod queues;
pub(crate) mod quota;
mod routes;
mod token;
mod usage;

use std::{collections::BTreeMap, time::Duration};

use serde::de::DeserializeOwned;

use crate::{
    clients::ClientState,
    clock::Moment,
    draws::Kind,
    journal::Ticket,
    received::Received,
    reply::Reply,
    script::Asked,
    settings::{GenesysSettings, Settings},
    state::State,
    witness::RequestRecord,
};
use conversations::Conversation;
use queues::Queue;
use routes::{Place, Route};

pub(crate) use routes::Surfaces;

/// What the organisation owns.
#[derive(Debug, Default)]
pub(crate) struct Estate {
    pub(crate) queues: Vec<Queue>,
    pub(crate) conversations: BTreeMap<String, Conversation>,
    /// Usage queries: execution id to the client asked about.
    pub(crate) executions: BTreeMap<String, String>,
}

/// A request that is written down: where it goes, whose it is, and its place in the journal.
#[derive(Debug)]
pub(crate) struct Visit {
    place: Place,
    pub(crate) client_id: Option<String>,
    pub(crate) correlation_id: String,
    pub(crate) ticket: Ticket,
}

impl Visit {
    pub(crate) fn asked<'a>(&'a self, received: &'a Received) -> Asked<'a> {
        Asked {
            token_endpoint: self.place.is_token(),
            method: &received.method,
            path: self.place.path(),
            client_id: self.client_id.as_deref(),
        }
    }
}

/// Places a request, names its caller, writes it down.
pub(crate) fn arrive(
    state: &mut State,
    settings: &Settings,
    surfaces: Surfaces,
    received: &Received,
    now: Moment,
) -> Visit {
    let place = Place::of(settings, surfaces, &received.method, &received.path);
    let (client_id, token_number) = if place.is_token() {
        let named = token::Credentials::read(received, &settings.genesys, place.is_guide());
        (named.map(|named| named.client_id).filter(|id| state.clients.contains_key(id)), None)
    } else {
        let token = received.authorization("bearer").and_then(|value| state.tokens.find(value));
        (token.map(|token| token.client_id.clone()), token.map(|token| token.number))
    };
    let correlation_id = state.draws.id(Kind::Correlation);
    let record = RequestRecord {
        number: 0,
        at: String::new(),
        token_endpoint: place.is_token(),
        method: received.method.clone(),
        path: state.masked(place.path()),
        route: place.template().to_owned(),
        raw_target: state.masked(&received.raw_target),
        header_names: received.header_names.clone(),
        body_length: received.body_length,
        client_id: client_id.clone(),
        token_number,
        correlation_id: correlation_id.clone(),
        status: None,
        misbehaviours: Vec::new(),
    };
    let ticket = state.journal.arrived(record, now);
    Visit { place, client_id, correlation_id, ticket }
}

/// Lets a request take effect.
pub(crate) fn answer(
    state: &mut State,
    settings: &Settings,
    visit: &Visit,
    received: &Received,
    now: Moment,
) -> Reply {
    match &visit.place {
        Place::Token { guide, .. } => token::answer(state, &settings.genesys, received, *guide, now),
        Place::Nowhere { .. } => errors::not_found(&visit.correlation_id),
        Place::Api(found) => match admit(state, &settings.genesys, found, visit, received, now) {
            Ok(standing) => {
                let call = Call { received, correlation_id: &visit.correlation_id, now };
                standing.label(dispatch(state, found, &call), settings.genesys.legacy_rate_headers)
            }
            Err(refused) => refused,
        },
    }
}

/// An answer in the platform's words that has no cause in its state.
pub(crate) fn failure(visit: &Visit, status: u16, retry_after: Option<u64>) -> Reply {
    let reply = errors::of_status(status, &visit.correlation_id);
    match retry_after {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

/// The throttle's answer, whatever was used of the quota.
pub(crate) fn throttle(state: &mut State, visit: &Visit, retry_after: u64) -> Reply {
    if visit.place.is_token() {
        state.journal.throttled(visit.client_id.as_deref());
        return token::throttled();
    }
    errors::too_many_requests(retry_after, &visit.correlation_id)
}

/// The token that a request carries is dead from now on.
pub(crate) fn end_token(state: &mut State, received: &Received) {
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
    visit: &Visit,
    received: &Received,
    now: Moment,
) -> Result<quota::Standing, Reply> {
    let context = visit.correlation_id.as_str();
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
            clients.get(&token.client_id).is_some_and(|client| client.state != ClientState::Disabled)
        })
        .ok_or_else(|| errors::bad_credentials(context))?;
    token.last_used = now;
    quota::spend(&mut token.windows, settings, &received.method, &found.path, now)
        .map_err(|retry_after| errors::too_many_requests(retry_after, context))
}

fn dispatch(state: &mut State, found: &routes::Found, call: &Call<'_>) -> Reply {
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
        Route::QueryUsage => usage::query(state, first, call),
        Route::ReadUsage => usage::results(state, first, second, call),
    }
}
