//! The handle by which a test (or the control door) sets the emulated world up, moves it and asks about it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    clients::{ClientKeys, ClientState, NewClient},
    clock::{Clock, Moment},
    genesys::conversations::{ConversationKeys, NewConversation},
    misbehave::Misbehaviour,
    settings::Settings,
    standing::HeldSecret,
    state::State,
    witness::WitnessReport,
};

/// The emulated world; a cheap handle, and every clone is the same world.
///
/// Calls about something that is not there (an unknown client, say) change nothing.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        let state = Mutex::new(State::new(&settings));
        Self(Arc::new(Inner { clock: Clock::new(settings.clock), state, settings }))
    }

    /// Registers a client of Genesys Cloud.
    pub fn add_client(&self, client: NewClient) -> ClientKeys {
        let now = self.now();
        self.state().add_client(client, now)
    }

    /// Replaces the secret of a client, an access key or an application. The old one is dead at once; tokens minted
    /// with it live on.
    pub fn set_secret(&self, id: &str, secret: &str) {
        let mut state = self.state();
        state.cxone.set_secret(id, secret);
        if let Some(client) = state.clients.get_mut(id) {
            client.secret = HeldSecret::new(secret.to_owned());
        }
    }

    /// Moves a client, an access key or an application to another state.
    pub fn set_state(&self, id: &str, to: ClientState) {
        let mut state = self.state();
        state.cxone.set_state(id, to);
        if let Some(client) = state.clients.get_mut(id) {
            client.standing.set(to);
        }
    }

    /// Removes a client, an access key or an application; its tokens are dead from now on, and the witness keeps
    /// what it saw.
    pub fn remove_client(&self, id: &str) {
        let now = self.now();
        let mut state = self.state();
        state.clients.remove(id);
        // A client added under the same id later must not inherit them.
        state.tokens.revoke_all(id, now);
        state.cxone.remove(id, now);
    }

    /// Ends every live token of a client or an access key, refresh tokens included, and says how many access tokens
    /// that were. Calls that carry one of them meet 401.
    pub fn revoke_tokens(&self, id: &str) -> usize {
        let now = self.now();
        let mut state = self.state();
        state.tokens.revoke_all(id, now) + state.cxone.revoke_all(id, now)
    }

    /// Moves the emulator's clock on. Delays that end by then end now.
    pub fn advance(&self, by: Duration) {
        self.0.clock.advance(by);
    }

    /// What time it is on the emulator's clock, in seconds since 1970.
    pub fn unix_seconds(&self) -> u64 {
        self.now().unix_seconds()
    }

    /// Adds a rule behind those that are in force.
    pub fn misbehave(&self, rule: Misbehaviour) {
        self.state().script.add(rule);
    }

    /// Adds a routing queue; its id.
    pub fn add_queue(&self, name: impl Into<String>) -> String {
        let (now, mut state) = (self.now(), self.state());
        let State { genesys, draws, .. } = &mut *state;
        genesys.add_queue(name.into(), None, draws, now).id.clone()
    }

    /// Adds a conversation; its id and those of its participants.
    pub fn add_conversation(&self, conversation: NewConversation) -> ConversationKeys {
        let (now, mut state) = (self.now(), self.state());
        let State { genesys, draws, .. } = &mut *state;
        genesys.add_conversation(conversation, draws, now)
    }

    /// The attributes of a participant; empty if there is no such participant.
    pub fn attributes_of(&self, conversation_id: &str, participant_id: &str) -> BTreeMap<String, String> {
        let state = self.state();
        let conversation = state.genesys.conversations.get(conversation_id);
        let attributes = conversation.and_then(|conversation| conversation.attributes_of(participant_id));
        attributes.cloned().unwrap_or_default()
    }

    /// How many attribute patches took effect on a conversation: 1 is exactly once.
    pub fn patches_of(&self, conversation_id: &str) -> u64 {
        self.state().genesys.conversations.get(conversation_id).map_or(0, |conversation| conversation.patches)
    }

    /// What was seen so far.
    pub fn witness(&self) -> WitnessReport {
        self.state().journal.report()
    }

    pub(crate) fn knows_client(&self, client_id: &str) -> bool {
        let state = self.state();
        state.clients.contains_key(client_id) || state.cxone.knows(client_id)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.clock.now()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug of the emulator; the state it leaves is still the best witness there is.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now()).finish_non_exhaustive()
    }
}
