//! What there shall be.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{
    ClientDraft, ClientNature, EntryName, Environment, IntegrationName, RoleDraft, RoleGrant, RoleGrantName,
    SlotId,
};

use super::mark::Mark;
use super::own_role::{OwnRole, chosen};
use super::seen::Seen;
use crate::scope_lint::LintRule;

/// The two entries of one integration's provisioning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// Where the secret rests.
    pub secret: EntryName,
    /// Where lease and announcements rest.
    pub document: EntryName,
}

/// One integration's client, as the configuration has it. Nothing in here is a secret.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose client it is.
    pub integration: IntegrationName,
    /// The environment this runs for; it stands in the mark and beside the secret.
    pub environment: Environment,
    /// Where its secret and the document rest.
    pub entries: Entries,
    /// Where the secret rests, as a reference says it.
    pub reference: String,
    /// What the platform's clients are like.
    pub nature: ClientNature,
    /// What the client is called.
    pub name: String,
    /// The roles it shall have, as they were written.
    pub grants: Vec<RoleGrantName>,
    /// The same by their ids, in the same order; empty until they were resolved.
    pub granted: Vec<RoleGrant>,
    /// The role of its own that these rights come from, if permissions were named instead of a role.
    pub own_role: Option<OwnRole>,
    /// The scopes it shall have, where the platform's form has such a field.
    pub scopes: Vec<String>,
    /// How long its tokens shall live; `None` leaves it to the platform.
    pub token_lifetime: Option<Duration>,
    /// From where it may be used, as they were written.
    pub allowed_ips: Vec<String>,
    /// Clients that a person named by id as this integration's: those that take turns in its rotation. They are kept alike and never removed.
    pub also: BTreeSet<SlotId>,
    /// Whether there shall be a second client with the same rights, idle and off, for a rotation in which two take turns.
    pub pair: bool,
    /// Whether a client of the same name that carries no mark is taken over.
    pub adopt: bool,
    /// Whether what was used lately may be removed.
    pub even_if_used: bool,
    /// Rules of lint whose finding somebody answers for today.
    pub accepted: BTreeSet<LintRule>,
    /// How long a run waits at one place before it ends; the next one goes on from there.
    pub stay: Duration,
}

impl Wanted {
    /// What the client of this name is to be; a name and a mark only where clients can carry them.
    #[must_use]
    pub fn draft(&self, name: &str, description: Option<String>, active: Option<bool>) -> ClientDraft {
        ClientDraft {
            name: self.nature.can_be_marked.then(|| name.to_owned()),
            description: description.filter(|_| self.nature.can_be_marked),
            grants: self.granted.iter().cloned().collect(),
            token_lifetime: self.token_lifetime,
            active,
        }
    }

    /// What the second of two that take turns is called at first. A turn renames nobody.
    #[must_use]
    pub fn second_name(&self) -> String {
        second_name(&self.name)
    }

    /// The names that its clients may have.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let second = self.pair.then(|| self.second_name());
        std::iter::once(self.name.clone()).chain(second).collect()
    }

    /// The role of its own as it is made.
    pub(super) fn role_draft(&self, nonce: &str) -> RoleDraft {
        let own = self.own_role.as_ref();
        RoleDraft {
            name: own.map(|own| own.name.clone()).unwrap_or_default(),
            description: Some(self.mark(nonce).to_string()),
            permissions: own.map(|own| own.permissions.clone()).unwrap_or_default(),
        }
    }

    /// The same with the rights by their ids, once the role of its own is there.
    #[must_use]
    pub(super) fn given(&self, seen: &Seen) -> Cow<'_, Self> {
        match (&self.own_role, chosen(self, seen)) {
            (Some(own), Some(role)) => Cow::Owned(Self { granted: own.grants(&role.id), ..self.clone() }),
            _ => Cow::Borrowed(self),
        }
    }

    /// The mark of one creation.
    #[must_use]
    pub fn mark(&self, nonce: &str) -> Mark {
        Mark::new(&self.environment, &self.integration, nonce)
    }

    /// How a person wrote a role that is known by id; its ids where nobody did.
    #[must_use]
    pub fn spoken(&self, grant: &RoleGrant) -> String {
        let written = self.granted.iter().position(|known| known == grant).and_then(|at| self.grants.get(at));
        written.map_or_else(|| grant.to_string(), ToString::to_string)
    }
}

/// What the second of two clients is called at first whose first is called `name`.
#[must_use]
pub fn second_name(name: &str) -> String {
    format!("{name}-2")
}
