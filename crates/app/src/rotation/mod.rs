//! Rotation, wired: one integration's store, platform, canaries, consumers and journal around the engine that decides.
//!
//! ```text
//!   configuration ──▶ Plan                                       ┌─ store of the first reference that can be written
//!                                 lifecycle::rotation::Engine ───┼─ slots: Genesys clients, CXone keys or applications, by the administrator
//!   command, schedule, event ──▶ Order                           ├─ canary calls with the new secret, and the user's own test
//!                                                                └─ acknowledgements, journal, audit log
//! ```

#[cfg(feature = "aws")]
mod function;
mod journal;
mod lookout;
mod one;
mod plan;
mod provisioned;
mod publish;
mod revocation;
#[cfg(feature = "aws")]
mod secrets_manager;
mod slots;
mod trial;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{Fault, FaultCode, Store};
use hallpass_lifecycle::rotation::{Acks, Engine, Journal, NoAcks, NoJournal, Parts, Progress, Publish};
use hallpass_stores::Reference;

use crate::acks::{self, Consumers, Unheard};
use crate::assemble::{App, Integration};
use crate::config::RotationConfig;
use journal::FileJournal;
use lookout::Watch;
pub use one::{Planned, Rotation};
#[cfg(feature = "aws")]
pub use secrets_manager::{RotationStep, SecretRotation, Stepped};

/// What the audit log says of who read a secret.
const BY: &str = "rotation";

/// How one run of a rotation behaves.
#[derive(Clone, Copy, Debug)]
pub struct RotationOptions {
    /// How long it waits at one place before it ends; the next run goes on from there.
    pub stay: Duration,
    /// Whether the only secret of a platform may be replaced in place, which fails calls for a moment.
    pub accept_downtime_risk: bool,
}

impl App {
    /// The integrations whose configuration has a table `rotation`, in order of their names.
    pub fn rotated(&self) -> impl Iterator<Item = &str> {
        let rotated = self.integrations.iter().filter(|integration| integration.described.rotation.is_some());
        rotated.map(|integration| integration.client.name().as_str())
    }

    /// The rotation of the secret of the integration `name`. Nothing is read or sent yet.
    ///
    /// # Errors
    /// `integration-unknown`; `rotation-refused` where its configuration says nothing of rotation or no reference can be written;
    /// `configuration-invalid` where the platform's slots are not named.
    pub fn rotation(
        &self,
        name: &str,
        options: RotationOptions,
        progress: Arc<dyn Progress>,
    ) -> Result<Rotation, Fault> {
        let integration = self.integration(name)?;
        let config = integration.described.rotation.as_ref().ok_or_else(|| {
            let hint =
                format!("add a table [integrations.{name}.rotation]; `hallpass schema` says what goes in");
            Fault::new(FaultCode::RotationRefused, format!("nothing is said of the rotation of `{name}`"))
                .with_hint(hint)
        })?;
        self.rotation_in(integration, config, self.written(integration)?, options, progress)
    }

    /// Whether the rotation of the integration `name`, if its configuration has one, leaves two secrets together no longer than they may be. Nothing is
    /// read or sent.
    ///
    /// # Errors
    /// `integration-unknown`; `rotation-refused` with the sum; `configuration-invalid` where the platform's slots are not named.
    pub fn rotation_fits(&self, name: &str) -> Result<(), Fault> {
        let integration = self.integration(name)?;
        let Some(config) = integration.described.rotation.as_ref() else { return Ok(()) };
        let Some(reference) = integration.secret.first() else { return Ok(()) };
        let store = self.stores.of(reference)?;
        let admin = slots::administration(self, integration, config, (reference, &store))?;
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        let traits = store.traits();
        plan::plan(self, integration, config, (reference, admin.capabilities()), traits, options)?.fits()
    }

    /// The same over a store that is given.
    fn rotation_in(
        &self,
        integration: &Integration,
        config: &RotationConfig,
        (reference, store): (Reference, Arc<dyn Store>),
        options: RotationOptions,
        progress: Arc<dyn Progress>,
    ) -> Result<Rotation, Fault> {
        let name = integration.client.name().as_str();
        let store = self.on_record(store, &reference.entry, Some(integration), BY);
        let admin = slots::administration(self, integration, config, (&reference, &store))?;
        let plan = plan::plan(
            self,
            integration,
            config,
            (&reference, admin.capabilities()),
            store.traits(),
            options,
        )?;
        let journal: Arc<dyn Journal> = match self.journal_of(name) {
            Some(path) => Arc::new(FileJournal::new(path)),
            None => Arc::new(NoJournal),
        };
        let [acks, strict] = self.consumers(integration, config)?;
        let watch = Watch::over(self, integration, config, (&reference, &store))?;
        let document = config.document.as_ref().map(|document| self.stores.document(document));
        let parts = Parts {
            store: Arc::clone(&store),
            document: document.transpose()?,
            admin,
            verify: Arc::new(verify::Canaries::new(self, integration, config)),
            publish: self.publisher(integration, config, (&reference, &store))?,
            acks,
            journal: Arc::clone(&journal),
            audit: Arc::clone(&self.parts.audit),
            progress,
            clock: Arc::clone(&self.parts.clock),
            sleep: Arc::clone(&self.parts.sleep),
            randomness: Arc::clone(&self.parts.randomness),
            machine: machine(),
        };
        Ok(Rotation {
            engine: Engine::new(parts, plan.clone()),
            plan,
            integration: name.to_owned(),
            reference: reference.to_string(),
            journal,
            acks: strict,
            watch,
            clock: Arc::clone(&self.parts.clock),
            audit: Arc::clone(&self.parts.audit),
        })
    }

    /// The first reference, which must be one that can be written: a rotation that goes to a second place would be undone by the first.
    pub(crate) fn written(&self, integration: &Integration) -> Result<(Reference, Arc<dyn Store>), Fault> {
        let first =
            integration.secret.first().ok_or_else(|| Fault::new(FaultCode::Internal, "no reference"))?;
        if first.scheme == hallpass_stores::Scheme::Local {
            self.stores.make_local(&*self.parts.randomness)?;
        }
        Ok((first.clone(), self.stores.of(first)?))
    }

    /// The functions first, then the user's program: it may want to see them done.
    fn publisher(
        &self,
        integration: &Integration,
        config: &RotationConfig,
        (reference, store): (&Reference, &Arc<dyn Store>),
    ) -> Result<Arc<dyn Publish>, Fault> {
        let mut all = self.functions(config, store)?;
        if !config.publish_command.is_empty() {
            let (integration, reference) = (integration.client.name().to_string(), reference.to_string());
            let command = config.publish_command.clone();
            all.push(Arc::new(publish::Command { command, integration, reference }));
        }
        Ok(Arc::new(publish::All(all)))
    }

    #[cfg(feature = "aws")]
    fn functions(
        &self,
        config: &RotationConfig,
        store: &Arc<dyn Store>,
    ) -> Result<Vec<Arc<dyn Publish>>, Fault> {
        let one = |one| {
            let function = function::Function::new(self.stores.clouds(), one, store, &self.parts.sleep);
            Arc::new(function) as Arc<dyn Publish>
        };
        Ok(config.publish.iter().map(one).collect())
    }

    #[cfg(not(feature = "aws"))]
    fn functions(&self, config: &RotationConfig, _: &Arc<dyn Store>) -> Result<Vec<Arc<dyn Publish>>, Fault> {
        if config.publish.is_empty() {
            return Ok(Vec::new());
        }
        let hint = "use a build with that cloud: its cargo feature is `aws`";
        let fault = Fault::new(FaultCode::ConfigurationInvalid, "this build cannot publish to AWS Lambda");
        Err(fault.with_hint(hint))
    }

    /// What the consumers say, for the engine and for a status that names every fault.
    fn consumers(
        &self,
        integration: &Integration,
        config: &RotationConfig,
    ) -> Result<[Arc<dyn Acks>; 2], Fault> {
        let Some(target) = &config.acks else { return Ok([Arc::new(NoAcks), Arc::new(NoAcks)]) };
        let consumers = Consumers {
            place: acks::open(target, &self.parts, &self.stores)?,
            integration: integration.client.name().to_string(),
            registered: config.consumers.iter().cloned().collect(),
        };
        Ok([Arc::new(Unheard(consumers.clone())), Arc::new(consumers)])
    }

    fn journal_of(&self, name: &str) -> Option<std::path::PathBuf> {
        Some(self.rotations.as_ref()?.join(format!("{name}.jsonl")))
    }
}

/// This machine, as an operator would recognise it.
pub(crate) fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{name}/{}", std::process::id())
}
