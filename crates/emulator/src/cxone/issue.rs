//! Issuing: an access token, an id token, and what renews them.

use std::time::Duration;

use serde::Serialize;

use super::{Origins, estate::Refresh, settings::CxoneSettings, signing};
use crate::{clock::Moment, draws::Kind, state::State};

/// What a token is issued for.
#[derive(Clone, Debug)]
pub(super) struct Occasion<'a> {
    /// The access key, or the guide's client.
    pub(super) holder_id: &'a str,
    /// The application; `None` at UserHub.
    pub(super) client_id: Option<&'a str>,
    /// The session that goes on; `None` begins one, which counts as a mint.
    pub(super) session_id: Option<String>,
}

/// Tokens fresh from the press, on their way to whoever asked.
pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) id_token: String,
    pub(super) refresh_token: String,
    pub(super) session_id: String,
    pub(super) expires_in: u64,
}

/// Issues tokens and has the witness count them; `None` if there is no such key or client.
pub(super) fn issue(
    state: &mut State,
    settings: &CxoneSettings,
    origins: &Origins,
    occasion: Occasion<'_>,
    now: Moment,
) -> Option<Issued> {
    let Occasion { holder_id, client_id, session_id } = occasion;
    let State { cxone, draws, journal, .. } = state;
    let (tenant_id, user_id, name, expires_in) =
        match (cxone.keys.get(holder_id), cxone.clients.get(holder_id)) {
            (Some(key), _) => (&key.tenant_id, key.user_id.as_str(), &key.name, key.validity_seconds),
            (None, client) => {
                client.map(|client| (&cxone.home, holder_id, &client.name, client.validity_seconds))?
            }
        };
    let tenant = cxone.tenants.get(tenant_id)?;
    let iat = now.unix_seconds();
    let mut claims = Claims {
        iss: issuer(settings, origins),
        aud: client_id.unwrap_or(USERHUB_AUDIENCE),
        sub: format!("user:{user_id}"),
        iat,
        exp: iat + expires_in,
        jti: draws.id(Kind::TokenId),
        tenant_id,
        tenant: &tenant.name,
        area: &tenant.area,
        user_id,
        business_unit: tenant.business_unit,
        cluster: &tenant.cluster,
        name,
    };
    let access_token = signing::signed(&claims);
    claims.jti = draws.id(Kind::TokenId);
    let id_token = signing::signed(&claims);
    let refreshed = session_id.is_some();
    let session_id = session_id.unwrap_or_else(|| draws.id(Kind::Session));
    let refresh_token = draws.refresh_token();
    let key = cxone.keys.get_mut(holder_id);
    if let Some(key) = key {
        key.used(now);
    }
    let number = if refreshed { journal.refreshed(holder_id) } else { journal.minted(holder_id) };
    cxone.tokens.book(access_token.clone(), number, holder_id, now, expires_in);
    let refresh = Refresh {
        holder_id: holder_id.to_owned(),
        client_id: client_id.map(str::to_owned),
        session_id: session_id.clone(),
        expires: now + Duration::from_secs(settings.refresh_seconds),
    };
    cxone.refreshes.0.insert(refresh_token.clone(), refresh);
    Some(Issued { access_token, id_token, refresh_token, session_id, expires_in })
}

/// What a token says of itself: the claims that clients of the real platform are seen to read, and an id of its own,
/// so that no two tokens of one second are the same.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    iss: String,
    aud: &'a str,
    sub: String,
    iat: u64,
    exp: u64,
    jti: String,
    tenant_id: &'a str,
    tenant: &'a str,
    area: &'a str,
    user_id: &'a str,
    #[serde(rename = "icBUId")]
    business_unit: u64,
    #[serde(rename = "icClusterId")]
    cluster: &'a str,
    name: &'a str,
}

/// Who issues: the identity host, unless the settings say otherwise.
pub(super) fn issuer(settings: &CxoneSettings, origins: &Origins) -> String {
    settings.discovery.issuer.clone().unwrap_or_else(|| origins.identity.clone())
}

/// A login at UserHub has no application.
const USERHUB_AUDIENCE: &str = "userhub";
