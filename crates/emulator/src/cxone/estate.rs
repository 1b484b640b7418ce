//! What CXone remembers: tenants, applications, keys, tokens. Nothing of it is known to the other platform.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use super::{
    applications::Application,
    contacts::Contact,
    keys::{AccessKey, AccessKeys, NewAccessKey},
    tenants::{CxoneTenant, NewCxoneTenant, Tenant},
};
use crate::{
    clients::{Client, ClientState},
    clock::Moment,
    draws::{Draws, Kind},
    standing::HeldSecret,
    tokens::Tokens,
};

/// Everything CXone owns.
#[derive(Debug, Default)]
pub(crate) struct Estate {
    /// The tenant of whoever names none.
    pub(crate) home: String,
    pub(crate) tenants: BTreeMap<String, Tenant>,
    pub(crate) applications: BTreeMap<String, Application>,
    pub(crate) keys: BTreeMap<String, AccessKey>,
    /// Clients as the guide has them: id and secret alone. They live in the home tenant.
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) inactive_users: BTreeSet<String>,
    pub(crate) tokens: Tokens,
    pub(crate) refreshes: Refreshes,
    /// How many contacts there ever were in all tenants, so that an id names one only.
    contacts: u64,
}

impl Estate {
    pub(crate) fn new(home: &str, draws: &mut Draws) -> Self {
        let mut estate = Self::default();
        estate.home = estate.add_tenant(NewCxoneTenant::named(home), draws).tenant_id;
        estate
    }

    pub(crate) fn add_tenant(&mut self, new: NewCxoneTenant, draws: &mut Draws) -> CxoneTenant {
        let tenant_id = new.id.unwrap_or_else(|| draws.id(Kind::Tenant));
        let last = self.tenants.values().map(|tenant| tenant.business_unit).max();
        let business_unit = last.map_or(FIRST_BUSINESS_UNIT, |last| last + 1);
        let tenant = Tenant {
            name: new.name.clone(),
            area: new.area,
            cluster: new.cluster,
            business_unit,
            contacts: BTreeMap::new(),
            windows: BTreeMap::new(),
        };
        self.tenants.insert(tenant_id.clone(), tenant);
        CxoneTenant { tenant_id, name: new.name, business_unit }
    }

    pub(crate) fn add_key(&mut self, new: NewAccessKey, draws: &mut Draws, now: Moment) -> AccessKeys {
        let validity_seconds = new.validity_seconds();
        let access_key_id = new.access_key_id.unwrap_or_else(|| draws.access_key_half());
        let access_key_secret = new.access_key_secret.unwrap_or_else(|| draws.access_key_half());
        let client_id = new.client_id.unwrap_or_else(|| draws.id(Kind::Application));
        let tenant_id = new.tenant_id.unwrap_or_else(|| self.home.clone());
        let application = self.applications.entry(client_id.clone()).or_insert_with(|| {
            let secret = new.client_secret.unwrap_or_else(|| draws.application_secret());
            Application::registered(&new.name, HeldSecret::new(secret), &tenant_id, now)
        });
        let client_secret = application.secret.value().to_owned();
        if !self.tenants.contains_key(&tenant_id) {
            self.add_tenant(NewCxoneTenant::named(&tenant_id).id(&tenant_id), draws);
        }
        let user_id = new.user_id.unwrap_or_else(|| draws.id(Kind::User));
        let secret = HeldSecret::new(access_key_secret.clone());
        let mut key = AccessKey::new(new.name, secret, tenant_id.clone(), user_id.clone());
        key.validity_seconds = validity_seconds;
        key.permissions = new.permissions;
        self.keys.insert(access_key_id.clone(), key);
        AccessKeys { access_key_id, access_key_secret, client_id, client_secret, tenant_id, user_id }
    }

    pub(crate) fn add_contacts(&mut self, tenant_id: &str, count: u64, now: Moment) -> Vec<u64> {
        let Some(tenant) = self.tenants.get_mut(tenant_id) else { return Vec::new() };
        let ids: Vec<u64> = (1..=count).map(|index| FIRST_CONTACT + self.contacts + index).collect();
        self.contacts += count;
        for (index, id) in ids.iter().enumerate() {
            let seconds_ago = count - index as u64;
            tenant.contacts.insert(*id, Contact::sample(*id, seconds_ago, now));
        }
        ids
    }

    /// Whether a credential may mint: it is active, and so is the user behind it.
    pub(crate) fn may_mint(&self, id: &str, now: Moment) -> bool {
        match (self.keys.get(id), self.clients.get(id)) {
            (Some(key), _) => key.standing.may_mint(now) && !self.inactive_users.contains(&key.user_id),
            (None, Some(client)) => client.standing.may_mint(now),
            (None, None) => false,
        }
    }

    /// The tenant that the live token of this value opens.
    pub(crate) fn opened_by(&self, value: &str, deactivation_ends: bool, now: Moment) -> Option<&str> {
        let token = self.tokens.find(value).filter(|token| token.is_live(now, None))?;
        let (state, tenant_id) = match (self.keys.get(&token.client_id), self.clients.get(&token.client_id)) {
            (Some(key), _) => (key.standing.state(), key.tenant_id.as_str()),
            (None, client) => (client?.standing.state(), self.home.as_str()),
        };
        let ended = deactivation_ends && !self.may_mint(&token.client_id, now);
        (state != ClientState::Disabled && !ended).then_some(tenant_id)
    }

    /// Ends every live token of a credential, and what could renew them; how many tokens that were.
    pub(crate) fn revoke_all(&mut self, id: &str, now: Moment) -> usize {
        self.refreshes.0.retain(|_, refresh| refresh.holder_id != id);
        self.tokens.revoke_all(id, now)
    }

    pub(crate) fn remove(&mut self, id: &str, now: Moment) {
        self.keys.remove(id);
        self.clients.remove(id);
        self.applications.remove(id);
        self.revoke_all(id, now);
    }

    pub(crate) fn set_state(&mut self, id: &str, state: ClientState) {
        if let Some(key) = self.keys.get_mut(id) {
            key.standing.set(state);
        }
        if let Some(client) = self.clients.get_mut(id) {
            client.standing.set(state);
        }
        if let Some(application) = self.applications.get_mut(id) {
            application.standing.set(state);
        }
    }

    pub(crate) fn set_secret(&mut self, id: &str, secret: &str) {
        let secrets = [
            self.keys.get_mut(id).map(|key| &mut key.secret),
            self.clients.get_mut(id).map(|client| &mut client.secret),
            self.applications.get_mut(id).map(|application| &mut application.secret),
        ];
        for old in secrets.into_iter().flatten() {
            *old = HeldSecret::new(secret.to_owned());
        }
    }

    /// Whether this id has a secret here.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.keys.contains_key(id) || self.clients.contains_key(id) || self.applications.contains_key(id)
    }

    /// Whether this text, or it with the `=` that end an access key, is a live secret.
    pub(crate) fn is_secret(&self, text: &str) -> bool {
        self.tokens.find(text).is_some()
            || self.refreshes.0.contains_key(text)
            || self.keys.values().any(|key| key.secret.is(text))
            || self.clients.values().any(|client| client.secret.is(text))
            || self.applications.values().any(|application| application.secret.is(text))
    }

    pub(crate) fn contact(&self, id: u64) -> Option<&Contact> {
        self.tenants.values().find_map(|tenant| tenant.contacts.get(&id))
    }
}

/// The refresh tokens that may be used, by value.
#[derive(Default)]
pub(crate) struct Refreshes(pub(crate) HashMap<String, Refresh>);

impl fmt::Debug for Refreshes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys are live refresh tokens.
        f.debug_set().entries(self.0.values()).finish()
    }
}

/// What a refresh token renews.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) holder_id: String,
    /// The application, or `None` for a login at UserHub.
    pub(crate) client_id: Option<String>,
    pub(crate) session_id: String,
    pub(crate) expires: Moment,
}

const FIRST_BUSINESS_UNIT: u64 = 4_600_001;
const FIRST_CONTACT: u64 = 480_000_000;
