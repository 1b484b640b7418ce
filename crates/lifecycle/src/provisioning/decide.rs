//! What is next, as a function of what is wanted and what is seen.

use std::time::Duration;

use hallpass_core::{ClientSeen, Fault, FaultCode, LastUsed};

use super::destroy;
use super::document::Open;
use super::effect::{Change, Differs, Effect};
use super::seen::{Owner, Seen};
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// Where a run is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// There shall be the client, and its secret in the store.
    Apply,
    /// There shall be neither.
    Destroy,
}

/// What is next.
#[derive(Clone, Debug)]
pub enum Next {
    /// This, once; then look again.
    Do(Effect),
    /// Nothing until then: something may still show.
    Wait(WallTime),
    /// It is as it shall be.
    Done,
    /// A person has to see to something first.
    Refuse(Fault),
}

/// Who decides, when, and what was drawn for a creation that may come of it.
#[derive(Clone, Copy, Debug)]
pub struct Me<'a> {
    /// This machine, as an operator would recognise it.
    pub holder: &'a str,
    /// Now.
    pub now: WallTime,
    /// A nonce that was never used.
    pub drawn: &'a str,
}

/// What is next. Nothing is remembered between two questions but what only this process can know: the secret in its hand, and that what it announced was
/// not sent yet.
#[must_use]
pub fn next(goal: Goal, wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    let wished = match goal {
        Goal::Apply => apply(wanted, seen, me),
        Goal::Destroy => destroy::next(wanted, seen, me.now),
    };
    leased(wished, wanted, seen, me)
}

/// `wished`, or what the lease asks for first.
fn leased(wished: Next, wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    let noted = seen.noted();
    let lease = noted.and_then(|noted| noted.lease.as_ref());
    let ours = lease.is_some_and(|lease| lease.holder == me.holder);
    let release = |unless: Next| if ours { Next::Do(Effect::Write(Change::Release)) } else { unless };
    match wished {
        Next::Do(Effect::Ask(id)) => Next::Do(Effect::Ask(id)),
        Next::Refuse(fault) => release(Next::Refuse(fault)),
        Next::Wait(until) if until.since(me.now) > wanted.stay => release(Next::Wait(until)),
        Next::Wait(until) => Next::Wait(until),
        // Who leaves an announcement behind leaves the next one to wait for what it may have done.
        Next::Done if ours || noted.is_some_and(|noted| noted.open.is_some()) => held_by_another(seen, me)
            .unwrap_or(if may_act(seen, me, Duration::ZERO) {
                Next::Do(Effect::Write(Change::Close))
            } else {
                Next::Do(Effect::Write(Change::Take))
            }),
        Next::Done => Next::Done,
        Next::Do(effect) => held_by_another(seen, me).unwrap_or(if may_act(seen, me, CALL) {
            Next::Do(effect)
        } else {
            Next::Do(Effect::Write(Change::Take))
        }),
    }
}

fn may_act(seen: &Seen, me: Me<'_>, needed: Duration) -> bool {
    let lease = seen.noted().and_then(|noted| noted.lease.as_ref());
    lease.is_some_and(|lease| lease.holder == me.holder && me.now.after(SKEW + needed) < lease.until)
}

fn held_by_another(seen: &Seen, me: Me<'_>) -> Option<Next> {
    let lease = seen.noted()?.lease.as_ref()?;
    if lease.holder == me.holder || me.now >= lease.until {
        return None;
    }
    let left = lease.until.since(me.now).as_secs().max(1);
    let detail = format!("`{}` is provisioning it, for {left} s at most", lease.holder);
    Some(Next::Refuse(Fault::new(FaultCode::LeaseHeld, detail).with_retry_after(lease.until.since(me.now))))
}

fn apply(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    if let Some(id) = &seen.in_hand {
        return Next::Do(Effect::Store(id.clone()));
    }
    match seen.serving() {
        Some(serving) => match seen.owner(serving, wanted) {
            Owner::Anothers(other) => Next::Refuse(of_another(serving, &other)),
            Owner::Nobodys if !wanted.adopt => Next::Refuse(foreign(wanted, &[serving])),
            _ => keep(wanted, seen, serving, me),
        },
        None => bring(wanted, seen, me),
    }
}

/// The client whose secret is stored is there: it shall be as it was written down, and the only one.
fn keep(wanted: &Wanted, seen: &Seen, serving: &ClientSeen, me: Me<'_>) -> Next {
    let alike = std::iter::once(serving).chain(wanted.also.iter().filter_map(|id| seen.clients.get(id)));
    for client in alike {
        let (draft, differs) = drift(wanted, seen, client, me.drawn);
        if !differs.is_empty() {
            return Next::Do(Effect::Update { id: client.id.clone(), draft, differs });
        }
    }
    let kept = [&seen.pending].map(|held| held.as_ref().and_then(|held| held.client.as_ref()));
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
        None => make(wanted, seen, me),
    }
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

fn make(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    let named: Vec<_> = seen
        .clients
        .values()
        .filter(|client| wanted.nature.can_be_marked && client.name == wanted.name)
        .filter(|client| seen.owner(client, wanted) == Owner::Nobodys)
        .collect();
    match named.as_slice() {
        [] => announced(wanted, seen, me),
        [client] if wanted.adopt => {
            let (draft, differs) = drift(wanted, seen, client, me.drawn);
            Next::Do(Effect::Update { id: client.id.clone(), draft, differs })
        }
        several => Next::Refuse(foreign(wanted, several)),
    }
}

fn announced(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    let open = seen.noted().and_then(|noted| noted.open.as_ref());
    match open {
        Some(open) if seen.unsent.as_ref() == Some(&open.nonce) => Next::Do(Effect::Create),
        // It may have had its effect, which may not show yet.
        Some(open) if me.now < open.at.after(wanted.nature.listing_lag) => {
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

/// What a client shall be, and in what it is not. A client that a person named by id keeps its name and its description.
fn drift(
    wanted: &Wanted,
    seen: &Seen,
    client: &ClientSeen,
    drawn: &str,
) -> (hallpass_core::ClientDraft, Vec<Differs>) {
    let owner = seen.owner(client, wanted);
    let marked = matches!(owner, Owner::Ours(_));
    let description = (owner == Owner::Nobodys)
        .then(|| format!("{} {}", wanted.mark(drawn), client.description).trim().to_owned());
    let mut draft = wanted.draft(description);
    if !marked && owner != Owner::Nobodys {
        draft.name = None;
    }
    let mut differs = Vec::new();
    let mut note = |member, is: String, shall: String| differs.push(Differs { member, is, shall });
    if let Some(name) = draft.name.as_ref().filter(|name| **name != client.name) {
        note("name", format!("`{}`", client.name), format!("`{name}`"));
    }
    if draft.description.is_some() {
        note("mark", "none".to_owned(), wanted.mark(drawn).to_string());
    }
    if wanted.nature.takes_grants && draft.grants != client.grants {
        let spoken = |grants: &std::collections::BTreeSet<_>| {
            let spoken: Vec<_> = grants.iter().map(|grant| wanted.spoken(grant)).collect();
            if spoken.is_empty() { "none".to_owned() } else { spoken.join(", ") }
        };
        note("roles", spoken(&client.grants), spoken(&draft.grants));
    }
    if let Some(lifetime) = draft.token_lifetime.filter(|lifetime| Some(*lifetime) != client.token_lifetime) {
        let is =
            client.token_lifetime.map_or_else(|| "unknown".to_owned(), |is| format!("{} s", is.as_secs()));
        note("token lifetime", is, format!("{} s", lifetime.as_secs()));
    }
    if wanted.nature.takes_grants && !client.machine_only {
        note("grant type", "another".to_owned(), "client credentials alone".to_owned());
    }
    // The idle one of two that take turns is off on purpose.
    if !client.active && owner != Owner::Named {
        note("state", "off".to_owned(), "on".to_owned());
    }
    (draft, differs)
}

fn foreign(wanted: &Wanted, clients: &[&ClientSeen]) -> Fault {
    let ids: Vec<_> = clients.iter().map(|client| format!("`{}`", client.id)).collect();
    let (kind, name) = (wanted.nature.kind, &wanted.name);
    let detail = match clients {
        [_] => format!(
            "{kind} {} is called `{name}` or stored for it, and was not made by hallpass",
            ids.join("")
        ),
        _ => format!(
            "{} of them are called `{name}`, and none was made by hallpass: {}",
            clients.len(),
            ids.join(", ")
        ),
    };
    let hint = match clients {
        [_] if wanted.nature.can_be_marked => {
            "if it is meant for this integration alone, take it over with `--adopt`; otherwise give this one another `provision.name`"
        }
        [_] => "if it is meant for this integration alone, take it over with `--adopt`",
        _ => "rename or remove all but one of them; hallpass cannot know which is meant",
    };
    Fault::new(FaultCode::ProvisionRefused, detail).with_hint(hint)
}

fn of_another(client: &ClientSeen, other: &str) -> Fault {
    let detail = format!("what is stored is the secret of `{}`, which belongs to `{other}`", client.id);
    Fault::new(FaultCode::ProvisionRefused, detail).with_hint(
        "give this integration a reference of its own in `secret`: one client serves one integration",
    )
}

pub(super) fn in_use(wanted: &Wanted, client: &ClientSeen, what: &str) -> Fault {
    let kind = wanted.nature.kind;
    let detail = match client.last_used {
        LastUsed::Unknown => {
            format!("nobody knows when {kind} `{}` was last used, so it is not {what}", client.id)
        }
        _ => format!("{kind} `{}` was used within the last two days, so it is not {what}", client.id),
    };
    Fault::new(FaultCode::ProvisionRefused, detail)
        .with_hint("find out who uses it; if that may fail from now on, say `--even-if-used`")
}

/// The largest difference between the clocks of two machines, as rotation reckons with it.
const SKEW: Duration = Duration::from_secs(60);
/// What a call may take at most, so that none is begun that would outlive the lease.
pub(super) const CALL: Duration = Duration::from_secs(60);
/// Genesys Cloud counts use by the day, and its longest token lives for two.
const QUIET: Duration = Duration::from_secs(2 * 86_400);
