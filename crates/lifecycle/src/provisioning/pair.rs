//! Two clients that take turns: which of them serves, which is idle, and what each is called.

use hallpass_core::{ClientSeen, SlotId};

use super::mark::Mark;
use super::seen::{Owner, Seen};
use super::wanted::Wanted;

/// The part that a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its secret is the stored one, or is to be.
    Serves,
    /// It waits, off, for the next rotation.
    Idle,
}

/// Which part `client` has: whoever does not serve while another one does is idle.
pub(super) fn part(seen: &Seen, client: &ClientSeen) -> Part {
    match seen.serving() {
        Some(serving) if serving.id != client.id => Part::Idle,
        _ => Part::Serves,
    }
}

/// The idle one of two; none where none is wanted, or where it is still to be made. Of several that carry our mark it is the one that a rotation works with,
/// then the one that was the idle one before.
pub(super) fn idle<'a>(wanted: &Wanted, seen: &'a Seen) -> Option<&'a ClientSeen> {
    let serving = seen.serving().filter(|_| wanted.pair)?;
    let pending = seen.pending.as_ref().and_then(|held| held.client.as_ref());
    let noted = |id: &SlotId| seen.noted().is_some_and(|noted| noted.clients.contains(id));
    let ours = seen
        .clients
        .values()
        .filter(|client| client.id != serving.id && matches!(seen.owner(client, wanted), Owner::Ours(_)));
    ours.min_by_key(|client| (pending != Some(&client.id), !noted(&client.id), &client.id))
}

/// What `client` is to be called: each of two has one of the two names, and keeps it when they take turns.
pub(super) fn name(wanted: &Wanted, seen: &Seen, client: &ClientSeen) -> String {
    match part(seen, client) {
        Part::Serves if wanted.pair => serving_name(wanted, client, idle(wanted, seen)),
        Part::Serves => wanted.name.clone(),
        Part::Idle => idle_name(wanted, seen),
    }
}

/// What the idle one is to be called, whether or not it is there yet.
pub(super) fn idle_name(wanted: &Wanted, seen: &Seen) -> String {
    let serving = seen.serving().map(|serving| serving_name(wanted, serving, idle(wanted, seen)));
    if serving.as_deref() == Some(wanted.second_name().as_str()) {
        wanted.name.clone()
    } else {
        wanted.second_name()
    }
}

fn serving_name(wanted: &Wanted, serving: &ClientSeen, idle: Option<&ClientSeen>) -> String {
    if wanted.names().contains(&serving.name) {
        serving.name.clone()
    } else if idle.is_some_and(|idle| idle.name == wanted.name) {
        wanted.second_name()
    } else {
        wanted.name.clone()
    }
}

/// Whether a client or a role that is there came of the creation with this nonce: then nothing of it is to be waited for.
pub(super) fn came_of(seen: &Seen, nonce: &str) -> bool {
    let clients = seen.clients.values().map(|client| &client.description);
    let roles = seen.roles.values().map(|role| &role.description);
    clients.chain(roles).any(|text| Mark::read(text).is_some_and(|mark| mark.nonce == nonce))
}
