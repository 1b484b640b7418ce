//! What is next on the way to a client as it shall be, with its secret in the store.

use std::time::Duration;

use hallpass_core::{ClientSeen, LastUsed};

use super::decide::{Me, Next};
use super::document::Open;
use super::drift::drift;
use super::effect::{Change, Effect};
use super::own_role;
use super::pair::{came_of, idle, idle_name};
use super::refused::{foreign, in_use, of_another};
use super::seen::{Owner, Seen};
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// What is next on the way to a client whose secret is stored.
pub(super) fn next(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    if let Some(id) = &seen.in_hand {
        return Next::Do(Effect::Store(id.clone()));
    }
    let next = own_role::next(wanted, seen, me).unwrap_or_else(|| client(wanted, seen, me));
    if matches!(next, Next::Done) { own_role::surplus(wanted, seen).unwrap_or(next) } else { next }
}

fn client(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    match seen.serving() {
        Some(serving) => match seen.owner(serving, wanted) {
            Owner::Anothers(other) => Next::Refuse(of_another(serving, &other)),
            Owner::Nobodys if !wanted.adopt => Next::Refuse(foreign(wanted, &wanted.name, &[serving])),
            _ => keep(wanted, seen, serving, me),
        },
        None => bring(wanted, seen, me),
    }
}

/// The client whose secret is stored is there: it shall be as it was written down, and the only one.
fn keep(wanted: &Wanted, seen: &Seen, serving: &ClientSeen, me: Me<'_>) -> Next {
    let second = idle(wanted, seen);
    let named = wanted.also.iter().filter_map(|id| seen.clients.get(id));
    let alike = std::iter::once(serving).chain(second).chain(named);
    for client in alike {
        let (draft, differs) = drift(wanted, seen, client, me.drawn);
        if !differs.is_empty() {
            return Next::Do(Effect::Update { id: client.id.clone(), draft, differs });
        }
    }
    if wanted.pair && second.is_none() {
        return unlisted(wanted, seen, serving, me.now)
            .unwrap_or_else(|| make(wanted, seen, me, &idle_name(wanted, seen), Effect::CreateIdle));
    }
    let kept = [second.map(|second| &second.id), seen.pending.as_ref().and_then(|held| held.client.as_ref())];
    let orphan = seen.clients.values().find(|client| {
        let ours = matches!(seen.owner(client, wanted), Owner::Ours(_) | Owner::Open);
        ours && client.id != serving.id && !kept.contains(&Some(&client.id))
    });
    orphan.map_or(Next::Done, |orphan| clear(wanted, seen, orphan, me.now))
}

/// Nothing that is stored works: promote what is pending, find what was made and lost, or make it.
fn bring(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    if let Some(next) = promotion(seen).or_else(|| unseen(wanted, seen, me.now)) {
        return next;
    }
    let nonce = seen.noted().and_then(|noted| noted.open.as_ref()).map(|open| open.nonce.as_str());
    let mut ours: Vec<_> = seen
        .clients
        .values()
        .filter_map(|client| match seen.owner(client, wanted) {
            Owner::Ours(of) => Some((nonce != Some(of.as_str()), client)),
            Owner::Open => Some((false, client)),
            _ => None,
        })
        .collect();
    ours.sort_by(|one, other| (one.0, &one.1.id).cmp(&(other.0, &other.1.id)));
    match ours.first() {
        // Its secret was in an answer that never came, or in a process that is no more. Nobody has it, so nobody notices the reset.
        Some((_, lost)) if wanted.nature.can_reset => match used(lost, me.now) {
            Some(true) if !wanted.even_if_used => Next::Refuse(in_use(wanted, lost, "given another secret")),
            None if !seen.asked.contains(&lost.id) => Next::Do(Effect::Ask(lost.id.clone())),
            _ => Next::Do(Effect::Reset(lost.id.clone())),
        },
        Some((_, lost)) => clear(wanted, seen, lost, me.now),
        None => make(wanted, seen, me, &wanted.name, Effect::Create),
    }
}

/// A second client that the document names and that does not show yet.
fn unlisted(wanted: &Wanted, seen: &Seen, serving: &ClientSeen, now: WallTime) -> Option<Next> {
    let noted = seen.noted().filter(|noted| noted.clients.iter().any(|id| *id != serving.id))?;
    let until = noted.made.as_ref()?.at.after(wanted.nature.listing_lag);
    (now < until).then_some(Next::Wait(until))
}

fn promotion(seen: &Seen) -> Option<Next> {
    let pending = seen.pending.as_ref()?;
    let client = pending.client.as_ref().filter(|id| seen.clients.contains_key(*id))?;
    Some(Next::Do(Effect::Promote {
        pending: pending.version.clone(),
        expected: seen.current.as_ref().map(|current| current.version.clone()),
        client: client.clone(),
    }))
}

/// A client whose secret was just stored and that does not show yet is waited for: making another one would leave two.
fn unseen(wanted: &Wanted, seen: &Seen, now: WallTime) -> Option<Next> {
    let noted = seen.noted()?;
    let stored =
        [&seen.current, &seen.pending].map(|held| held.as_ref().and_then(|held| held.client.as_ref()));
    let made = noted.made.as_ref().filter(|made| stored.contains(&Some(&made.id))).map(|made| made.at);
    let until = made.map(|at| at.after(wanted.nature.listing_lag)).filter(|until| now < *until)?;
    Some(Next::Wait(until))
}

/// What makes the client of this name: its creation, or the consent to take over the one that is there.
fn make(wanted: &Wanted, seen: &Seen, me: Me<'_>, name: &str, creation: Effect) -> Next {
    let named: Vec<_> = seen
        .clients
        .values()
        .filter(|client| wanted.nature.can_be_marked && client.name == name)
        .filter(|client| seen.owner(client, wanted) == Owner::Nobodys)
        .collect();
    match named.as_slice() {
        [] => announced(wanted, seen, me, creation),
        [client] if wanted.adopt && creation == Effect::CreateIdle && client.active => {
            match used(client, me.now) {
                Some(true) if !wanted.even_if_used => Next::Refuse(in_use(wanted, client, "switched off")),
                None if !seen.asked.contains(&client.id) => Next::Do(Effect::Ask(client.id.clone())),
                _ => adopted(wanted, seen, client, me),
            }
        }
        [client] if wanted.adopt => adopted(wanted, seen, client, me),
        several => Next::Refuse(foreign(wanted, name, several)),
    }
}

fn adopted(wanted: &Wanted, seen: &Seen, client: &ClientSeen, me: Me<'_>) -> Next {
    let (draft, differs) = drift(wanted, seen, client, me.drawn);
    Next::Do(Effect::Update { id: client.id.clone(), draft, differs })
}

/// A creation, announced before it is sent.
pub(super) fn announced(wanted: &Wanted, seen: &Seen, me: Me<'_>, creation: Effect) -> Next {
    let open = seen.noted().and_then(|noted| noted.open.as_ref());
    match open {
        Some(open) if seen.unsent.as_ref() == Some(&open.nonce) => Next::Do(creation),
        // It may have had its effect, which may not show yet.
        Some(open) if !came_of(seen, &open.nonce) && me.now < open.at.after(wanted.nature.listing_lag) => {
            Next::Wait(open.at.after(wanted.nature.listing_lag))
        }
        _ => {
            let known = seen.clients.keys().cloned().collect();
            let open = Open { nonce: me.drawn.to_owned(), known, at: me.now };
            Next::Do(Effect::Write(Change::Announce(open)))
        }
    }
}

/// Switches off and removes a client that came of a creation whose secret was lost.
fn clear(wanted: &Wanted, seen: &Seen, orphan: &ClientSeen, now: WallTime) -> Next {
    match used(orphan, now) {
        Some(true) if !wanted.even_if_used => Next::Refuse(in_use(wanted, orphan, "removed")),
        None if !seen.asked.contains(&orphan.id) => Next::Do(Effect::Ask(orphan.id.clone())),
        _ if orphan.active => Next::Do(Effect::Deactivate(orphan.id.clone())),
        _ => Next::Do(Effect::Delete(orphan.id.clone())),
    }
}

/// Whether it was used lately; `None` where nobody says.
pub(super) fn used(client: &ClientSeen, now: WallTime) -> Option<bool> {
    match client.last_used {
        LastUsed::Unknown => None,
        LastUsed::Never => Some(false),
        LastUsed::At(at) => Some(now < WallTime::at(at).after(QUIET)),
    }
}

/// Genesys Cloud counts use by the day, and its longest token lives for two.
const QUIET: Duration = Duration::from_secs(2 * 86_400);
