//! NICE CXone: what it answers, and what it remembers.
//!
//! Three hosts make one platform. The identity host knows applications and says where everything is; UserHub knows
//! users and their access keys; the API host has the data. What none of the vendor's pages says is a choice of ours,
//! and a setting wherever a client could depend on it.

mod access_keys;
mod administration;
pub(crate) mod applications;
mod completed;
mod contacts;
mod discovery;
mod errors;
mod estate;
mod issue;
pub(crate) mod keys;
pub(crate) mod orders;
mod routes;
pub(crate) mod settings;
mod signing;
pub(crate) mod tenants;
mod token;
mod userhub;
mod world;

use crate::{
    clock::Moment,
    forms,
    misbehave::Target,
    platform::Caller,
    received::Received,
    reply::{Envelope, Reply},
    state::State,
    window::spend,
};
use issue::{Occasion, issue};
use routes::Route;
use settings::{AcceptRule, CxoneSettings};

pub(crate) use estate::Estate;
pub(crate) use routes::Place;

/// Where the platform's hosts are, as seen by one caller; no slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) identity: String,
    pub(crate) userhub: String,
    pub(crate) api: String,
}

/// What every handler gets.
pub(crate) struct Call<'a> {
    pub(crate) settings: &'a CxoneSettings,
    pub(crate) received: &'a Received,
    pub(crate) origins: &'a Origins,
    pub(crate) place: &'a Place,
    pub(crate) now: Moment,
}

impl Call<'_> {
    /// The throttle's answer, which says when to come back only where that is switched on.
    fn throttled(&self, seconds: u64) -> Reply {
        throttle(self.settings, self.place, seconds)
    }
}

/// Whom a request names.
pub(crate) fn caller(state: &State, place: &Place, received: &Received) -> Caller {
    let form = || forms::parse_bytes(&received.body);
    let client_id = match place.route {
        Some(Route::Token) => token::named(state, &form()),
        Some(Route::GuideToken) => token::named_client(state, &form()),
        Some(Route::LogIn | Route::Refresh) => userhub::named(state, received),
        _ if place.kind() == Target::Api => {
            let token = received.authorization("bearer").and_then(|value| state.cxone.tokens.find(value));
            return Caller {
                client_id: token.map(|token| token.client_id.clone()),
                token_number: token.map(|token| token.number),
            };
        }
        _ => None,
    };
    Caller { client_id, token_number: None }
}

/// Lets a request take effect.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Reply {
    let place = call.place;
    if place.is_administration() {
        return administration::answer(state, call);
    }
    let Some(route) = place.route.filter(|_| place.kind() != Target::Api) else {
        return if place.kind() == Target::Api { data(state, call) } else { wrong_method(call) };
    };
    match route {
        Route::OpenidConfiguration => discovery::openid(call),
        Route::TenantConfiguration => discovery::tenant(state, call),
        Route::SigningKeys => Reply::json(200, &signing::key_set()),
        Route::Token => token::answer(state, call),
        Route::GuideToken => token::answer_guide(state, call),
        Route::LogIn => userhub::log_in(state, call),
        Route::Refresh => userhub::refresh(state, call),
        _ => data(state, call),
    }
}

/// An error of this status without a cause.
pub(crate) fn failure(settings: &CxoneSettings, place: &Place, status: u16, now: Moment) -> Reply {
    errors::of_status(settings, status, place, now)
}

/// The throttle's answer, whatever was used of the limits.
pub(crate) fn throttle(settings: &CxoneSettings, place: &Place, seconds: u64) -> Reply {
    errors::throttled(place, settings.retry_after.then_some(seconds))
}

/// A token that nobody asked for.
pub(crate) fn plant(state: &mut State, settings: &CxoneSettings, origins: &Origins, id: &str, now: Moment) {
    let occasion = Occasion { holder_id: id, client_id: None, session_id: None };
    drop(issue(state, settings, origins, occasion, now));
}

/// What is on every answer.
pub(crate) fn envelope(correlation_id: &str) -> Envelope<'_> {
    Envelope { usual: &USUAL, correlation_header: "correlationid", correlation_id }
}

fn wrong_method(call: &Call<'_>) -> Reply {
    errors::of_status(call.settings, 405, call.place, call.now).with("allow", call.place.allowed.as_str())
}

/// A call to the data API: token, then limits, then what it accepts, then the path.
fn data(state: &mut State, call: &Call<'_>) -> Reply {
    let tenant_id = match admit(state, call) {
        Ok(tenant_id) => tenant_id,
        Err(refused) => return refused,
    };
    let id = call.place.ids[1].as_str();
    match call.place.route {
        Some(Route::ListCompleted) => completed::list(state, &tenant_id, call),
        Some(Route::ReadContact) => contacts::read(state, &tenant_id, id),
        Some(Route::TagContact) => contacts::tag(state, &tenant_id, id, call),
        _ if call.place.allowed.is_empty() => errors::not_found(),
        _ => errors::method_not_allowed(&call.place.allowed),
    }
}

/// The tenant whose data a call may see.
fn admit(state: &mut State, call: &Call<'_>) -> Result<String, Reply> {
    let tenant_id = admit_to_tenant(state, call)?;
    if accepts(call.settings.accept, call.received) { Ok(tenant_id) } else { Err(errors::not_acceptable()) }
}

/// The tenant that a live token opens, if its limits have room.
fn admit_to_tenant(state: &mut State, call: &Call<'_>) -> Result<String, Reply> {
    let Call { settings, received, place, now, .. } = *call;
    let value = received.authorization("bearer").unwrap_or_default();
    let tenant_id = state.cxone.opened_by(value, settings.deactivation_ends_tokens, now);
    let tenant_id = tenant_id.map(str::to_owned).ok_or_else(|| errors::no_token(settings, place, now))?;
    if let Some(tenant) = state.cxone.tenants.get_mut(&tenant_id) {
        let (windows, resources) = (&mut tenant.windows, &settings.route_limits);
        spend(windows, settings.tenant_limit, resources, &received.method, &place.path, now)
            .map_err(|seconds| call.throttled(seconds))?;
    }
    Ok(tenant_id)
}

fn accepts(rule: AcceptRule, received: &Received) -> bool {
    let mut values =
        received.headers.get_all(http::header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    match rule {
        AcceptRule::Any => true,
        AcceptRule::Present => values.next().is_some(),
        AcceptRule::Json => values.flat_map(|value| value.split(',')).any(|range| {
            let media_type = range.split(';').next().unwrap_or_default();
            media_type.trim().eq_ignore_ascii_case("application/json")
        }),
    }
}

/// Answers hold tokens and what belongs to tenants; nobody is to keep them.
const USUAL: [(&str, &str); 2] = [("cache-control", "no-store"), ("pragma", "no-cache")];
