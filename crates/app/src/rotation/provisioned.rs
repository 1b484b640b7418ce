//! The clients that provisioning made for an integration, as the slots of its rotation: nobody has to copy their ids into the configuration.
//!
//! ```text
//!   provision apply ──▶ document beside the secret: `clients` ──▶ here, at every question ──▶ GenesysAdmin
//! ```
//!
//! The document is read for every call, since provisioning may replace a client between two of them.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{
    BoxFuture, Capabilities, Clock, CopyId, Credential, EntryName, Fault, FaultCode, Generated, Rights,
    Secret, SecretAdmin, Sleep, Slot, SlotId, Stage, Store,
};
use hallpass_lifecycle::provisioning::Document;
use hallpass_platforms::{AdminCalls, GenesysAdmin, GenesysAdminSettings};

/// The administration of clients that are looked up when they are needed.
#[derive(Debug)]
pub(super) struct ProvisionedClients {
    pub(super) integration: String,
    pub(super) calls: Arc<dyn AdminCalls>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sleep: Arc<dyn Sleep>,
    /// Where the secret and what provisioning noted beside it rest.
    pub(super) store: Arc<dyn Store>,
    pub(super) secret: EntryName,
    pub(super) document: EntryName,
    /// How many there are: two that take turns, or one whose secret is replaced in place.
    pub(super) most: usize,
    pub(super) token_lifetime: Option<Duration>,
}

impl ProvisionedClients {
    async fn admin(&self) -> Result<GenesysAdmin, Fault> {
        let settings =
            GenesysAdminSettings { clients: self.clients().await?, token_lifetime: self.token_lifetime };
        let (clock, sleep) = (Arc::clone(&self.clock), Arc::clone(&self.sleep));
        GenesysAdmin::new(Arc::clone(&self.calls), clock, sleep, &settings)
    }

    async fn clients(&self) -> Result<Vec<String>, Fault> {
        let noted = match self.read(&self.document).await? {
            Some(stored) => Document::parse(&stored)?.clients,
            None => Default::default(),
        };
        let found: Vec<String> = match self.most {
            1 => self.stored_client().await?.into_iter().collect(),
            _ => noted.iter().map(|id| id.as_str().to_owned()).collect(),
        };
        if found.len() == self.most {
            return Ok(found);
        }
        let name = &self.integration;
        let wanting = if self.most == 1 { "no client" } else { "no two clients that take turns" };
        let detail = format!("`{name}`: provisioning has made {wanting} yet");
        Err(Fault::new(FaultCode::RotationRefused, detail).with_hint(format!(
            "run `hallpass provision apply {name}`, or name the clients in `rotation.clients`"
        )))
    }

    /// The client whose secret is in use.
    async fn stored_client(&self) -> Result<Option<String>, Fault> {
        let Some(value) = self.read(&self.secret).await? else { return Ok(None) };
        let credential = Credential::parse(&value, hallpass_core::Version::new(""), &[])?;
        Ok(credential.member("client_id").and_then(Secret::expose_str).map(str::to_owned))
    }

    async fn read(&self, entry: &EntryName) -> Result<Option<Secret>, Fault> {
        match self.store.read(entry, Stage::Current).await {
            Ok(stored) => Ok(Some(stored.value)),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

impl SecretAdmin for ProvisionedClients {
    fn capabilities(&self) -> Capabilities {
        GenesysAdmin::capabilities_of(self.most, self.token_lifetime)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Slot>, Fault>> {
        Box::pin(async move { self.admin().await?.list().await })
    }

    fn generate<'a>(&'a self, slot: Option<&'a SlotId>) -> BoxFuture<'a, Result<Generated, Fault>> {
        Box::pin(async move { self.admin().await?.generate(slot).await })
    }

    fn set_active<'a>(&'a self, slot: &'a SlotId, active: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { self.admin().await?.set_active(slot, active).await })
    }

    fn delete<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { self.admin().await?.delete(slot).await })
    }

    fn rights<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<Rights, Fault>> {
        Box::pin(async move { self.admin().await?.rights(slot).await })
    }

    fn write_copy<'a>(
        &'a self,
        copy: &'a CopyId,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { self.admin().await?.write_copy(copy, credential).await })
    }
}
