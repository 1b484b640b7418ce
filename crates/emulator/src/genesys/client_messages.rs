//! What the administration of clients is asked, and how it shows one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, clients::CLIENT_CREDENTIALS, errors, permissions, roles::RoleDivision};
use crate::{
    clients::{Client, ClientState},
    reply::Reply,
    settings::GenesysSettings,
    state::{DEFAULT_VALIDITY, State},
};

/// A client, with its secret in the answers that make one.
pub(super) fn shown<'a>(id: &'a str, client: &'a Client, secret: Option<&'a str>) -> View<'a> {
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
pub(super) struct View<'a> {
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
pub(super) struct ClientRequest {
    pub(super) name: Option<String>,
    authorized_grant_type: Option<String>,
    access_token_validity_seconds: Option<u64>,
    #[serde(default)]
    pub(super) role_divisions: Vec<RoleDivision>,
    state: Option<ClientState>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl ClientRequest {
    /// The refusal of a request that makes no sense, or that its caller may not make; `present` is the validity of a
    /// client that is there already.
    pub(super) fn check(&self, state: &State, present: Option<u64>, call: &Call<'_>) -> Result<(), Reply> {
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

    pub(super) fn is_client_credentials(&self) -> bool {
        self.authorized_grant_type.as_deref().map(spelled).as_deref() == Some(CLIENT_CREDENTIALS)
    }

    /// Makes a client as the request has it, whatever it was before.
    pub(super) fn apply(mut self, client: &mut Client, settings: &GenesysSettings, call: &Call<'_>) {
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

pub(super) const PATH: &str = "/api/v2/oauth/clients";
const GRANT_TYPES: [&str; 5] = ["CODE", "TOKEN", "SAML2-BEARER", "PASSWORD", CLIENT_CREDENTIALS];
/// What the platform allows.
const VALIDITIES: std::ops::RangeInclusive<u64> = 300..=172_800;
/// Members of a client that a request does not have; whoever sends them back changes nothing.
const READ_ONLY: [&str; 7] =
    ["id", "secret", "dateCreated", "dateModified", "createdBy", "modifiedBy", "selfUri"];
