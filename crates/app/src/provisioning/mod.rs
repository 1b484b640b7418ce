//! Provisioning, wired: one integration's platform, store and audit log around the engine that decides.
//!
//! ```text
//!   configuration ──▶ Wanted                                       ┌─ store of the first reference, which must be one that can be written
//!                              lifecycle::provisioning::Engine ────┼─ clients: of Genesys Cloud, or the access keys of a CXone user
//!   command ─────────▶ Goal                                        └─ audit log, progress
//! ```

mod by_hand;
mod checks;
mod form;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{ClientAdmin, Fault, FaultCode, SlotId, Stage};
use hallpass_lifecycle::provisioning::{Document, Engine, Entries, Parts, Wanted, Witness};
use hallpass_platforms::{CxoneKeySettings, CxoneKeys, GenesysClients};

use crate::administration::administrative_calls;
use crate::assemble::{App, Integration};
use crate::beside::beside;
use crate::config::{Config, ProvisionConfig, RotationConfig};
use crate::rotation::machine;
pub(crate) use by_hand::{stored_by_hand, with_provisioned};
pub use checks::{CheckState, ProvisionCheck};
pub use form::{Field, Form};

/// How one run of provisioning behaves.
#[derive(Clone, Copy, Debug)]
pub struct ProvisionOptions {
    /// Whether a client of the wanted name that hallpass did not make is taken over.
    pub adopt: bool,
    /// Whether what was used lately may be removed.
    pub even_if_used: bool,
    /// How long it waits at one place before it ends; the next run goes on from there.
    pub stay: Duration,
}

impl App {
    /// The integrations whose configuration has a table `provision`, in order of their names.
    pub fn provisioned(&self) -> impl Iterator<Item = &str> {
        let with = self.integrations.iter().filter(|integration| integration.described.provision.is_some());
        with.map(|integration| integration.client.name().as_str())
    }

    /// The form that a person fills in where the platform has no call for it: the guide's credential, with what lint says of it. `None` where hallpass can do it.
    ///
    /// # Errors
    /// `integration-unknown`; `provision-refused` where the configuration says nothing of provisioning.
    pub async fn credential_form(
        &self,
        config: &Config,
        file: &Path,
        name: &str,
    ) -> Result<Option<Form>, Fault> {
        let integration = self.integration(name)?;
        let wanted = provision_config(integration)?;
        if integration.described.platform.profile != "guide" {
            return Ok(None);
        }
        let judged = self.lint_planned(config, file, name, None).await?;
        Ok(Some(form::form(integration, wanted, &judged)))
    }

    /// The provisioning of the integration `name`. Nothing is read or sent yet.
    ///
    /// # Errors
    /// `integration-unknown`; `provision-refused` where its configuration says nothing of it, or names what this platform has not; `store-*`.
    pub fn provisioning(
        &self,
        name: &str,
        options: ProvisionOptions,
        witness: Arc<dyn Witness>,
    ) -> Result<Engine, Fault> {
        let integration = self.integration(name)?;
        let config = provision_config(integration)?;
        let admin = self.clients(integration, config)?;
        let (reference, store) = self.written(integration)?;
        let store = self.on_record(store, &reference.entry, Some(integration), "provisioning");
        let (nature, rotation) = (admin.nature(), integration.described.rotation.as_ref());
        let also = rotation.into_iter().flat_map(|rotation| &rotation.clients);
        let wanted = Wanted {
            integration: integration.client.name().clone(),
            environment: self.environment.clone(),
            entries: Entries { secret: reference.entry.clone(), document: beside(&reference, "provision")? },
            reference: reference.to_string(),
            nature,
            name: config.name.clone().unwrap_or_else(|| name.to_owned()),
            grants: config.rights(name),
            own_role: config.own_role(name),
            granted: Vec::new(),
            scopes: config.scopes.clone(),
            token_lifetime: config.token_lifetime,
            allowed_ips: config.allowed_ips.iter().map(ToString::to_string).collect(),
            pair: nature.can_reset && rotation.is_some_and(takes_provisioned_turns),
            also: also.map(|id| SlotId::new(id)).collect(),
            adopt: options.adopt,
            even_if_used: options.even_if_used,
            accepted: self.borne(integration),
            stay: options.stay,
        };
        let parts = Parts {
            store,
            admin,
            audit: Arc::clone(&self.parts.audit),
            witness,
            clock: Arc::clone(&self.parts.clock),
            sleep: Arc::clone(&self.parts.sleep),
            randomness: Arc::clone(&self.parts.randomness),
            machine: machine(),
        };
        Ok(Engine::new(parts, wanted))
    }

    /// The clients that take turns in a rotation, by id: those that the configuration names, and those that provisioning noted. Nothing where that cannot be
    /// read: a client that nobody knows shows as one.
    pub(crate) async fn taking_turns(&self, integration: &Integration) -> BTreeSet<String> {
        let described = &integration.described;
        let named = described.rotation.iter().flat_map(|rotation| rotation.clients.iter().cloned());
        let mut ids: BTreeSet<String> = named.collect();
        if described.provision.is_some() {
            let noted = self.noted(integration).await.unwrap_or_default();
            ids.extend(noted.iter().map(|id| id.as_str().to_owned()));
        }
        ids
    }

    async fn noted(&self, integration: &Integration) -> Result<BTreeSet<SlotId>, Fault> {
        let (reference, store) = self.written(integration)?;
        let stored = store.read(&beside(&reference, "provision")?, Stage::Current).await?;
        Ok(Document::parse(&stored.value)?.clients)
    }

    fn clients(
        &self,
        integration: &Integration,
        config: &ProvisionConfig,
    ) -> Result<Arc<dyn ClientAdmin>, Fault> {
        let calls = administrative_calls(self, &config.administrator, config.upstream.as_deref())?;
        let (clock, sleep) = (Arc::clone(&self.parts.clock), Arc::clone(&self.parts.sleep));
        let platform = &integration.described.platform;
        match (platform.platform.as_str(), platform.profile.as_str(), &config.user) {
            (_, "guide", _) => Err(refused(integration, "the guide's credential has no call that makes it")
                .with_hint("fill in the form that `hallpass provision plan` shows, then store it with `hallpass secret put`")),
            ("genesys", _, None) => Ok(Arc::new(GenesysClients::new(calls, clock, sleep))),
            ("genesys", _, Some(_)) => {
                Err(refused(integration, "`user` is for CXone, and this is Genesys Cloud").with_hint("leave `user` out"))
            }
            ("cxone", _, Some(user)) => {
                let settings = CxoneKeySettings {
                    user_id: user.clone(),
                    tenant_id: None,
                    max_keys: CxoneKeySettings::MOST_KEYS,
                };
                Ok(Arc::new(CxoneKeys::new(calls, clock, settings)?))
            }
            ("cxone", _, None) => Err(refused(integration, "no user is named whose access key it shall be")
                .with_hint("make a service user for this integration alone and name its id in `provision.user`")),
            (other, ..) => Err(refused(integration, &format!("platform \"{other}\" has no clients that hallpass can make"))
                .with_hint("register the client by hand and store it with `hallpass secret put`")),
        }
    }
}

/// Whether a rotation takes turns with two clients that nobody named: then provisioning makes both.
pub(crate) fn takes_provisioned_turns(rotation: &RotationConfig) -> bool {
    rotation.clients.is_empty() && rotation.takes_turns()
}

fn provision_config(integration: &Integration) -> Result<&ProvisionConfig, Fault> {
    integration.described.provision.as_ref().ok_or_else(|| {
        let name = integration.client.name();
        refused(integration, "nothing is said of what it shall be at the platform").with_hint(format!(
            "add a table [integrations.{name}.provision]; `hallpass schema` says what goes in"
        ))
    })
}

fn refused(integration: &Integration, what: &str) -> Fault {
    let detail = format!("`integrations.{}.provision`: {what}", integration.client.name());
    Fault::new(FaultCode::ProvisionRefused, detail)
}
