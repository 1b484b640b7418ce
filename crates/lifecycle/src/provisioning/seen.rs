//! What there is: clients at the platform, versions in the store, the document beside the secret.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_core::{ClientSeen, LastUsed, RoleGrant, RoleSeen, SlotId, Version};

use super::document::Document;
use super::mark::Mark;
use super::wanted::Wanted;

/// Everything that a decision goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The document and its version, once there is one.
    pub document: Option<(Version, Document)>,
    /// CURRENT of the secret's entry.
    pub current: Option<Held>,
    /// PENDING of it.
    pub pending: Option<Held>,
    /// The version of PREVIOUS.
    pub previous: Option<Version>,
    /// Clients that may be this integration's.
    pub clients: BTreeMap<SlotId, ClientSeen>,
    /// The secret that was just made and is stored nowhere yet: in which client. Only the process that made it knows.
    pub in_hand: Option<SlotId>,
    /// The nonce of the creation that this process announced and did not send yet.
    pub unsent: Option<String>,
    /// Those of whom it was asked when they were last used.
    pub asked: BTreeSet<SlotId>,
    /// Roles that may be this integration's own, by their ids.
    pub roles: BTreeMap<String, RoleSeen>,
    /// What the administering identity holds, where it matters and is known.
    pub own: Option<BTreeSet<RoleGrant>>,
    /// Who else has a role, of those that were asked about; `None` where nobody says.
    pub holders: BTreeMap<String, Option<Vec<String>>>,
}

/// A version of the secret's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub version: Version,
    /// Whose secret it holds; `None` for a value that names no client, such as what stands where a secret was buried.
    pub client: Option<SlotId>,
}

/// Whose a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It carries our mark, of this creation.
    Ours(String),
    /// It is one that a person named by id.
    Named,
    /// It can only have come of the creation that is open: it was not there before, and nobody ever used it.
    Open,
    /// It is the one whose secret is stored, and clients of this platform carry no marks.
    Stored,
    /// It carries the mark of another integration or environment.
    Anothers(String),
    /// It carries none.
    Nobodys,
}

impl Seen {
    /// The document, if there is one.
    #[must_use]
    pub fn noted(&self) -> Option<&Document> {
        self.document.as_ref().map(|(_, document)| document)
    }

    /// Whose this client is.
    #[must_use]
    pub fn owner(&self, client: &ClientSeen, wanted: &Wanted) -> Owner {
        if wanted.also.contains(&client.id) {
            return Owner::Named;
        }
        if !wanted.nature.can_be_marked {
            return self.unmarked(client);
        }
        let ours = format!("{}/{}", wanted.environment, wanted.integration);
        match Mark::read(&client.description) {
            Some(mark) if mark.owner == ours => Owner::Ours(mark.nonce),
            Some(mark) => Owner::Anothers(mark.owner),
            None => Owner::Nobodys,
        }
    }

    fn unmarked(&self, client: &ClientSeen) -> Owner {
        let noted = self.noted();
        let made = noted.and_then(|noted| noted.made.as_ref()).is_some_and(|made| made.id == client.id);
        let open = noted.and_then(|noted| noted.open.as_ref());
        let stored = [&self.current, &self.pending];
        if made
            || stored
                .iter()
                .any(|held| held.as_ref().is_some_and(|held| held.client.as_ref() == Some(&client.id)))
        {
            return Owner::Stored;
        }
        let came = open.is_some_and(|open| !open.known.contains(&client.id));
        if came && !matches!(client.last_used, LastUsed::At(_)) { Owner::Open } else { Owner::Nobodys }
    }

    /// The client of CURRENT, if the platform has it.
    #[must_use]
    pub fn serving(&self) -> Option<&ClientSeen> {
        self.clients.get(self.current.as_ref()?.client.as_ref()?)
    }
}
