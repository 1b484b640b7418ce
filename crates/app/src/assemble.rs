//! Configuration in, running parts out: the only place that names every adapter.

use std::path::Path;
use std::sync::Arc;

use hallpass_core::audit::AuditSink;
use hallpass_core::policy::Policy;
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{
    Clock, Counters, CredentialSource, Environment, Fault, FaultCode, IntegrationName, Randomness, Sleep,
    Spawn,
};
use hallpass_outbound::{
    AddressGuard, HyperTransport, IntegrationClient, IntegrationParts, OsRandomness, SystemClock, TokioSleep,
    TokioSpawn, Transport, TrustedRoots,
};
use hallpass_platforms::PlatformParts;
use hallpass_stores::{Observers, Reference, StoreCredentials};

use crate::config::{Config, IntegrationConfig, SidecarConfig, Variables};
use crate::sinks;
use crate::stores::{Machine, Stores};

/// Everything of one configuration, wired and at rest: nothing was sent, no secret of an integration was read.
#[derive(Debug)]
pub struct App {
    pub(crate) environment: Environment,
    pub(crate) sidecar: SidecarConfig,
    pub(crate) parts: Parts,
    pub(crate) stores: Stores,
    pub(crate) integrations: Vec<Integration>,
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
}

/// The machine's parts, shared by all integrations.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) spawn: Arc<dyn Spawn>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) audit: Arc<dyn AuditSink>,
}

/// One integration.
#[derive(Debug)]
pub(crate) struct Integration {
    pub(crate) client: IntegrationClient,
    /// What the client's token requests read, shared with it.
    pub(crate) credentials: Arc<dyn CredentialSource>,
    /// Where its secret rests, in the order in which the places are tried.
    pub(crate) secret: Vec<Reference>,
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
        let parts = parts(config, purpose)?;
        let machine = Machine {
            variables,
            clock: Arc::clone(&parts.clock),
            sleep: Arc::clone(&parts.sleep),
            randomness: Arc::clone(&parts.randomness),
        };
        let stores = Stores::open(config, &machine).await?;
        let wire = |integration| wire(integration, config, &parts, &stores);
        let integrations = config.integrations.iter().map(wire).collect::<Result<_, _>>()?;
        let (environment, sidecar) = (config.environment.clone(), config.sidecar.clone());
        Ok(Self { environment, sidecar, parts, stores, integrations })
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

fn parts(config: &Config, purpose: Purpose) -> Result<Parts, Fault> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let spawn =
        TokioSpawn::current().ok_or_else(|| Fault::new(FaultCode::Internal, "there is no runtime"))?;
    let guard = AddressGuard::new(config.outbound.private_networks.clone());
    let roots = match &config.outbound.extra_roots {
        Some(path) => roots(path)?,
        None => TrustedRoots::web(),
    };
    Ok(Parts {
        transport: Arc::new(HyperTransport::new(guard, roots, Arc::clone(&clock))),
        audit: sinks::open_audit(config.audit.as_ref(), purpose)?,
        spawn: Arc::new(spawn),
        sleep: Arc::new(TokioSleep),
        randomness: Arc::new(OsRandomness),
        clock,
    })
}

/// The public authorities, and those of the file at `path`.
fn roots(path: &Path) -> Result<TrustedRoots, Fault> {
    let invalid = |what: &str| {
        let detail = format!("`outbound.extra_roots`: `{}`: {what}", path.display());
        Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint("name a PEM file with certificates")
    };
    let pem = std::fs::read(path).map_err(|_| invalid("it cannot be read"))?;
    TrustedRoots::web().and_pem(&pem).map_err(|fault| invalid(&fault.to_string()))
}

fn wire(
    integration: &IntegrationConfig,
    config: &Config,
    parts: &Parts,
    stores: &Stores,
) -> Result<Integration, Fault> {
    let name = integration.name.clone();
    let platform_parts = PlatformParts {
        integration: name.clone(),
        transport: Arc::clone(&parts.transport),
        sleep: Arc::clone(&parts.sleep),
        clock: Arc::clone(&parts.clock),
    };
    let connected = hallpass_platforms::connect(&integration.platform, platform_parts)?;
    let counters = Arc::new(Counters::new());
    let observers = Observers {
        audit: Arc::clone(&parts.audit),
        meter: Arc::clone(&counters) as _,
        clock: Arc::clone(&parts.clock),
    };
    let required = connected.platform.required_members();
    let credentials: Arc<dyn CredentialSource> =
        Arc::new(credentials(integration, &config.environment, required, stores, observers)?);
    let issuer = Arc::new(Issuer::new(IssuerParts {
        integration: name.clone(),
        credentials: Arc::clone(&credentials),
        fallback: integration.fallback.clone(),
        platform: Arc::clone(&connected.platform),
        clock: Arc::clone(&parts.clock),
        meter: Arc::clone(&counters) as _,
        audit: Arc::clone(&parts.audit),
    }));
    let client = IntegrationClient::new(IntegrationParts {
        policy: Policy::new(name.clone(), integration.allow.clone()),
        name,
        platform: connected.platform,
        tokens: tokens(Arc::clone(&issuer), Arc::clone(&counters), parts),
        issuer,
        transport: Arc::clone(&parts.transport),
        upstreams: connected.upstreams,
        clock: Arc::clone(&parts.clock),
        sleep: Arc::clone(&parts.sleep),
        counters,
        answer_within: config.sidecar.request_timeout,
    });
    Ok(Integration { client, credentials, secret: integration.secret.clone() })
}

/// The places of the secret, in order.
fn credentials(
    integration: &IntegrationConfig,
    environment: &Environment,
    required: &'static [&'static str],
    stores: &Stores,
    observers: Observers,
) -> Result<StoreCredentials, Fault> {
    let mut places = Vec::new();
    for reference in &integration.secret {
        places.push((stores.of(reference)?, reference.entry.clone()));
    }
    let mut places = places.into_iter();
    let primary = places.next().ok_or_else(|| Fault::new(FaultCode::Internal, "no reference to a secret"))?;
    let name = integration.name.clone();
    let first = StoreCredentials::new(name, environment.clone(), required, primary, observers);
    Ok(places.fold(first, |credentials, (store, entry)| credentials.or_else(store, entry)))
}

fn tokens(issuer: Arc<Issuer>, counters: Arc<Counters>, parts: &Parts) -> TokenCache {
    TokenCache::new(CacheParts {
        mint: issuer,
        clock: Arc::clone(&parts.clock),
        sleep: Arc::clone(&parts.sleep),
        spawn: Arc::clone(&parts.spawn),
        randomness: Arc::clone(&parts.randomness),
        meter: counters,
    })
}
