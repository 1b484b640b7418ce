//! What an emulated world holds for a first call.

use hallpass_emulator::{NewConversation, World};
use serde::Serialize;

/// What there is to change.
#[derive(Debug)]
pub(crate) struct Furniture {
    /// At Genesys Cloud.
    pub(crate) conversation: Conversation,
    /// At CXone, completed.
    pub(crate) contacts: Vec<Contact>,
}

/// Gives an empty world what a first call may ask for, and a first PATCH or POST may change.
pub(crate) fn furnish(world: &World) -> Furniture {
    for queue in ["Billing", "Sales", "Support"] {
        world.add_queue(queue);
    }
    let keys = world.add_conversation(NewConversation::new().participant("customer"));
    let participant = keys.participants.first().map_or("", String::as_str);
    let attributes_path = format!("/api/v2/conversations/{}/participants/{participant}/attributes", keys.id);
    let conversation = Conversation { id: keys.id, attributes_path };
    let contacts = world.add_contacts(CONTACTS).into_iter().map(Contact::of).collect();
    Furniture { conversation, contacts }
}

/// As few as fit one page.
const CONTACTS: u64 = 3;

/// A conversation with one participant.
#[derive(Debug, Serialize)]
pub(crate) struct Conversation {
    /// Its id.
    pub(crate) id: String,
    /// Where the participant's attributes are.
    pub(crate) attributes_path: String,
}

/// A completed contact.
#[derive(Debug, Serialize)]
pub(crate) struct Contact {
    /// Its id.
    pub(crate) id: u64,
    /// Where it is tagged.
    pub(crate) tags_path: String,
}

impl Contact {
    fn of(id: u64) -> Self {
        Self { id, tags_path: format!("/inContactAPI/services/v31.0/contacts/{id}/tags") }
    }
}
