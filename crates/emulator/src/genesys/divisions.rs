//! Divisions: where a role holds.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, paging::Paging};
use crate::{draws::Kind, forms, reply::Reply, state::State, world::World};

/// A division to be added.
///
/// As JSON: `{"name": "Sales", "id": ...}`; only the name is required.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDivision {
    name: String,
    #[serde(default)]
    id: Option<String>,
}

impl NewDivision {
    /// A division of this name; its id is drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), id: None }
    }

    /// Fixes the id.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl World {
    /// Adds a division to Genesys Cloud; its id.
    pub fn add_division(&self, new: NewDivision) -> String {
        let mut state = self.state();
        let State { genesys, draws, .. } = &mut *state;
        let id = new.id.unwrap_or_else(|| draws.id(Kind::Division));
        genesys.divisions.insert(id.clone(), new.name);
        id
    }
}

/// Needs no permission.
pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    let paging = match Paging::read(&forms::parse(&call.received.query), call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let shown = |(id, name): (&String, &String)| json!({ "id": id, "name": name, "homeDivision": false, "selfUri": format!("{PATH}/{id}") });
    let divisions: Vec<Value> = state.genesys.divisions.iter().map(shown).collect();
    Reply::json(200, &paging.listing(&divisions, PATH, &[]))
}

const PATH: &str = "/api/v2/authorization/divisions";
