//! What is next on the way to nothing.

use hallpass_core::{ClientSeen, Fault, FaultCode};

use super::bring::used;
use super::decide::Next;
use super::effect::Effect;
use super::refused::in_use;
use super::seen::{Owner, Seen};
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// Platform first: as long as a client lives, its secret is worth keeping.
pub(super) fn next(wanted: &Wanted, seen: &Seen, now: WallTime) -> Next {
    if let Some(fault) = not_ours(wanted, seen) {
        return Next::Refuse(fault);
    }
    let victim = seen.clients.values().find(|client| is_ours(wanted, seen, client));
    if let Some(client) = victim {
        return remove(wanted, seen, client, now);
    }
    let open = seen.noted().and_then(|noted| noted.open.as_ref());
    if let Some(until) =
        open.map(|open| open.at.after(wanted.nature.listing_lag)).filter(|until| now < *until)
    {
        return Next::Wait(until);
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

fn remove(wanted: &Wanted, seen: &Seen, client: &ClientSeen, now: WallTime) -> Next {
    if !client.active {
        return Next::Do(Effect::Delete(client.id.clone()));
    }
    match used(client, now) {
        _ if wanted.even_if_used => Next::Do(Effect::Deactivate(client.id.clone())),
        Some(true) => Next::Refuse(in_use(wanted, client, "removed")),
        Some(false) => Next::Do(Effect::Deactivate(client.id.clone())),
        None if !seen.asked.contains(&client.id) => Next::Do(Effect::Ask(client.id.clone())),
        None => Next::Refuse(in_use(wanted, client, "removed")),
    }
}
