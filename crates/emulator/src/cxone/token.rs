//! The identity host's token endpoint: an access key, vouched for by an application, against tokens; and the guide's.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::{
    Call, errors,
    issue::{Issued, Occasion, issue},
};
use crate::{clock::Moment, forms, received::Received, reply::Reply, state::State, witness::Platform};

/// Answers `POST /auth/token`.
pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Reply {
    let form = forms::parse_bytes(&call.received.body);
    match grant(state, call, &form) {
        Ok(issued) => Reply::json(200, &Granted::of(issued)),
        Err(refused) => {
            let id = named(state, &form);
            refused.reply(state, call, id.as_deref())
        }
    }
}

/// Answers `POST /oauth2/token`, which no real host does.
pub(super) fn answer_guide(state: &mut State, call: &Call<'_>) -> Reply {
    let form = forms::parse_bytes(&call.received.body);
    match grant_guide(state, call, &form) {
        Ok(granted) => Reply::json(200, &granted),
        Err(refused) => {
            let id = named_client(state, &form);
            refused.reply(state, call, id.as_deref())
        }
    }
}

/// The access key that a token request names, by id or by a refresh token of it.
pub(super) fn named(state: &State, form: &[(String, String)]) -> Option<String> {
    if let Some(refresh) = forms::only(form, "refresh_token") {
        return state.cxone.refreshes.0.get(refresh).map(|refresh| refresh.holder_id.clone());
    }
    let username = forms::only(form, "username")?;
    state.cxone.keys.contains_key(username).then(|| username.to_owned())
}

/// The guide's client that a token request names.
pub(super) fn named_client(state: &State, form: &[(String, String)]) -> Option<String> {
    let id = forms::only(form, "client_id")?;
    state.cxone.clients.contains_key(id).then(|| id.to_owned())
}

fn grant(state: &mut State, call: &Call<'_>, form: &[(String, String)]) -> Result<Issued, Refused> {
    if call.received.content_type() != "application/x-www-form-urlencoded" {
        return Err(Refused::Malformed("the content type must be application/x-www-form-urlencoded"));
    }
    match forms::only(form, "grant_type") {
        Some("password") => by_access_key(state, call, form),
        Some("refresh_token") => by_refresh_token(state, call, form),
        Some(_) => Err(Refused::UnsupportedGrant),
        None => Err(Refused::Malformed("grant_type must be given once")),
    }
}

fn by_access_key(state: &mut State, call: &Call<'_>, form: &[(String, String)]) -> Result<Issued, Refused> {
    let client_id = client(state, call.received, form, call.now)?;
    let username = forms::only(form, "username").ok_or(Refused::Malformed("username must be given once"))?;
    let password = forms::only(form, "password").ok_or(Refused::Malformed("password must be given once"))?;
    check_access_key(state, call, username, password)?;
    let occasion = Occasion { holder_id: username, client_id: Some(&client_id), session_id: None };
    issue(state, call.settings, call.origins, occasion, call.now).ok_or(Refused::WrongKey)
}

/// Whether an access key may log in now. An inactive one is refused as a wrong one is.
pub(super) fn check_access_key(
    state: &mut State,
    call: &Call<'_>,
    id: &str,
    secret: &str,
) -> Result<(), Refused> {
    throttle(state, call, id)?;
    let right = state.cxone.keys.get(id).is_some_and(|key| key.secret.accepts(secret, call.now));
    if right && state.cxone.may_mint(id, call.now) { Ok(()) } else { Err(Refused::WrongKey) }
}

/// Counts a token request; before the secret is looked at, so that guessing is throttled, too.
pub(super) fn throttle(state: &mut State, call: &Call<'_>, id: &str) -> Result<(), Refused> {
    let window = match (state.cxone.keys.get_mut(id), state.cxone.clients.get_mut(id)) {
        (Some(key), _) => &mut key.token_window,
        (None, Some(client)) => &mut client.token_window,
        (None, None) => return Ok(()),
    };
    let counted = call.settings.token_limit.map(|limit| window.count(limit, call.now));
    counted.transpose().map(drop).map_err(Refused::Throttled)
}

/// The refresh token is used up, and the session goes on under a new one. An application without a secret in the
/// request is taken at its word, as public ones have none; a secret that is given must be right.
fn by_refresh_token(
    state: &mut State,
    call: &Call<'_>,
    form: &[(String, String)],
) -> Result<Issued, Refused> {
    let value = forms::only(form, "refresh_token").unwrap_or_default();
    let secret_given = basic(call.received).is_some() || forms::only(form, "client_secret").is_some();
    let client_id = match forms::only(form, "client_id") {
        Some(client_id) if !secret_given => client_id.to_owned(),
        _ => client(state, call.received, form, call.now)?,
    };
    let refresh = state.cxone.refreshes.0.get(value).cloned();
    let refresh = refresh.filter(|refresh| refresh.client_id.as_ref() == Some(&client_id));
    let refresh = refresh.ok_or(Refused::WrongRefresh)?;
    throttle(state, call, &refresh.holder_id)?;
    if call.now >= refresh.expires || !state.cxone.may_mint(&refresh.holder_id, call.now) {
        return Err(Refused::WrongRefresh);
    }
    let occasion = Occasion {
        holder_id: &refresh.holder_id,
        client_id: Some(&client_id),
        session_id: Some(refresh.session_id.clone()),
    };
    let issued = issue(state, call.settings, call.origins, occasion, call.now);
    state.cxone.refreshes.0.remove(value);
    issued.ok_or(Refused::WrongRefresh)
}

/// The active application that a request proves to be: by Basic, or else by the form.
fn client(
    state: &State,
    received: &Received,
    form: &[(String, String)],
    now: Moment,
) -> Result<String, Refused> {
    let in_form = || Some((forms::only(form, "client_id")?, forms::only(form, "client_secret")?));
    let given = basic(received)
        .or_else(|| in_form().map(|(id, secret)| (id.to_owned(), secret.to_owned())))
        .ok_or(Refused::WrongClient)?;
    // Some clients percent-encode both before base64, as RFC 6749 has it, and others do not.
    let decoded = (forms::decoded(&given.0), forms::decoded(&given.1));
    let known = [given, decoded].into_iter().find(|(id, secret)| {
        let application = state.cxone.applications.get(id);
        application.is_some_and(|application| {
            application.secret.accepts(secret, now) && application.standing.may_mint(now)
        })
    });
    known.map(|(id, _)| id).ok_or(Refused::WrongClient)
}

fn basic(received: &Received) -> Option<(String, String)> {
    let decoded = STANDARD.decode(received.authorization("basic")?).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn grant_guide(
    state: &mut State,
    call: &Call<'_>,
    form: &[(String, String)],
) -> Result<GuideGranted, Refused> {
    if call.received.content_type() != "application/x-www-form-urlencoded" {
        return Err(Refused::Malformed("the content type must be application/x-www-form-urlencoded"));
    }
    let id = forms::only(form, "client_id").ok_or(Refused::WrongClient)?;
    throttle(state, call, id)?;
    let secret = forms::only(form, "client_secret").ok_or(Refused::WrongClient)?;
    let client = state.cxone.clients.get(id).filter(|client| client.admits(secret, call.now));
    let client = client.ok_or(Refused::WrongClient)?;
    match forms::only(form, "grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(Refused::UnsupportedGrant),
        None => return Err(Refused::Malformed("grant_type must be given once")),
    }
    let scope = client.granted(forms::only(form, "scope"), &call.settings.guide_scope).to_owned();
    let occasion = Occasion { holder_id: id, client_id: Some(id), session_id: None };
    let issued = issue(state, call.settings, call.origins, occasion, call.now).ok_or(Refused::WrongClient)?;
    Ok(GuideGranted {
        access_token: issued.access_token,
        token_type: "Bearer",
        expires_in: issued.expires_in,
        scope,
    })
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Refused {
    Throttled(u64),
    WrongClient,
    WrongKey,
    WrongRefresh,
    UnsupportedGrant,
    Malformed(&'static str),
}

impl Refused {
    fn reply(&self, state: &mut State, call: &Call<'_>, id: Option<&str>) -> Reply {
        self.count(state, id, call.now);
        let settings = call.settings;
        let (status, error, description) = match self {
            Self::Throttled(seconds) => return call.throttled(*seconds),
            Self::WrongClient => {
                (settings.invalid_client_status, "invalid_client", "Client authentication failed.")
            }
            Self::WrongKey => {
                (settings.invalid_grant_status, "invalid_grant", "The access key is not valid.")
            }
            Self::WrongRefresh => {
                (settings.invalid_grant_status, "invalid_grant", "The refresh token is not valid.")
            }
            Self::UnsupportedGrant => (400, "unsupported_grant_type", "The grant type is not supported."),
            Self::Malformed(what) => (400, "invalid_request", *what),
        };
        errors::oauth(settings, status, error, description)
    }

    pub(super) fn count(&self, state: &mut State, id: Option<&str>, now: Moment) {
        if matches!(self, Self::WrongClient | Self::WrongKey) {
            state.journal.secret_refused(Platform::Cxone, id, now);
        }
        match self {
            Self::Throttled(_) => state.journal.throttled(id),
            _ => state.journal.refused(id),
        }
    }
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: String,
    id_token: String,
}

impl Granted {
    fn of(issued: Issued) -> Self {
        let Issued { access_token, refresh_token, id_token, expires_in, .. } = issued;
        Self { access_token, token_type: "Bearer", expires_in, refresh_token, id_token }
    }
}

#[derive(Serialize)]
struct GuideGranted {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
}
