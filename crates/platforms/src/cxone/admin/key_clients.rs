//! Access keys as clients: made for a service user, and removed. Their rights are those of the user, and they carry neither name nor mark.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{
    BoxFuture, ClientAdmin, ClientCall, ClientDeed, ClientDraft, ClientNature, ClientQuery, ClientSeen,
    ClientSurvey, Clock, Fault, FaultCode, Generated, LastUsed, RoleGrant, RoleGrantName, SecretAdmin, Slot,
    SlotId, SurveyedClient,
};

use super::keys::{CxoneKeyAdmin, CxoneKeySettings};
use crate::admin::{AdminCalls, segment};

/// The administration of one service user's access keys as clients.
#[derive(Debug)]
pub struct CxoneKeys(CxoneKeyAdmin);

impl CxoneKeys {
    /// As [`CxoneKeyAdmin::new`].
    ///
    /// # Errors
    /// `configuration-invalid`: no room for a single key, or the user's id is none.
    pub fn new(
        calls: Arc<dyn AdminCalls>,
        clock: Arc<dyn Clock>,
        settings: CxoneKeySettings,
    ) -> Result<Self, Fault> {
        CxoneKeyAdmin::new(calls, clock, settings).map(Self)
    }

    async fn slots(&self) -> Result<Vec<Slot>, Fault> {
        self.0.list().await
    }
}

impl ClientAdmin for CxoneKeys {
    fn nature(&self) -> ClientNature {
        ClientNature {
            kind: "access key",
            slot_member: "access_key_id",
            can_be_marked: false,
            can_reset: false,
            takes_grants: false,
            token_lifetime: None,
            no_address_list: Some(
                "addresses are \"locations\" of a login authenticator, which a person sets in the console",
            ),
            listing_lag: LISTING_LAG,
        }
    }

    /// All keys of the user, whoever made them: a user has a handful. One that is known and does not show yet is asked for by its id.
    fn find<'a>(&'a self, query: &'a ClientQuery) -> BoxFuture<'a, Result<Vec<ClientSeen>, Fault>> {
        Box::pin(async move {
            let mut slots = self.slots().await?;
            for id in &query.ids {
                let unlisted = segment(id.as_str()).is_ok() && slots.iter().all(|slot| slot.id != *id);
                if let Some(key) = if unlisted { self.0.find(id).await? } else { None } {
                    slots.push(key.slot());
                }
            }
            slots.sort_by(|one, other| one.id.cmp(&other.id));
            Ok(slots.into_iter().map(seen).collect())
        })
    }

    fn resolve<'a>(&'a self, wanted: &'a [RoleGrantName]) -> BoxFuture<'a, Result<Vec<RoleGrant>, Fault>> {
        Box::pin(std::future::ready(match wanted {
            [] => Ok(Vec::new()),
            _ => Err(Fault::new(FaultCode::ProvisionRefused, "an access key has the rights of its user")),
        }))
    }

    fn own_grants(&self) -> BoxFuture<'_, Result<Option<BTreeSet<RoleGrant>>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn create<'a>(&'a self, _draft: &'a ClientDraft) -> BoxFuture<'a, Result<Generated, Fault>> {
        self.0.generate(None)
    }

    /// Nothing of a key can be changed but its state.
    fn update<'a>(&'a self, id: &'a SlotId, draft: &'a ClientDraft) -> BoxFuture<'a, Result<(), Fault>> {
        match draft.active {
            Some(active) => self.0.set_active(id, active),
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }

    fn reset<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<Generated, Fault>> {
        self.0.generate(Some(id))
    }

    fn deactivate<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            match self.0.set_active(id, false).await {
                Err(fault) if fault.code() == FaultCode::SlotUnknown => Ok(()),
                ended => ended,
            }
        })
    }

    fn delete<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        self.0.delete(id)
    }

    fn last_used<'a>(&'a self, id: &'a SlotId) -> BoxFuture<'a, LastUsed> {
        Box::pin(async move {
            let slots = self.slots().await.unwrap_or_default();
            slots.into_iter().find(|slot| slot.id == *id).map_or(LastUsed::Unknown, |slot| slot.last_used)
        })
    }

    fn call(&self, deed: ClientDeed) -> Option<ClientCall> {
        let (line, permission) = match deed {
            ClientDeed::Find | ClientDeed::LastUsed => {
                ("GET /access-key-management/v1/access-keys", "Access Key: View")
            }
            ClientDeed::Create => ("POST /access-key-management/v1/access-keys", "Access Key: Create"),
            ClientDeed::Update | ClientDeed::Deactivate => {
                ("PATCH /access-key-management/v1/access-keys", "Access Key: Edit")
            }
            ClientDeed::Delete => ("DELETE /access-key-management/v1/access-keys/*", "Access Key: Delete"),
            _ => return None,
        };
        Some(ClientCall { line, permission })
    }
}

impl ClientSurvey for CxoneKeys {
    fn survey<'a>(
        &'a self,
        told: &'a (dyn Fn(usize) + Send + Sync),
    ) -> BoxFuture<'a, Result<Vec<SurveyedClient>, Fault>> {
        Box::pin(async move {
            let slots = self.slots().await?;
            told(slots.len());
            let surveyed = |slot: Slot| SurveyedClient {
                created: slot.created,
                grant_type: None,
                scopes: Vec::new(),
                roles: Vec::new(),
                seen: seen(slot),
            };
            Ok(slots.into_iter().map(surveyed).collect())
        })
    }

    /// The list says it of every key: who found nothing there finds nothing anywhere else.
    fn last_used<'a>(&'a self, _client: &'a SurveyedClient) -> BoxFuture<'a, LastUsed> {
        Box::pin(std::future::ready(LastUsed::Unknown))
    }
}

fn seen(slot: Slot) -> ClientSeen {
    ClientSeen {
        id: slot.id,
        name: String::new(),
        description: String::new(),
        active: slot.active,
        machine_only: true,
        grants: BTreeSet::new(),
        token_lifetime: None,
        last_used: slot.last_used,
    }
}

/// Not documented; comparable platforms list what was made within seconds. A minute is ours.
const LISTING_LAG: Duration = Duration::from_secs(60);
