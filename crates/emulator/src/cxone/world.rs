//! What a test can do to CXone, beyond what it can do to every platform.

use super::{
    keys::{AccessKeys, NewAccessKey, VALIDITY},
    tenants::{CxoneTenant, NewCxoneTenant},
};
use crate::{
    clients::{ClientKeys, NewClient},
    draws::Kind,
    state::State,
    world::World,
};

impl World {
    /// Adds a tenant of CXone. One is there from the start, see [`World::cxone_tenant_id`].
    pub fn add_cxone_tenant(&self, tenant: NewCxoneTenant) -> CxoneTenant {
        let mut state = self.state();
        let State { cxone, draws, .. } = &mut *state;
        cxone.add_tenant(tenant, draws)
    }

    /// The tenant of CXone that is there from the start; whatever names no tenant belongs to it.
    pub fn cxone_tenant_id(&self) -> String {
        self.state().cxone.home.clone()
    }

    /// Registers an access key of CXone. The witness counts for it under the key's id.
    pub fn add_access_key(&self, key: NewAccessKey) -> AccessKeys {
        let (now, mut state) = (self.now(), self.state());
        let State { cxone, draws, journal, .. } = &mut *state;
        let name = key.name.clone();
        let keys = cxone.add_key(key, draws, now);
        journal.know(&keys.access_key_id, &name);
        keys
    }

    /// Registers a client of CXone as a well-known guide has it: an id and a secret alone, for `POST /oauth2/token`
    /// if [`CxoneSettings::guide_path`](crate::CxoneSettings::guide_path) serves it. Its tokens live 3600 seconds
    /// unless it says otherwise. Not to be confused with an application, which needs an access key.
    pub fn add_cxone_client(&self, client: NewClient) -> ClientKeys {
        let (now, mut state) = (self.now(), self.state());
        let State { cxone, draws, journal, .. } = &mut *state;
        let id = client.id.clone().unwrap_or_else(|| draws.id(Kind::Application));
        let secret = client.secret.clone().unwrap_or_else(|| draws.application_secret());
        journal.know(&id, &client.name);
        cxone.clients.insert(id.clone(), client.into_client(secret.clone(), VALIDITY, now));
        ClientKeys { id, secret }
    }

    /// Deactivates a user of CXone, or makes it active again: none of an inactive user's keys mints.
    pub fn set_cxone_user_active(&self, user_id: &str, active: bool) {
        let mut state = self.state();
        let inactive = &mut state.cxone.inactive_users;
        if active {
            inactive.remove(user_id)
        } else {
            inactive.insert(user_id.to_owned())
        };
    }

    /// Adds completed contacts to the tenant that is there from the start, one second apart and the last one second
    /// ago; their ids, in order.
    pub fn add_contacts(&self, count: u64) -> Vec<u64> {
        let home = self.cxone_tenant_id();
        self.add_contacts_of(&home, count)
    }

    /// Adds completed contacts to a tenant, as [`World::add_contacts`] does; none if there is no such tenant.
    pub fn add_contacts_of(&self, tenant_id: &str, count: u64) -> Vec<u64> {
        let now = self.now();
        self.state().cxone.add_contacts(tenant_id, count, now)
    }

    /// How many tag requests took effect on a contact: 1 is exactly once.
    pub fn tag_posts_of(&self, contact_id: u64) -> u64 {
        self.state().cxone.contact(contact_id).map_or(0, |contact| contact.tag_posts)
    }

    /// The tags put on a contact, in order, repetitions included.
    pub fn tags_of(&self, contact_id: u64) -> Vec<u64> {
        self.state().cxone.contact(contact_id).map(|contact| contact.tags.clone()).unwrap_or_default()
    }
}
