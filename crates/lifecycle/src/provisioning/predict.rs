//! The world as it would be once an effect succeeded: what a plan is made from.

use std::collections::BTreeSet;

use hallpass_core::{ClientDraft, ClientSeen, LastUsed, RoleSeen, SlotId, Version};

use super::decide::Me;
use super::document::{Document, Made, SCHEMA};
use super::effect::{Change, Effect};
use super::own_role::chosen;
use super::pair::{idle, idle_name};
use super::seen::{Held, Seen};
use super::wanted::Wanted;
use crate::rotation::Lease;

/// What would be seen after `effect`. What the platform would draw stands in as `(new)`.
#[must_use]
pub fn predict(effect: &Effect, wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Seen {
    let (wanted, mut seen) = (&*wanted.given(seen), seen.clone());
    match effect {
        Effect::Write(change) => {
            let before = seen.noted().cloned();
            let document = moved(change, before, wanted, &seen, me);
            if let Change::Announce(open) = change {
                seen.unsent = Some(open.nonce.clone());
            }
            seen.document = Some((Version::new(UNKNOWN), document));
        }
        Effect::Ask(id) => {
            seen.asked.insert(id.clone());
        }
        Effect::CreateRole
        | Effect::UpdateRole { .. }
        | Effect::HoldRole(_)
        | Effect::AskRole(_)
        | Effect::DeleteRole(_) => predict_role(effect, wanted, &mut seen),
        Effect::Create => {
            let id = SlotId::new(UNKNOWN);
            let nonce = seen.unsent.take().unwrap_or_default();
            let draft = wanted.draft(&wanted.name, Some(wanted.mark(&nonce).to_string()), Some(true));
            seen.clients.insert(id.clone(), made(id.clone(), &draft));
            seen.in_hand = Some(id);
        }
        Effect::CreateIdle => {
            let id = SlotId::new(UNKNOWN_SECOND);
            let nonce = seen.unsent.take().unwrap_or_default();
            let name = idle_name(wanted, &seen);
            let draft = wanted.draft(&name, Some(wanted.mark(&nonce).to_string()), Some(false));
            seen.clients.insert(id.clone(), made(id, &draft));
        }
        Effect::Reset(id) => seen.in_hand = Some(id.clone()),
        Effect::Store(id) => {
            seen.in_hand = None;
            seen.pending = Some(Held { version: Version::new(UNKNOWN), client: Some(id.clone()) });
        }
        Effect::Promote { .. } => {
            seen.previous = seen.current.take().map(|held| held.version);
            seen.current = seen.pending.take();
        }
        Effect::Update { id, draft, .. } => {
            if let Some(client) = seen.clients.get_mut(id) {
                change(client, draft);
            }
        }
        Effect::Deactivate(id) => {
            if let Some(client) = seen.clients.get_mut(id) {
                client.active = false;
            }
        }
        Effect::Delete(id) => {
            seen.clients.remove(id);
        }
        Effect::Bury => {
            seen.previous = seen.current.take().map(|held| held.version);
            seen.pending = None;
            seen.current = Some(Held { version: Version::new(UNKNOWN), client: None });
        }
        Effect::Forget(version) => {
            seen.pending = seen.pending.filter(|held| held.version != *version);
            seen.previous = seen.previous.filter(|held| held != version);
        }
    }
    seen
}

fn predict_role(effect: &Effect, wanted: &Wanted, seen: &mut Seen) {
    match effect {
        Effect::AskRole(id) => {
            seen.holders.insert(id.clone(), None);
        }
        Effect::CreateRole => {
            let nonce = seen.unsent.take().unwrap_or_default();
            let draft = wanted.role_draft(&nonce);
            let role = RoleSeen {
                id: UNKNOWN_ROLE.to_owned(),
                name: draft.name,
                description: draft.description.unwrap_or_default(),
                permissions: draft.permissions,
            };
            seen.roles.insert(role.id.clone(), role);
        }
        Effect::UpdateRole { id, draft, .. } => {
            if let Some(role) = seen.roles.get_mut(id) {
                role.name.clone_from(&draft.name);
                role.permissions.clone_from(&draft.permissions);
                if let Some(description) = &draft.description {
                    role.description.clone_from(description);
                }
            }
        }
        Effect::HoldRole(grants) => seen.own.get_or_insert_default().extend(grants.iter().cloned()),
        Effect::DeleteRole(id) => {
            seen.roles.remove(id);
        }
        _ => {}
    }
}

/// The document after a change. What really is written is this, so that a plan cannot differ from it.
pub(super) fn moved(
    change: &Change,
    before: Option<Document>,
    wanted: &Wanted,
    seen: &Seen,
    me: Me<'_>,
) -> Document {
    let fresh = || Document::new(wanted.integration.clone(), wanted.environment.clone());
    let mut document = before.unwrap_or_else(fresh);
    let role = chosen(wanted, seen).map(|role| role.id.clone());
    // Also with an announcement: it takes the place of the one that told of the role.
    document.role = if *change == Change::Close { role } else { role.or(document.role) };
    match change {
        Change::Take => {
            let term = document.lease.as_ref().map_or(1, |lease| lease.term + 1);
            let until = me.now.after(LEASE);
            document.lease = Some(Lease { holder: me.holder.to_owned(), term, until });
        }
        Change::Announce(open) => document.open = Some(open.clone()),
        Change::Release => document.lease = None,
        Change::Close => {
            let at = document.open.take().map(|open| open.at);
            let stored = seen.current.as_ref().and_then(|held| held.client.clone());
            document.made = match (stored, at) {
                (Some(id), Some(at)) => Some(Made { id, at }),
                (Some(_), None) => document.made,
                (None, _) => None,
            };
            document.clients = turns(wanted, seen);
            document.schema = SCHEMA;
            document.lease = None;
        }
    }
    document
}

/// The two that take turns, once there are two.
pub(super) fn turns(wanted: &Wanted, seen: &Seen) -> BTreeSet<SlotId> {
    let two = seen.serving().zip(idle(wanted, seen));
    two.into_iter().flat_map(|(one, other)| [one.id.clone(), other.id.clone()]).collect()
}

fn made(id: SlotId, draft: &ClientDraft) -> ClientSeen {
    let mut client = ClientSeen {
        id,
        name: String::new(),
        description: String::new(),
        active: true,
        machine_only: true,
        grants: draft.grants.clone(),
        token_lifetime: None,
        last_used: LastUsed::Never,
    };
    change(&mut client, draft);
    client
}

fn change(client: &mut ClientSeen, draft: &ClientDraft) {
    if let Some(name) = &draft.name {
        client.name.clone_from(name);
    }
    if let Some(description) = &draft.description {
        client.description.clone_from(description);
    }
    client.grants.clone_from(&draft.grants);
    client.token_lifetime = draft.token_lifetime.or(client.token_lifetime);
    client.machine_only = true;
    client.active = draft.active.unwrap_or(client.active);
}

/// Long enough for the slowest call and a difference between clocks, short enough that the next one need not wait long for one that died.
const LEASE: std::time::Duration = std::time::Duration::from_secs(240);
/// What nobody can know before.
const UNKNOWN: &str = "(new)";
const UNKNOWN_SECOND: &str = "(second)";
const UNKNOWN_ROLE: &str = "(new role)";
