//! The token endpoint: client credentials against a bearer token.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

use crate::{
    clock::Moment, forms, received::Received, reply::Reply, settings::GenesysSettings, state::State,
    witness::Platform,
};

/// Answers a token request.
pub(crate) fn answer(
    state: &mut State,
    settings: &GenesysSettings,
    received: &Received,
    guide: bool,
    now: Moment,
) -> Reply {
    if received.method != "POST" {
        return refusal(405, "invalid_request", "method not allowed").with("allow", "POST");
    }
    let credentials = Credentials::read(received, settings, guide);
    let client_id = credentials.as_ref().map(|named| named.client_id.clone());
    match grant(state, settings, received, credentials, guide, now) {
        Ok(reply) => reply,
        Err(Refused::Throttled) => {
            state.journal.throttled(client_id.as_deref());
            throttled()
        }
        Err(refused) => {
            state.journal.refused(client_id.as_deref());
            if matches!(refused, Refused::WrongSecret | Refused::UnknownClient) {
                state.journal.secret_refused(Platform::Genesys, client_id.as_deref(), now);
            }
            refused.reply(settings)
        }
    }
}

/// The throttle's answer: 400, not 429, told from other bad requests by its description only.
pub(crate) fn throttled() -> Reply {
    refusal(400, "invalid_request", "rate limit exceeded; too many token requests for this client")
}

/// Who a token request says it is.
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    secret: String,
}

impl Credentials {
    /// From the `Authorization` header, raw, as every official client sends them (RFC 6749 would percent-encode
    /// before base64; the platform does not decode). From the form only where that is switched on.
    pub(crate) fn read(received: &Received, settings: &GenesysSettings, guide: bool) -> Option<Self> {
        Self::basic(received).or_else(|| {
            let form = (settings.allow_form || guide).then(|| forms::parse_bytes(&received.body))?;
            let client_id = forms::only(&form, "client_id")?.to_owned();
            Some(Self { client_id, secret: forms::only(&form, "client_secret")?.to_owned() })
        })
    }

    fn basic(received: &Received) -> Option<Self> {
        let decoded = STANDARD.decode(received.authorization("basic")?).ok()?;
        let (client_id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self { client_id: client_id.to_owned(), secret: secret.to_owned() })
    }
}

/// Why there is no token.
enum Refused {
    Throttled,
    UnknownClient,
    WrongSecret,
    UnsupportedGrant,
    Malformed(&'static str),
}

impl Refused {
    fn reply(&self, settings: &GenesysSettings) -> Reply {
        match self {
            Self::Throttled => throttled(),
            Self::UnknownClient => {
                refusal(settings.unknown_client_status, "invalid_client", "client not found")
            }
            Self::WrongSecret => {
                refusal(settings.wrong_secret_status, "invalid_client", "authentication failed")
            }
            Self::UnsupportedGrant => {
                refusal(400, "unsupported_grant_type", "the grant type is not supported")
            }
            Self::Malformed(what) => refusal(400, "invalid_request", what),
        }
    }
}

fn grant(
    state: &mut State,
    settings: &GenesysSettings,
    received: &Received,
    credentials: Option<Credentials>,
    guide: bool,
    now: Moment,
) -> Result<Reply, Refused> {
    // A request without credentials names no client, so none is found.
    let Credentials { client_id, secret } = credentials.ok_or(Refused::UnknownClient)?;
    let client = state.clients.get_mut(&client_id).ok_or(Refused::UnknownClient)?;
    if let Some(limit) = settings.token_limit {
        // Before the secret is looked at: guessing is throttled, too.
        client.token_window.count(limit, now).map_err(|_| Refused::Throttled)?;
    }
    if !client.admits(&secret, now) {
        return Err(Refused::WrongSecret);
    }
    if received.content_type() != "application/x-www-form-urlencoded" {
        return Err(Refused::Malformed("the content type must be application/x-www-form-urlencoded"));
    }
    let form = forms::parse_bytes(&received.body);
    match forms::only(&form, "grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(Refused::UnsupportedGrant),
        None => return Err(Refused::Malformed("grant_type must be given once")),
    }
    let scope = guide.then(|| client.granted(forms::only(&form, "scope"), &settings.guide_scope).to_owned());
    let minted = state.mint(&client_id, now).ok_or(Refused::UnknownClient)?;
    let (access_token, expires_in) = (minted.access_token, minted.expires_in);
    Ok(Reply::json(200, &Granted { access_token, token_type: "bearer", expires_in, scope }))
}

/// Never a refresh token: this grant has none.
#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    /// On the guide's path only: on the real one, rights are roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

fn refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &Refusal { error, description, error_description: description })
}

/// The login host's error body: three strings, the last two alike.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    description: &'a str,
    error_description: &'a str,
}
