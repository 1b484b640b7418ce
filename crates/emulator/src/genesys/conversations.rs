//! Conversations and their participants' attributes: where exactly-once is proved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Call, Estate, errors};
use crate::{
    clock::Moment,
    draws::{Draws, Kind},
    reply::Reply,
    state::State,
};

/// A conversation to be added.
///
/// As JSON: `{"id": ..., "participants": [{"purpose": "customer", "id": ..., "attributes": {}}]}`; ids are drawn
/// unless given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewConversation {
    id: Option<String>,
    participants: Vec<NewParticipant>,
}

impl NewConversation {
    /// A conversation without participants.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fixes the id. A conversation that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// One more participant of this purpose (`customer`, `agent`, `acd`), its id drawn.
    #[must_use]
    pub fn participant(mut self, purpose: impl Into<String>) -> Self {
        self.participants.push(NewParticipant { purpose: purpose.into(), ..NewParticipant::default() });
        self
    }

    /// One more participant of this purpose and id.
    #[must_use]
    pub fn participant_with_id(mut self, purpose: impl Into<String>, id: impl Into<String>) -> Self {
        let participant =
            NewParticipant { purpose: purpose.into(), id: Some(id.into()), ..NewParticipant::default() };
        self.participants.push(participant);
        self
    }
}

/// What an added conversation is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConversationKeys {
    /// Its id.
    pub id: String,
    /// The ids of its participants, in the order they were given.
    pub participants: Vec<String>,
}

/// A conversation, as the API shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conversation {
    id: String,
    start_time: String,
    participants: Vec<Participant>,
    self_uri: String,
    /// How many attribute patches took effect.
    #[serde(skip)]
    pub(crate) patches: u64,
}

impl Conversation {
    pub(crate) fn attributes_of(&self, participant_id: &str) -> Option<&BTreeMap<String, String>> {
        self.participants
            .iter()
            .find(|participant| participant.id == participant_id)
            .map(|found| &found.attributes)
    }
}

impl Estate {
    pub(crate) fn add_conversation(
        &mut self,
        new: NewConversation,
        draws: &mut Draws,
        now: Moment,
    ) -> ConversationKeys {
        let id = new.id.unwrap_or_else(|| draws.id(Kind::Conversation));
        let participants: Vec<Participant> = new
            .participants
            .into_iter()
            .map(|participant| Participant {
                id: participant.id.unwrap_or_else(|| draws.id(Kind::Participant)),
                purpose: participant.purpose,
                attributes: participant.attributes,
            })
            .collect();
        let keys = ConversationKeys {
            id: id.clone(),
            participants: participants.iter().map(|participant| participant.id.clone()).collect(),
        };
        let self_uri = format!("/api/v2/conversations/{id}");
        let conversation =
            Conversation { id: id.clone(), start_time: now.iso(), participants, self_uri, patches: 0 };
        self.conversations.insert(id, conversation);
        keys
    }
}

pub(crate) fn read(state: &State, id: &str, call: &Call<'_>) -> Reply {
    match state.genesys.conversations.get(id) {
        Some(conversation) => Reply::json(200, conversation),
        None => errors::not_found(call.correlation_id),
    }
}

/// Merges attributes into a participant's. The platform accepts (202) rather than answers, with an empty body.
pub(crate) fn patch_attributes(state: &mut State, id: &str, participant_id: &str, call: &Call<'_>) -> Reply {
    let patch: Patch = match call.json() {
        Ok(patch) => patch,
        Err(refused) => return refused,
    };
    let Some(conversation) = state.genesys.conversations.get_mut(id) else {
        return errors::not_found(call.correlation_id);
    };
    let participant =
        conversation.participants.iter_mut().find(|participant| participant.id == participant_id);
    let Some(participant) = participant else {
        return errors::not_found(call.correlation_id);
    };
    participant.attributes.extend(patch.attributes);
    conversation.patches += 1;
    Reply::empty(202)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NewParticipant {
    id: Option<String>,
    purpose: String,
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct Participant {
    id: String,
    purpose: String,
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Patch {
    attributes: BTreeMap<String, String>,
}
