//! One integration, wired from its parts: what [`crate::Client`] and hallpass's own program both stand on.
//!
//! For composition roots. Whoever wants a client describes it with [`crate::ClientBuilder`].

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::AuditSink;
use hallpass_core::policy::{Policy, Rule};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{
    Clock, Counters, CredentialSource, EntryName, Environment, Fault, FaultCode, IntegrationName, Randomness,
    Sleep, Spawn, Stage, Store,
};
use hallpass_outbound::{IntegrationClient, IntegrationParts, Transport, Upstreams};
use hallpass_platforms::{PlatformParts, PlatformSettings};
use hallpass_stores::{CredentialParts, Places, StoreCredentials};

/// What all integrations of a process share.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// The timer.
    pub sleep: Arc<dyn Sleep>,
    /// The runtime.
    pub spawn: Arc<dyn Spawn>,
    /// The system's randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The network, with its one pool of connections.
    pub transport: Arc<dyn Transport>,
    /// The audit log.
    pub audit: Arc<dyn AuditSink>,
    /// The places of their secrets. Those who name the same one share it, its budget of reads included.
    pub places: Arc<Places>,
}

/// One integration, described.
#[derive(Debug)]
pub struct Wiring {
    /// Its name.
    pub name: IntegrationName,
    /// Its platform.
    pub platform: PlatformSettings,
    /// The environment its secret must belong to.
    pub environment: Environment,
    /// What it may call.
    pub rules: Vec<Rule>,
    /// Where its secret rests, in the order in which the places are tried; the first is the primary.
    pub places: Vec<(Arc<dyn Store>, EntryName)>,
    /// The stages to try when CURRENT is refused.
    pub fallback: Vec<Stage>,
    /// How long one request may take until the answer's head has arrived.
    pub answer_within: Duration,
}

/// One integration, at rest: nothing was sent, no secret was read.
#[derive(Debug)]
pub struct Wired {
    /// Sends as it.
    pub client: IntegrationClient,
    /// What its token requests read, shared with them.
    pub credentials: Arc<dyn CredentialSource>,
    /// Where its calls go.
    pub upstreams: Arc<dyn Upstreams>,
}

/// Wires an integration.
///
/// # Errors
/// `configuration-invalid` when the platform does not take what is said of it, or there is no place for the secret.
pub fn wire(wiring: Wiring, machine: &Machine) -> Result<Wired, Fault> {
    let connected = hallpass_platforms::connect(
        &wiring.platform,
        PlatformParts {
            integration: wiring.name.clone(),
            transport: Arc::clone(&machine.transport),
            sleep: Arc::clone(&machine.sleep),
            clock: Arc::clone(&machine.clock),
        },
    )?;
    let counters = Arc::new(Counters::new());
    let credentials = credentials(&wiring, connected.platform.required_members(), machine, &counters)?;
    let issuer = Arc::new(Issuer::new(IssuerParts {
        integration: wiring.name.clone(),
        credentials: Arc::clone(&credentials),
        fallback: wiring.fallback,
        platform: Arc::clone(&connected.platform),
        clock: Arc::clone(&machine.clock),
        meter: Arc::clone(&counters) as _,
        audit: Arc::clone(&machine.audit),
    }));
    let client = IntegrationClient::new(IntegrationParts {
        policy: Policy::new(wiring.name.clone(), wiring.rules),
        name: wiring.name,
        platform: connected.platform,
        tokens: tokens(&issuer, &counters, machine),
        issuer,
        transport: Arc::clone(&machine.transport),
        upstreams: Arc::clone(&connected.upstreams),
        clock: Arc::clone(&machine.clock),
        sleep: Arc::clone(&machine.sleep),
        counters,
        answer_within: wiring.answer_within,
    });
    Ok(Wired { client, credentials, upstreams: connected.upstreams })
}

fn credentials(
    wiring: &Wiring,
    required: &'static [&'static str],
    machine: &Machine,
    counters: &Arc<Counters>,
) -> Result<Arc<dyn CredentialSource>, Fault> {
    let mut places = wiring.places.iter().cloned().map(|(store, entry)| machine.places.of(store, entry));
    let primary = places.next().ok_or_else(|| {
        Fault::new(FaultCode::ConfigurationInvalid, "there is no secret")
            .with_hint("name its place with `secret`, `secret_in` or `secret_value`")
    })?;
    Ok(Arc::new(StoreCredentials::new(CredentialParts {
        integration: wiring.name.clone(),
        environment: wiring.environment.clone(),
        required,
        around: Arc::clone(&machine.places),
        primary,
        others: places.collect(),
        spawn: Arc::clone(&machine.spawn),
        meter: Arc::clone(counters) as _,
        audit: Arc::clone(&machine.audit),
    })))
}

fn tokens(issuer: &Arc<Issuer>, counters: &Arc<Counters>, machine: &Machine) -> TokenCache {
    TokenCache::new(CacheParts {
        mint: Arc::clone(issuer) as _,
        clock: Arc::clone(&machine.clock),
        sleep: Arc::clone(&machine.sleep),
        spawn: Arc::clone(&machine.spawn),
        randomness: Arc::clone(&machine.randomness),
        meter: Arc::clone(counters) as _,
    })
}
