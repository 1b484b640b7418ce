//! What is next on the way to nothing.

use hallpass_core::{ClientSeen, Fault, FaultCode};

use super::bring::used;
use super::decide::Next;
use super::effect::Effect;
use super::own_role;
use super::refused::in_use;
use super::seen::{Owner, Seen};
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// Platform first: as long as a client lives, its secret is worth keeping.
pub(super) fn next(wanted: &Wanted, seen: &Seen, now: WallTime) -> Next {
    if let Some(fault) = not_ours(wanted, seen) {
        return Next::Refuse(fault);
    }
    let roles: Vec<_> = own_role::ours(wanted, seen).collect();
    // Before the clients go, while it can be told whose they are.
    if let Some(role) = roles.iter().find(|role| !seen.holders.contains_key(&role.id)) {
        return Next::Do(Effect::AskRole(role.id.clone()));
    }
    let victims: Vec<_> = seen.clients.values().filter(|client| is_ours(wanted, seen, client)).collect();
    // All of them are judged before one is touched: half of a pair is of no use to anybody.
    if let Some(next) = victims.iter().find_map(|client| hindrance(wanted, seen, client, now)) {
        return next;
    }
    if let Some(client) = victims.first() {
        let id = client.id.clone();
        return Next::Do(if client.active { Effect::Deactivate(id) } else { Effect::Delete(id) });
    }
    let open = seen.noted().and_then(|noted| noted.open.as_ref());
    if let Some(until) =
        open.map(|open| open.at.after(wanted.nature.listing_lag)).filter(|until| now < *until)
    {
        return Next::Wait(until);
    }
    if let Some(role) = roles.iter().find(|role| own_role::is_free(seen, &role.id)) {
        return Next::Do(Effect::DeleteRole(role.id.clone()));
    }
    let current = seen.current.as_ref().and_then(|held| held.client.as_ref());
    let pending = seen.pending.as_ref().map(|held| held.version.clone());
    match (pending.or_else(|| seen.previous.clone()), current) {
        (_, Some(_)) => Next::Do(Effect::Bury),
        (Some(version), None) => Next::Do(Effect::Forget(version)),
        (None, None) => Next::Done,
    }
}

fn is_ours(wanted: &Wanted, seen: &Seen, client: &ClientSeen) -> bool {
    match seen.owner(client, wanted) {
        Owner::Ours(_) | Owner::Open | Owner::Stored => true,
        Owner::Nobodys => wanted.adopt && seen.serving().is_some_and(|serving| serving.id == client.id),
        Owner::Named | Owner::Anothers(_) => false,
    }
}

fn not_ours(wanted: &Wanted, seen: &Seen) -> Option<Fault> {
    let serving = seen.serving()?;
    let (detail, hint) = match seen.owner(serving, wanted) {
        Owner::Nobodys if !wanted.adopt => (
            format!("{} `{}` was not made by hallpass", wanted.nature.kind, serving.id),
            "remove it in the platform's console, or say `--adopt` if it is meant",
        ),
        Owner::Anothers(other) => (
            format!("what is stored is the secret of `{}`, which belongs to `{other}`", serving.id),
            "give this integration a reference of its own in `secret`",
        ),
        Owner::Named => (
            format!("{} `{}` takes turns in a rotation", wanted.nature.kind, serving.id),
            "take the table `rotation` out of the configuration first",
        ),
        _ => return None,
    };
    Some(Fault::new(FaultCode::ProvisionRefused, detail).with_hint(hint))
}

/// Why a client that is on is not removed, or what has to be asked first.
fn hindrance(wanted: &Wanted, seen: &Seen, client: &ClientSeen, now: WallTime) -> Option<Next> {
    if !client.active || wanted.even_if_used {
        return None;
    }
    match used(client, now) {
        Some(false) => None,
        None if !seen.asked.contains(&client.id) => Some(Next::Do(Effect::Ask(client.id.clone()))),
        Some(true) | None => Some(Next::Refuse(in_use(wanted, client, "removed"))),
    }
}
