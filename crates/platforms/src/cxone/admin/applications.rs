//! The administration of an integration's applications: client secrets that change by changing the application.

use std::sync::Arc;

use hallpass_core::{
    BoxFuture, Capabilities, Clock, Fault, FaultCode, Generated, Rights, SecretAdmin, Slot, SlotId,
};
use http::StatusCode;

use super::application::{Application, generated, template};
use super::application_errands::{Applications, errand, page};
use super::keys::says_full;
use super::listing::all_pages;
use super::{ACTIVATION, REVOCATION, TOKEN_LIFETIME};
use crate::admin::{AdminCalls, segment};

/// The administration of one integration's applications.
///
/// The first is called as the settings say, its successors `NAME-2`, `NAME-3` and so on: the platform knows nothing of integrations, and the name is the
/// only member that says whose an application is.
#[derive(Debug)]
pub struct CxoneApplicationAdmin {
    calls: Arc<dyn AdminCalls>,
    clock: Arc<dyn Clock>,
    applications: Applications,
    name: String,
}

/// Whose applications are administered, and where.
#[derive(Clone, Debug)]
pub struct CxoneApplicationSettings {
    /// What `/applications` is appended to. The relative paths are the vendor's, but where they are it does not publish: ask it.
    pub base_path: String,
    /// The name of the integration's first application.
    pub name: String,
}

impl CxoneApplicationAdmin {
    /// The administration of the applications of a name, by `calls` of another identity.
    ///
    /// # Errors
    /// `configuration-invalid`: the path is not a plain one, or the name is empty.
    pub fn new(
        calls: Arc<dyn AdminCalls>,
        clock: Arc<dyn Clock>,
        settings: CxoneApplicationSettings,
    ) -> Result<Self, Fault> {
        if settings.name.trim().is_empty() {
            return Err(Fault::new(FaultCode::ConfigurationInvalid, "the application has no name"));
        }
        let applications = Applications::below(&settings.base_path)?;
        Ok(Self { calls, clock, applications, name: settings.name })
    }

    /// Every application of the integration, those on their way out included.
    async fn all(&self) -> Result<Vec<Application>, Fault> {
        let (calls, clock) = (&*self.calls, &*self.clock);
        let items = all_pages(calls, clock, &errand(""), (self.applications.path(), ""), page).await?;
        let unreadable =
            || Fault::new(FaultCode::UpstreamAnswerBad, "an application in the list cannot be read");
        let known: Vec<Application> =
            items.iter().map(Application::item).collect::<Option<_>>().ok_or_else(unreadable)?;
        Ok(known.into_iter().filter(|known| known.number(&self.name).is_some()).collect())
    }

    async fn create(&self) -> Result<Generated, Fault> {
        let known = self.all().await?;
        let (template, name) = template(&known, &self.name).ok_or_else(|| {
            let detail = format!("no application is called `{}`", self.name);
            Fault::new(FaultCode::SlotUnknown, detail).with_hint(
                "the first application is registered with the vendor; its name is what the settings name",
            )
        })?;
        let reply = self.calls.call(self.applications.create(&template.twin(&name))).await?;
        if says_full(&reply) {
            let named: Vec<_> = known.iter().map(|known| format!("`{}`", known.id)).collect();
            let detail = format!("the integration's applications are {}", named.join(" and "));
            return Err(Fault::new(FaultCode::SlotsFull, detail));
        }
        let reply = errand("").judge(reply, self.clock.now())?;
        generated(reply.body.expose()).ok_or_else(|| {
            let hint = "an application may exist whose secret nobody knows: list them, and delete the one that is new";
            errand("").unreadable(&reply).with_hint(hint)
        })
    }

    /// The application, or `None` if the platform knows none of this id.
    async fn find(&self, slot: &SlotId) -> Result<Option<Application>, Fault> {
        let id = slot.as_str();
        let reply = self.calls.call(self.applications.read(segment(id)?)?).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let reply = errand(id).judge(reply, self.clock.now())?;
        let known = Application::read(reply.body.expose()).ok_or_else(|| errand(id).unreadable(&reply))?;
        if known.number(&self.name).is_some() {
            return Ok(Some(known));
        }
        Err(Fault::new(FaultCode::SlotUnknown, format!("application `{slot}` is none of this integration's")))
    }

    async fn there(&self, slot: &SlotId) -> Result<Application, Fault> {
        let unknown = || Fault::new(FaultCode::SlotUnknown, format!("application `{slot}`"));
        self.find(slot).await?.ok_or_else(unknown)
    }

    async fn switch(&self, slot: &SlotId, active: bool) -> Result<(), Fault> {
        let reply = self.calls.call(self.applications.switch(slot.as_str(), active)?).await?;
        errand(slot.as_str()).judge(reply, self.clock.now()).map(drop)
    }
}

impl SecretAdmin for CxoneApplicationAdmin {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            slot_member: "client_id",
            max_live: None,
            can_create: true,
            can_reset: false,
            can_disable: true,
            shows_last_use: false,
            activation_delay: ACTIVATION,
            revoke_delay: REVOCATION,
            tokens_outlive_secret: Some(TOKEN_LIFETIME),
            min_interval: ACTIVATION,
            // An application ends when somebody deletes it; no document says that another one shortens its life.
            longest_overlap: None,
        }
    }

    /// An application that is disabled and will be deleted at a date that is set is gone for us, and not listed.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Slot>, Fault>> {
        Box::pin(async move {
            let known = self.all().await?;
            let there = known.iter().filter(|known| known.is_enabled() || !known.is_scheduled());
            let mut slots: Vec<Slot> = there.map(Application::slot).collect();
            slots.sort_by(|one, other| one.id.cmp(&other.id));
            Ok(slots)
        })
    }

    /// Only without a slot. Registers a twin of the youngest application in use, members that came later included.
    fn generate<'a>(&'a self, slot: Option<&'a SlotId>) -> BoxFuture<'a, Result<Generated, Fault>> {
        Box::pin(async move {
            match slot {
                None => self.create().await,
                Some(slot) => {
                    let detail = format!("application `{slot}` cannot be given another secret");
                    Err(Fault::new(FaultCode::RotationRefused, detail)
                        .with_hint("register a second one instead"))
                }
            }
        })
    }

    fn set_active<'a>(&'a self, slot: &'a SlotId, active: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            if self.there(slot).await?.is_enabled() == active {
                Ok(())
            } else {
                self.switch(slot, active).await
            }
        })
    }

    /// Disables it first: the platform deletes at a date that it sets, and until then an enabled application would go on. Until then it can be brought
    /// back in the platform's console.
    fn delete<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let Some(known) = self.find(slot).await? else { return Ok(()) };
            if known.is_enabled() {
                self.switch(slot, false).await?;
            }
            if known.is_scheduled() {
                return Ok(());
            }
            let reply = self.calls.call(self.applications.delete(slot.as_str())?).await?;
            if reply.status == StatusCode::NOT_FOUND {
                return Ok(());
            }
            errand(slot.as_str()).judge(reply, self.clock.now()).map(drop)
        })
    }

    /// Its scopes and its standing. Tokens act as a user besides, who is the same for every application.
    fn rights<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<Rights, Fault>> {
        Box::pin(async move { Ok(self.there(slot).await?.rights()) })
    }
}
