//! What is done with clients, call by call.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{Fault, FaultCode, Generated, Secret, Slot, SlotId};
use http::StatusCode;

use super::GenesysAdmin;
use super::document::{ClientDocument, ClientState, Made};
use super::errands::{self, Deed};
use crate::admin::{AdminCall, AdminReply};

impl GenesysAdmin {
    pub(super) async fn list_clients(&self) -> Result<Vec<Slot>, Fault> {
        let mut slots = Vec::new();
        for slot in &self.slots {
            let Some(document) = self.find(slot).await?.filter(|found| found.state() != ClientState::Deleted)
            else {
                continue;
            };
            let last_used = self.last_used(slot.as_str(), document.created()).await;
            slots.push(document.slot(slot, last_used));
        }
        slots.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(slots)
    }

    pub(super) async fn reset_secret(&self, slot: &SlotId) -> Result<Generated, Fault> {
        self.own(slot)?;
        let id = slot.as_str();
        let reply = self.sent(errands::reset(id)?, Deed::Reset, id).await?;
        let made = Made::read(reply.body.expose()).filter(|made| made.id == id).ok_or_else(|| {
            let hint = "the client has a secret that nobody knows: reset it again, and let nobody use the one before";
            Deed::Reset.errand(id).unreadable(&reply).with_hint(hint)
        })?;
        let members = [("client_id", Secret::from(id)), ("client_secret", made.into_secret())];
        let members: BTreeMap<_, _> = members.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(Generated { slot: slot.clone(), members })
    }

    pub(super) async fn switch(&self, slot: &SlotId, active: bool) -> Result<(), Fault> {
        let document = self.read(slot).await?;
        match (document.state(), active) {
            (ClientState::Active, true) | (ClientState::Inactive | ClientState::Disabled, false) => Ok(()),
            (ClientState::Disabled, true) => {
                let detail = format!("client `{slot}` is disabled by the vendor");
                Err(Fault::new(FaultCode::UpstreamRefused, detail).with_hint(
                    "ask the vendor's support why: a client is not disabled by its administrators",
                ))
            }
            _ => self.write_state(slot, &document, if active { "active" } else { "inactive" }).await,
        }
    }

    pub(super) async fn remove(&self, slot: &SlotId) -> Result<(), Fault> {
        self.own(slot)?;
        let id = slot.as_str();
        let Some(document) = self.find(slot).await?.filter(|found| !found.is_going()) else { return Ok(()) };
        if document.state() == ClientState::Active {
            self.write_state(slot, &document, "inactive").await?;
        }
        let mut accepted = false;
        for _ in 0..QUESTIONS {
            // A machine that has not heard of the new state refuses, so a refusal for that reason is not the last word.
            accepted = accepted || self.delete_inactive(id).await?;
            if accepted && self.find(slot).await?.is_none_or(|found| found.is_going()) {
                return Ok(());
            }
            self.sleep.sleep(BETWEEN).await;
        }
        let detail = format!("client `{slot}` is still there after its deletion");
        Err(Fault::new(FaultCode::UpstreamTimeout, detail)
            .with_hint("delete it again later: doing it twice is fine"))
    }

    /// A client of ours that is there.
    pub(super) async fn read(&self, slot: &SlotId) -> Result<ClientDocument, Fault> {
        self.own(slot)?;
        let found = self.find(slot).await?.filter(|found| found.state() != ClientState::Deleted);
        found.ok_or_else(|| Fault::new(FaultCode::SlotUnknown, format!("client `{slot}`")))
    }

    /// Sends a call and judges its answer.
    pub(super) async fn sent(&self, call: AdminCall, deed: Deed, id: &str) -> Result<AdminReply, Fault> {
        deed.errand(id).judge(self.calls.call(call).await?, self.clock.now())
    }

    /// The client, or `None` if the platform knows none.
    async fn find(&self, slot: &SlotId) -> Result<Option<ClientDocument>, Fault> {
        let id = slot.as_str();
        let reply = self.calls.call(errands::read(id)?).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let reply = Deed::Read.errand(id).judge(reply, self.clock.now())?;
        let document = ClientDocument::read(reply.body.expose());
        document.map(Some).ok_or_else(|| Deed::Read.errand(id).unreadable(&reply))
    }

    async fn write_state(&self, slot: &SlotId, document: &ClientDocument, state: &str) -> Result<(), Fault> {
        let id = slot.as_str();
        let reply = self.sent(errands::replace(id, document.with_state(state))?, Deed::Replace, id).await?;
        let wanted = if state == "active" { ClientState::Active } else { ClientState::Inactive };
        match ClientDocument::read(reply.body.expose()) {
            Some(now) if now.state() == wanted => Ok(()),
            Some(_) => {
                let detail = format!("client `{slot}` was accepted as {state} and is not");
                Err(Fault::new(FaultCode::UpstreamRefused, detail))
            }
            None => Err(Deed::Replace.errand(id).unreadable(&reply)),
        }
    }

    /// Whether the platform takes the deletion; `false` while it believes the client active.
    async fn delete_inactive(&self, id: &str) -> Result<bool, Fault> {
        let errand = Deed::Delete.errand(id);
        let reply = self.calls.call(errands::delete(id)?).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(true);
        }
        if errand.code(&reply).as_deref() == Some("cannot.delete.client") {
            return Ok(false);
        }
        errand.judge(reply, self.clock.now()).map(|_| true)
    }
}

/// The vendor's Terraform provider waits up to 30 s until a deleted client is gone.
const QUESTIONS: u32 = 15;
const BETWEEN: Duration = Duration::from_secs(2);
