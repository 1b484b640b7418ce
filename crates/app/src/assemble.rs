//! Configuration in, running parts out: the only place that names every adapter.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hallpass::wiring::{self, Wired, Wiring};
use hallpass_core::audit::AuditSink;
use hallpass_core::{
    Clock, ColdStart, CredentialSource, Environment, Fault, FaultCode, IntegrationName, Phase, Sleep,
};
use hallpass_outbound::{
    AddressGuard, HyperTransport, IntegrationClient, OsRandomness, SystemClock, TokioSleep, TokioSpawn,
    TrustedRoots,
};
use hallpass_stores::{Places, Reference};

use crate::acks::{self, Acknowledge, Carried, Courier};
use crate::config::{AuditConfig, Config, IntegrationConfig, SidecarConfig, Variables};
use crate::hardening::beginning;
use crate::learn::Recording;
use crate::sinks::{self, FirstToken};
use crate::stores::{Machine, Stores};

/// What all integrations share.
pub(crate) type Parts = wiring::Machine;

/// Everything of one configuration, wired and at rest: nothing was sent, no secret of an integration was read.
#[derive(Debug)]
pub struct App {
    pub(crate) environment: Environment,
    pub(crate) sidecar: SidecarConfig,
    pub(crate) parts: Parts,
    pub(crate) stores: Stores,
    pub(crate) integrations: Vec<Integration>,
    pub(crate) start: Arc<ColdStart>,
    /// Carries acknowledgements, if this process says any.
    pub(crate) courier: Option<Arc<Courier>>,
    pub(crate) variables: Arc<dyn Variables>,
    /// Where the audit log lies, and what it is sealed with.
    pub(crate) audit: AuditConfig,
    /// How long a read of a store may take.
    pub(crate) read_timeout: Duration,
    /// Where the configuration lies, and programs that it names are started.
    pub(crate) folder: PathBuf,
    /// Where the journals of rotations lie.
    pub(crate) rotations: Option<PathBuf>,
    /// How long a secret that was read may be used without looking again.
    pub(crate) reread_after: Duration,
    /// What a gateway records of its calls, if anything.
    pub(crate) recording: Option<Arc<Recording>>,
}

/// Where an [`App`] has its time from. Clock and timer go together: a timer that runs while the clock stands still wakes nobody to anything new.
#[derive(Clone, Debug)]
pub struct Times {
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// The timer.
    pub sleep: Arc<dyn Sleep>,
}

/// What the process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Serving callers: `serve`.
    Gateway,
    /// Serving one program that is started: `exec`. Its standard error is the program's.
    Wrapper,
    /// One command of a person or a pipeline.
    Command,
    /// A command that only looks, and not at secrets: nothing is recorded, and no key of the audit log is read for it.
    Inspection,
}

/// One integration.
#[derive(Debug)]
pub(crate) struct Integration {
    pub(crate) client: IntegrationClient,
    /// What the client's token requests read, shared with it.
    pub(crate) credentials: Arc<dyn CredentialSource>,
    /// Where its secret rests, in the order in which the places are tried.
    pub(crate) secret: Vec<Reference>,
    /// What the configuration says of it.
    pub(crate) described: IntegrationConfig,
}

impl Integration {
    /// Where its platform is, in words.
    pub(crate) fn place(&self) -> String {
        crate::config::place(&self.described.platform)
    }
}

impl App {
    /// Wires everything `config` names. Must be called inside a tokio runtime with time and I/O, on which the token requests will run.
    ///
    /// # Errors
    /// `configuration-invalid` for what only shows now, such as an unreadable certificate file; `audit-unwritable`; what a passphrase
    /// file says.
    pub async fn assemble(
        config: &Config,
        purpose: Purpose,
        variables: Arc<dyn Variables>,
    ) -> Result<Self, Fault> {
        let real = Times { clock: Arc::new(SystemClock::start()), sleep: Arc::new(TokioSleep) };
        Self::assemble_at(config, purpose, variables, real).await
    }

    /// The same with another time than the machine's, which every part of it goes by: what takes weeks can be lived through in a test.
    ///
    /// # Errors
    /// As [`App::assemble`].
    pub async fn assemble_at(
        config: &Config,
        purpose: Purpose,
        variables: Arc<dyn Variables>,
        times: Times,
    ) -> Result<Self, Fault> {
        let start = Arc::new(ColdStart::begun(beginning()));
        let extra_roots = extra_roots(config)?;
        let roots = roots(config, extra_roots.as_deref())?;
        start.reached(Phase::Configured, times.clock.now());
        let machine = Machine {
            extra_roots,
            variables: Arc::clone(&variables),
            clock: Arc::clone(&times.clock),
            sleep: Arc::clone(&times.sleep),
            randomness: Arc::new(OsRandomness),
        };
        let stores = Stores::open(config, &machine).await?;
        let audit = sinks::audit_sink(config, purpose, &stores, &machine).await?;
        let told = Arc::default();
        let audit = acknowledging(config, audit, &told, &machine.clock);
        let parts = parts(config, &start, machine, audit, roots)?;
        let wire = |integration| wire(integration, config, &parts, &stores);
        let integrations: Vec<_> = config.integrations.iter().map(wire).collect::<Result<_, _>>()?;
        let courier = courier(config, purpose, (&parts, &stores), &integrations)?;
        courier.iter().for_each(|courier| drop(told.set(Arc::clone(courier))));
        let recording = Recording::of(config, &parts.clock, &parts.sleep);
        let (environment, sidecar) = (config.environment.clone(), config.sidecar.clone());
        let rotations =
            config.local_store.path.as_ref().and_then(|store| Some(store.parent()?.join("rotations")));
        Ok(Self {
            environment,
            sidecar,
            parts,
            stores,
            integrations,
            start,
            courier,
            variables,
            audit: config.audit.clone(),
            read_timeout: config.store_limits.read_timeout,
            folder: config.folder.clone(),
            rotations,
            reread_after: config.store_limits.reread_after,
            recording,
        })
    }

    /// The names of the integrations, in order.
    pub fn integrations(&self) -> impl Iterator<Item = &IntegrationName> {
        self.integrations.iter().map(|integration| integration.client.name())
    }

    pub(crate) fn integration(&self, name: &str) -> Result<&Integration, Fault> {
        let found = self.integrations.iter().find(|integration| integration.client.name().as_str() == name);
        found.ok_or_else(|| {
            let known: Vec<_> = self.integrations().map(IntegrationName::as_str).collect();
            let hint = format!("configured are: {}", known.join(", "));
            Fault::new(FaultCode::IntegrationUnknown, "").with_hint(hint)
        })
    }
}

fn parts(
    config: &Config,
    start: &Arc<ColdStart>,
    machine: Machine,
    audit: Arc<dyn AuditSink>,
    roots: TrustedRoots,
) -> Result<Parts, Fault> {
    let Machine { clock, sleep, randomness, .. } = machine;
    let spawn =
        TokioSpawn::current().ok_or_else(|| Fault::new(FaultCode::Internal, "there is no runtime"))?;
    let guard = AddressGuard::new(config.outbound.private_networks.clone());
    Ok(Parts {
        places: Arc::new(Places::new(config.store_limits, Arc::clone(&clock), Arc::clone(&sleep))),
        transport: Arc::new(HyperTransport::new(guard, roots, Arc::clone(&clock))),
        audit: Arc::new(FirstToken::before(audit, Arc::clone(start), Arc::clone(&clock))),
        spawn: Arc::new(spawn),
        sleep,
        randomness,
        clock,
    })
}

/// The sink, behind one that tells a courier which secret is in use, once there is one.
fn acknowledging(
    config: &Config,
    sink: Arc<dyn AuditSink>,
    courier: &Arc<OnceLock<Arc<Courier>>>,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn AuditSink> {
    let Some(consumer) = config.sidecar.consumer.clone() else { return sink };
    let (environment, clock) = (config.environment.clone(), Arc::clone(clock));
    Arc::new(Acknowledge { sink, courier: Arc::clone(courier), consumer, environment, clock })
}

/// Carries what this process says, if it is to say anything. A command that reads the consumer's file is not the consumer: the canary of a rotation would
/// otherwise vouch for a sidecar that still has the old secret.
fn courier(
    config: &Config,
    purpose: Purpose,
    (parts, stores): (&Parts, &Stores),
    integrations: &[Integration],
) -> Result<Option<Arc<Courier>>, Fault> {
    let (Some(_), Some(target)) = (&config.sidecar.consumer, &config.sidecar.acks) else { return Ok(None) };
    if purpose == Purpose::Command {
        return Ok(None);
    }
    let place = acks::open(target, parts, stores)?;
    let served = integrations.iter().filter(|integration| !integration.described.administers);
    let carried = served.map(|one| -> Carried { (one.client.name().to_string(), one.client.counters()) });
    let machine = (Arc::clone(&parts.clock), Arc::clone(&parts.sleep), Arc::clone(&parts.randomness));
    Ok(Some(Arc::new(Courier::start(&place, carried, machine))))
}

/// The PEM text of private authorities, and of no other thing.
fn extra_roots(config: &Config) -> Result<Option<String>, Fault> {
    let Some(path) = &config.outbound.extra_roots else { return Ok(None) };
    std::fs::read_to_string(path).map(Some).map_err(|_| no_roots(path, "it cannot be read"))
}

/// The public authorities, and those of `pem`, which came from the file that the configuration names.
fn roots(config: &Config, pem: Option<&str>) -> Result<TrustedRoots, Fault> {
    let (Some(pem), Some(path)) = (pem, &config.outbound.extra_roots) else { return Ok(TrustedRoots::web()) };
    TrustedRoots::web().and_pem(pem.as_bytes()).map_err(|fault| no_roots(path, &fault.to_string()))
}

fn no_roots(path: &Path, what: &str) -> Fault {
    let detail = format!("`outbound.extra_roots`: `{}`: {what}", path.display());
    Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint("name a PEM file with certificates")
}

fn wire(
    integration: &IntegrationConfig,
    config: &Config,
    parts: &Parts,
    stores: &Stores,
) -> Result<Integration, Fault> {
    let place = |reference: &Reference| Ok::<_, Fault>((stores.of(reference)?, reference.entry.clone()));
    let wiring = Wiring {
        name: integration.name.clone(),
        platform: integration.platform.clone(),
        environment: config.environment.clone(),
        rules: integration.allow.clone(),
        places: integration.secret.iter().map(place).collect::<Result<_, _>>()?,
        fallback: integration.fallback.clone(),
        answer_within: config.sidecar.request_timeout,
    };
    let Wired { client, credentials, .. } = wiring::wire(wiring, parts)?;
    let (secret, described) = (integration.secret.clone(), integration.clone());
    Ok(Integration { client, credentials, secret, described })
}
