//! UserHub: an access key alone against tokens, and their renewal, which names everything differently.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Call, errors,
    issue::{Occasion, issue},
    token::{Refused, check_access_key, throttle},
};
use crate::{received::Received, reply::Reply, state::State};

/// Answers `POST /authentication/v1/token/access-key`.
pub(super) fn log_in(state: &mut State, call: &Call<'_>) -> Reply {
    let Some(login) = read::<LogIn>(call.received) else {
        return refuse(state, call, &Refused::Malformed(UNREADABLE), None);
    };
    let id = login.access_key_id.as_str();
    if let Err(refused) = check_access_key(state, call, id, &login.access_key_secret) {
        return refuse(state, call, &refused, Some(id));
    }
    let occasion = Occasion { holder_id: id, client_id: None, session_id: None };
    let Some(issued) = issue(state, call.settings, call.origins, occasion, call.now) else {
        return refuse(state, call, &Refused::WrongKey, Some(id));
    };
    Reply::json(
        200,
        &LoggedIn {
            access_token: issued.access_token,
            token_type: "Bearer",
            expires_in: issued.expires_in,
            refresh_token: issued.refresh_token,
            refresh_token_expires_in: call.settings.refresh_seconds,
            id_token: issued.id_token,
        },
    )
}

/// Answers `POST /public/user/refresh`. The refresh token is used up, and the session goes on.
pub(super) fn refresh(state: &mut State, call: &Call<'_>) -> Reply {
    let Some(asked) = read::<Refresh>(call.received) else {
        return refuse(state, call, &Refused::Malformed(UNREADABLE), None);
    };
    let found = state.cxone.refreshes.0.get(&asked.token).filter(|refresh| refresh.client_id.is_none());
    let Some(refresh) = found.cloned() else {
        return refuse(state, call, &Refused::WrongRefresh, None);
    };
    let id = refresh.holder_id.as_str();
    if let Err(refused) = throttle(state, call, id) {
        return refuse(state, call, &refused, Some(id));
    }
    let session_id = Some(refresh.session_id.clone());
    let occasion = Occasion { holder_id: id, client_id: None, session_id };
    let live = call.now < refresh.expires && state.cxone.may_mint(id, call.now);
    let issued = live.then(|| issue(state, call.settings, call.origins, occasion, call.now)).flatten();
    let Some(issued) = issued else {
        return refuse(state, call, &Refused::WrongRefresh, Some(id));
    };
    state.cxone.refreshes.0.remove(&asked.token);
    Reply::json(
        200,
        &Refreshed {
            token: issued.access_token,
            token_expiration_time_sec: issued.expires_in,
            refresh_token: issued.refresh_token,
            refresh_token_expiration_time_sec: call.settings.refresh_seconds,
            session_id: issued.session_id,
        },
    )
}

/// The access key that a request names, by id or by a refresh token of it.
pub(super) fn named(state: &State, received: &Received) -> Option<String> {
    if let Some(login) = read::<LogIn>(received) {
        return state.cxone.keys.contains_key(&login.access_key_id).then_some(login.access_key_id);
    }
    let refresh = read::<Refresh>(received)?;
    state.cxone.refreshes.0.get(&refresh.token).map(|refresh| refresh.holder_id.clone())
}

fn refuse(state: &mut State, call: &Call<'_>, refused: &Refused, id: Option<&str>) -> Reply {
    refused.count(state, id, call.now);
    let settings = &call.settings.userhub;
    let (planted, status, message) = match refused {
        Refused::Throttled(seconds) => return call.throttled(*seconds),
        Refused::Malformed(what) => (&settings.malformed_body, settings.malformed_status, *what),
        Refused::WrongRefresh => {
            (&settings.refused_body, settings.refused_status, "The refresh token is not valid.")
        }
        _ => (&settings.refused_body, settings.refused_status, "The access key is not valid."),
    };
    errors::userhub_or(planted, status, message, call.place, call.now)
}

fn read<T: DeserializeOwned>(received: &Received) -> Option<T> {
    let json = received.content_type() == "application/json";
    json.then(|| serde_json::from_slice(&received.body).ok()).flatten()
}

const UNREADABLE: &str = "The request body could not be read.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogIn {
    access_key_id: String,
    access_key_secret: String,
}

#[derive(Serialize)]
struct LoggedIn {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: String,
    refresh_token_expires_in: u64,
    id_token: String,
}

#[derive(Deserialize)]
struct Refresh {
    token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    token: String,
    token_expiration_time_sec: u64,
    refresh_token: String,
    refresh_token_expiration_time_sec: u64,
    session_id: String,
}
