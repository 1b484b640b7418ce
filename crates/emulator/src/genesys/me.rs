//! What a token can learn about itself.

use serde::Serialize;

use super::{Call, errors};
use crate::{
    reply::Reply,
    state::{Organization, State},
};

/// `TokenInfo`. Its client stands under `OAuthClient` with a capital O, and the SDKs crash on another spelling.
pub(crate) fn token(state: &State, call: &Call<'_>) -> Reply {
    let token = call.received.authorization("bearer").and_then(|value| state.tokens.find(value));
    let Some((token, client)) = token.and_then(|token| Some((token, state.clients.get(&token.client_id)?)))
    else {
        return errors::bad_credentials(call.correlation_id);
    };
    let organization = Reference::of(&state.organization);
    Reply::json(
        200,
        &TokenInfo {
            organization,
            home_organization: organization,
            authorized_scope: [],
            oauth_client: ClientInfo { id: &token.client_id, name: &client.name, organization },
        },
    )
}

pub(crate) fn organization(state: &State) -> Reply {
    Reply::json(200, &Reference::of(&state.organization))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenInfo<'a> {
    organization: Reference<'a>,
    home_organization: Reference<'a>,
    /// Empty: scopes mean nothing for client credentials, whose rights are roles.
    authorized_scope: [(); 0],
    #[serde(rename = "OAuthClient")]
    oauth_client: ClientInfo<'a>,
}

#[derive(Serialize)]
struct ClientInfo<'a> {
    id: &'a str,
    name: &'a str,
    organization: Reference<'a>,
}

#[derive(Clone, Copy, Serialize)]
struct Reference<'a> {
    id: &'a str,
    name: &'a str,
}

impl<'a> Reference<'a> {
    fn of(organization: &'a Organization) -> Self {
        Self { id: &organization.id, name: &organization.name }
    }
}
