//! Integration credentials: copies of clients' secrets that the platform itself keeps, such as those of data actions.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Estate, errors};
use crate::{
    clients::Masked,
    clock::Moment,
    draws::{Draws, Kind},
    reply::Reply,
    state::State,
    world::World,
};

/// A credential to be added.
///
/// As JSON: `{"name": "data actions", "id": ..., "type": "pureCloudOAuthClient", "fields": {"clientId": ...}}`; only
/// the name is required.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIntegrationCredential {
    name: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default = "usual_type", rename = "type")]
    kind: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

impl NewIntegrationCredential {
    /// A credential of the type `pureCloudOAuthClient` without fields; its id is drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), id: None, kind: usual_type(), fields: BTreeMap::new() }
    }

    /// Fixes the id. A credential that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Another type, such as `basicAuth`.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = kind.into();
        self
    }

    /// One more field, such as `clientSecret`.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }
}

impl fmt::Debug for NewIntegrationCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewIntegrationCredential")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("fields", &Masked)
            .finish()
    }
}

/// A credential.
pub(crate) struct IntegrationCredential {
    name: String,
    kind: String,
    fields: BTreeMap<String, String>,
    created: Moment,
    modified: Moment,
}

impl fmt::Debug for IntegrationCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationCredential")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Adds an integration credential to Genesys Cloud; its id.
    pub fn add_integration_credential(&self, credential: NewIntegrationCredential) -> String {
        let (now, mut state) = (self.now(), self.state());
        let State { genesys, draws, .. } = &mut *state;
        genesys.add_credential(credential, draws, now)
    }

    /// The fields of an integration credential, in the clear; empty if there is no such credential.
    pub fn integration_credential(&self, id: &str) -> BTreeMap<String, String> {
        let state = self.state();
        state.genesys.credentials.get(id).map(|credential| credential.fields.clone()).unwrap_or_default()
    }
}

impl Estate {
    fn add_credential(&mut self, new: NewIntegrationCredential, draws: &mut Draws, now: Moment) -> String {
        let id = new.id.unwrap_or_else(|| draws.id(Kind::IntegrationCredential));
        let credential = IntegrationCredential {
            name: new.name,
            kind: new.kind,
            fields: new.fields,
            created: now,
            modified: now,
        };
        self.credentials.insert(id.clone(), credential);
        id
    }
}

pub(super) fn read(state: &State, id: &str, call: &Call<'_>) -> Reply {
    match state.genesys.credentials.get(id) {
        Some(credential) => Reply::json(200, &shown(id, credential)),
        None => errors::not_found(call.correlation_id),
    }
}

/// A full replacement.
pub(super) fn replace(state: &mut State, id: &str, call: &Call<'_>) -> Reply {
    let new: Replacement = match call.json() {
        Ok(new) => new,
        Err(refused) => return refused,
    };
    let Some(credential) = state.genesys.credentials.get_mut(id) else {
        return errors::not_found(call.correlation_id);
    };
    credential.name = new.name;
    credential.kind = new.kind.name;
    credential.fields = new.credential_fields;
    credential.modified = call.now;
    Reply::json(200, &shown(id, credential))
}

/// A credential as the API shows it: never its fields.
fn shown(id: &str, credential: &IntegrationCredential) -> Value {
    json!({
        "id": id,
        "name": credential.name,
        "createdDate": credential.created.iso(),
        "modifiedDate": credential.modified.iso(),
        "type": { "id": credential.kind, "name": credential.kind },
        "selfUri": format!("/api/v2/integrations/credentials/{id}"),
    })
}

fn usual_type() -> String {
    "pureCloudOAuthClient".to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    name: String,
    #[serde(rename = "type")]
    kind: CredentialType,
    credential_fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct CredentialType {
    name: String,
}
