//! Routing queues: the listing that every integration reads first.

use serde::{Deserialize, Serialize};

use super::{Call, Estate, errors, paging::Paging};
use crate::{
    clock::Moment,
    draws::{Draws, Kind},
    forms,
    reply::Reply,
    state::State,
};

/// A routing queue, as the API shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Queue {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    date_created: String,
    member_count: u32,
    self_uri: String,
}

impl Estate {
    pub(crate) fn add_queue(
        &mut self,
        name: String,
        description: Option<String>,
        draws: &mut Draws,
        now: Moment,
    ) -> &Queue {
        let id = draws.id(Kind::Queue);
        let self_uri = format!("{PATH}/{id}");
        self.queues.push(Queue { id, name, description, date_created: now.iso(), member_count: 0, self_uri });
        &self.queues[self.queues.len() - 1]
    }
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Reply {
    let query = forms::parse(&call.received.query);
    let paging = match Paging::read(&query, call.correlation_id) {
        Ok(paging) => paging,
        Err(refused) => return refused,
    };
    let name = query.iter().find(|(given, _)| given == "name").map(|(_, value)| value.as_str());
    let wanted = |queue: &&Queue| name.is_none_or(|name| name_matches(name, &queue.name));
    let queues: Vec<Queue> = state.genesys.queues.iter().filter(wanted).cloned().collect();
    let filter: Vec<(&str, &str)> = name.map(|name| ("name", name)).into_iter().collect();
    Reply::json(200, &paging.listing(&queues, PATH, &filter))
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Reply {
    let new: NewQueue = match call.json() {
        Ok(new) => new,
        Err(refused) => return refused,
    };
    if new.name.trim().is_empty() {
        return errors::bad_request("The queue's name is missing.", call.correlation_id);
    }
    let State { genesys, draws, .. } = state;
    Reply::json(200, genesys.add_queue(new.name, new.description, draws, call.now))
}

pub(crate) fn read(state: &State, id: &str, call: &Call<'_>) -> Reply {
    match state.genesys.queues.iter().find(|queue| queue.id == id) {
        Some(queue) => Reply::json(200, queue),
        None => errors::not_found(call.correlation_id),
    }
}

pub(crate) fn delete(state: &mut State, id: &str, call: &Call<'_>) -> Reply {
    let queues = &mut state.genesys.queues;
    match queues.iter().position(|queue| queue.id == id) {
        Some(index) => {
            queues.remove(index);
            Reply::empty(204)
        }
        None => errors::not_found(call.correlation_id),
    }
}

/// Members of the platform's schema that the emulator has no use for are accepted and forgotten.
#[derive(Deserialize)]
struct NewQueue {
    #[serde(default)]
    name: String,
    description: Option<String>,
}

/// Names are compared without case; `*` stands for any run of characters at either end.
fn name_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

const PATH: &str = "/api/v2/routing/queues";
