//! In what a client is not as it shall be.

use std::collections::BTreeSet;

use hallpass_core::{ClientDraft, ClientSeen};

use super::effect::Differs;
use super::pair::{Part, name, part};
use super::seen::{Owner, Seen};
use super::wanted::Wanted;

/// What a client shall be, and in what it is not. A client that a person named by id keeps its name and its description.
pub(super) fn drift(
    wanted: &Wanted,
    seen: &Seen,
    client: &ClientSeen,
    drawn: &str,
) -> (ClientDraft, Vec<Differs>) {
    let owner = seen.owner(client, wanted);
    let marked = matches!(owner, Owner::Ours(_));
    let active = match (&owner, part(seen, client)) {
        // The state of one that a rotation knows by its id is the rotation's.
        (Owner::Named, _) => None,
        (_, Part::Serves) => Some(true),
        // Whoever has the secret of one that is taken over would have a way in until its turn comes.
        (Owner::Nobodys, Part::Idle) => Some(false),
        (_, Part::Idle) => None,
    };
    let description = (owner == Owner::Nobodys)
        .then(|| format!("{} {}", wanted.mark(drawn), client.description).trim().to_owned());
    let mut draft = wanted.draft(&name(wanted, seen, client), description, active);
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
        let spoken = |grants: &BTreeSet<_>| {
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
    if let Some(active) = draft.active.filter(|active| *active != client.active) {
        let [is, shall] =
            if active { ["off", "on"] } else { ["on; whoever has its secret gets no token any more", "off"] };
        note("state", is.to_owned(), shall.to_owned());
    }
    (draft, differs)
}
