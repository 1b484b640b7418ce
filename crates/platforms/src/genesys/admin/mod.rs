//! The administration of Genesys Cloud's OAuth clients.
//!
//! ```text
//!   slot = an OAuth client, one secret each       A: active ── tokens        B: active or inactive, idle
//!   generate(B)   POST .../clients/B/secret       the only answer that ever holds this secret
//!   set_active    GET, then PUT of the whole      state, and every other member as it was
//!   delete        PUT inactive, DELETE, GET until it is gone
//! ```
//!
//! A client has one secret, and resetting it kills the one before: there is no overlap on one client. Zero downtime takes two clients with equal roles,
//! of which only the idle one is reset; so the slots are named by configuration, and none is made here.

mod clients;
mod copies;
mod document;
mod errands;
mod give;
mod names;
mod provisioning;
mod role_documents;
mod roles;
mod survey;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::policy::Rule;
use hallpass_core::{
    BoxFuture, Capabilities, Clock, CopyId, Credential, Fault, FaultCode, Generated, Rights, SecretAdmin,
    Sleep, Slot, SlotId,
};

use crate::admin::{AdminCalls, segment};

pub use copies::publish_copy;
pub use give::genesys_client_rules;
pub use provisioning::GenesysClients;

/// The administration of one integration's clients.
#[derive(Debug)]
pub struct GenesysAdmin {
    calls: Arc<dyn AdminCalls>,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    slots: Vec<SlotId>,
    token_lifetime: Option<Duration>,
}

/// Whose secrets are administered.
#[derive(Clone, Debug)]
pub struct GenesysAdminSettings {
    /// The ids of the integration's clients: one, or two that take turns.
    pub clients: Vec<String>,
    /// The longest life of their tokens, as their setting `accessTokenValiditySeconds` has it; without, the longest that the platform allows.
    pub token_lifetime: Option<Duration>,
}

impl GenesysAdmin {
    /// The administration of the clients that `settings` name, by `calls` of another identity: one with `oauth:client:view`, `oauth:client:edit`,
    /// for deleting `oauth:client:delete`, and every role of the clients, because nobody edits a client with roles that it lacks itself.
    ///
    /// # Errors
    /// `configuration-invalid`: no client, more than two, one twice, or one whose id is none.
    pub fn new(
        calls: Arc<dyn AdminCalls>,
        clock: Arc<dyn Clock>,
        sleep: Arc<dyn Sleep>,
        settings: &GenesysAdminSettings,
    ) -> Result<Self, Fault> {
        let slots: Vec<SlotId> = settings.clients.iter().map(|id| SlotId::new(id)).collect();
        let wrong = match slots.as_slice() {
            [] => Some("no client is named"),
            [one, other] if one == other => Some("the same client is named twice"),
            [_] | [_, _] => None,
            _ => Some("more than two clients are named"),
        };
        let unsafe_id = slots.iter().find(|slot| segment(slot.as_str()).is_err());
        match wrong.or(unsafe_id.map(|_| "a client's id is not one")) {
            Some(wrong) => Err(Fault::new(FaultCode::ConfigurationInvalid, wrong)),
            None => Ok(Self { calls, clock, sleep, slots, token_lifetime: settings.token_lifetime }),
        }
    }

    /// What the platform can do with so many clients; their tokens live so long, or as long as the platform allows.
    #[must_use]
    pub fn capabilities_of(clients: usize, token_lifetime: Option<Duration>) -> Capabilities {
        Capabilities {
            slot_member: "client_id",
            // One secret per client.
            max_live: Some(clients),
            can_create: false,
            can_reset: true,
            can_disable: true,
            shows_last_use: true,
            activation_delay: PROPAGATION,
            revoke_delay: REVOCATION,
            tokens_outlive_secret: Some(token_lifetime.unwrap_or(LONGEST_TOKEN)),
            min_interval: PROPAGATION,
            // Two clients are two clients: neither the API nor its documents know a time after which one of them would end.
            longest_overlap: None,
        }
    }

    /// This slot, if it is one of ours: the administering identity may be able to change every client of the organisation.
    fn own(&self, slot: &SlotId) -> Result<(), Fault> {
        if self.slots.contains(slot) {
            return Ok(());
        }
        let detail = format!("client `{slot}` is none of this integration's");
        Err(Fault::new(FaultCode::SlotUnknown, detail).with_hint(format!("its clients are {}", self.named())))
    }

    fn named(&self) -> String {
        let named: Vec<_> = self.slots.iter().map(|slot| format!("`{slot}`")).collect();
        named.join(" and ")
    }
}

impl SecretAdmin for GenesysAdmin {
    fn capabilities(&self) -> Capabilities {
        Self::capabilities_of(self.slots.len(), self.token_lifetime)
    }

    /// A client that is not there (any more) is not listed. `last_used` is that of its API calls, as the platform counts them: by day, and seven days
    /// back; who used it at all before that, or never, shows as last used when they began. It is `Unknown` where the platform does not tell, for
    /// whatever reason, since knowing the slots matters more.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Slot>, Fault>> {
        Box::pin(self.list_clients())
    }

    /// Only with a slot: `slots-full` without one, because clients are named by configuration.
    fn generate<'a>(&'a self, slot: Option<&'a SlotId>) -> BoxFuture<'a, Result<Generated, Fault>> {
        Box::pin(async move {
            match slot {
                Some(slot) => self.reset_secret(slot).await,
                None => {
                    let detail = format!("the integration has the clients {} and no other", self.named());
                    let hint = "reset the secret of the idle one, or make a second client with equal roles and name it in the configuration";
                    Err(Fault::new(FaultCode::SlotsFull, detail).with_hint(hint))
                }
            }
        })
    }

    /// Reads the client and writes it back whole with another state; nothing is written where the state is right already. The platform has no
    /// compare-and-set: what somebody changes between the two is overwritten.
    ///
    /// A client that the vendor's support has `disabled` counts as switched off, and is never switched on from here.
    fn set_active<'a>(&'a self, slot: &'a SlotId, active: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.switch(slot, active))
    }

    /// Switches the client off first, since the platform deletes no active one. A client that the platform keeps for some days, with a date at which it
    /// will be deleted, is deleted for us. Stopped in the middle it may be inactive and there; doing it again finishes it.
    fn delete<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.remove(slot))
    }

    /// Its roles, division by division.
    fn rights<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<Rights, Fault>> {
        Box::pin(async move { Ok(self.read(slot).await?.rights()) })
    }

    /// A copy is an integration credential of the type `pureCloudOAuthClient`; see [`publish_copy`].
    fn write_copy<'a>(
        &'a self,
        copy: &'a CopyId,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let member = |name: &str| Some((name.to_owned(), credential.member(name)?.clone()));
            let members = ["client_id", "client_secret"].into_iter().filter_map(member).collect();
            publish_copy(&*self.calls, &*self.clock, copy.as_str(), &members).await
        })
    }
}

/// What the administering integration must be allowed to call for these clients, and for these copies of their secrets (integration credentials);
/// nothing else.
///
/// # Errors
/// `slot-unknown`: an id is none.
pub fn genesys_admin_rules(clients: &[String], copies: &[String]) -> Result<Vec<Rule>, Fault> {
    let mut lines = Vec::new();
    for id in clients {
        let client = format!("{}/{}", errands::CLIENTS, segment(id)?);
        lines.extend(["GET", "PUT", "DELETE"].map(|method| format!("{method} {client}")));
        lines.push(format!("POST {client}/secret"));
        lines.push(format!("GET {client}/usage/summary"));
        lines.push(format!("GET {client}/usage/query/results/*"));
    }
    for id in copies {
        let copy = format!("{}/{}", errands::COPIES, segment(id)?);
        lines.extend(["GET", "PUT"].map(|method| format!("{method} {copy}")));
    }
    let rules = lines.iter().map(|line| line.parse());
    rules
        .collect::<Result<_, _>>()
        .map_err(|fault| Fault::new(FaultCode::Internal, format!("a rule: {fault}")))
}

/// The vendor's Terraform provider waits this long after a change of authorisation, on the advice of the vendor's own team: an earlier read may pin a
/// stale cache. It is also the least time between two resets, so that the first is known everywhere before the second.
const PROPAGATION: Duration = Duration::from_secs(10);

/// A replaced secret is dead "immediately", but nobody says how long caches keep it; a minute is ours, several times the propagation that is known.
const REVOCATION: Duration = Duration::from_secs(60);

/// The most that the vendor's SDK documents for `accessTokenValiditySeconds`. Nothing ties a token to the secret it was granted for, so it lives on.
const LONGEST_TOKEN: Duration = Duration::from_secs(172_800);

#[cfg(test)]
mod tests;
