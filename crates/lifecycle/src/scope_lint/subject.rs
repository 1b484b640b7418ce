//! What is judged: one integration, as far as it is known.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::IntegrationName;
use hallpass_core::policy::Rule;

use super::Needed;

/// One integration, with everything that a rule may look at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub name: IntegrationName,
    /// Whether it is here to administer others.
    pub administers: bool,
    /// What it may call.
    pub allow: Vec<Rule>,
    /// Where its secret rests.
    pub custody: BTreeSet<Custody>,
    /// The places of its secret, as they are written: two integrations with one of them in common share a client.
    pub places: BTreeSet<String>,
    /// The id of its client, where the secret could be read.
    pub client_id: Option<String>,
    /// How old the secret may become; `None` where nothing replaces it.
    pub period: Option<Duration>,
    /// Whether a rotation tries a new secret with calls.
    pub canaries: bool,
    /// How old the secret is, where its store says so.
    pub age: Option<Duration>,
    /// How long its tokens have to live at most.
    pub token_lifetime_needed: Duration,
    /// Whether roles decide what it may do, so that scopes would be without effect.
    pub roles_decide: bool,
    /// The permissions that its allowed calls need, as far as a table knows them; `None` where calls need no permissions by name.
    pub needed: Option<Needed>,
    /// What the platform grants, or will.
    pub granted: Option<Granted>,
}

/// Where a secret rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Custody {
    /// In a store, or in a file that its owner alone may read.
    Store,
    /// In an encrypted variable.
    EncryptedVariable,
    /// In a variable as it is.
    PlainVariable,
}

/// What a client may do at its platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Its roles.
    pub roles: Vec<GrantedRole>,
    /// Permissions that are granted without a role being named.
    pub permissions: BTreeSet<String>,
    /// Its scopes.
    pub scopes: BTreeSet<String>,
    /// Those of its scopes that the platform is not known to have.
    pub unknown_scopes: Vec<UnknownScope>,
    /// The grants that its client allows, in the platform's words; empty where that is not known.
    pub grant_types: BTreeSet<String>,
    /// How long its tokens live.
    pub token_lifetime: Option<Duration>,
    /// The addresses it may be used from; `None` where that is not known, or the platform has no such list.
    pub allowed_ips: Option<Vec<String>>,
}

/// A scope that no table has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScope {
    /// As it may be printed: a scope, or how long it is where it looks like something pasted by mistake.
    pub shown: String,
    /// The nearest one that is known, if it is near enough to be meant.
    pub near: Option<String>,
}

/// One role, in one division.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedRole {
    /// As people call it.
    pub name: String,
    /// In which part of the organisation, where there are such.
    pub division: Option<String>,
    /// What is in it, where that is known.
    pub permissions: Option<BTreeSet<String>>,
}

impl Granted {
    /// Every permission that is known to be granted, by role or without.
    pub fn all_permissions(&self) -> impl Iterator<Item = &str> {
        let of_roles = self.roles.iter().filter_map(|role| role.permissions.as_ref()).flatten();
        of_roles.chain(&self.permissions).map(String::as_str)
    }
}

impl Subject {
    /// What could not be judged, in words.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        if self.client_id.is_none() {
            unknown.push("whether others use its client".to_owned());
        }
        if self.age.is_none() && self.period.is_some() {
            unknown.push("how old its secret is".to_owned());
        }
        let Some(granted) = &self.granted else {
            unknown.push("what the platform grants it".to_owned());
            return unknown;
        };
        if granted.allowed_ips.is_none() {
            unknown.push(NO_LIST.to_owned());
        }
        unknown.extend(self.unknown_rights());
        unknown
    }

    /// What could not be judged of the rights that its client has, or will have.
    #[must_use]
    pub fn unknown_rights(&self) -> Vec<String> {
        let roles = self.granted.iter().flat_map(|granted| &granted.roles);
        let unread =
            roles.filter(|role| role.permissions.is_none()).map(|_| "what is in its roles".to_owned());
        unread.take(1).chain(self.unmapped()).collect()
    }

    /// Which of its rules are in the way of judging permissions. An administrator's are not judged: it has to hold whatever it gives.
    fn unmapped(&self) -> Option<String> {
        let needed = self.needed.as_ref().filter(|needed| !needed.is_whole() && !self.administers)?;
        let has_permissions = self.granted.as_ref()?.all_permissions().next().is_some();
        let shown =
            needed.unmapped.iter().take(SHOWN).map(|one| format!("`{}` {}", one.rule, one.why.in_words()));
        let mut shown: Vec<_> = shown.collect();
        if let Some(more @ 1..) = needed.unmapped.len().checked_sub(SHOWN) {
            shown.push(format!("{more} more"));
        }
        has_permissions.then(|| {
            format!(
                "which permissions its calls need: {}; the platform's swagger file may tell (`--permissions`, or `lint.permissions`)",
                shown.join(", ")
            )
        })
    }
}

/// What is said of every client whose platform shows no list of addresses: silence would be taken for praise.
const NO_LIST: &str = "from which addresses it may be used: the platform shows no list for a client";

/// How many rules are named.
const SHOWN: usize = 5;
