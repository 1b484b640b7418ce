//! A description in, a client at rest out: nothing is sent, no secret is read.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::NoAudit;
use hallpass_core::policy::{Policy, Rule};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{Counters, Environment, Fault, FaultCode, IntegrationName, Spawn};
use hallpass_outbound::{IntegrationClient, IntegrationParts, OsRandomness, TokioSleep, TokioSpawn};
use hallpass_platforms::PlatformParts;
use hallpass_stores::{Observers, StoreCredentials};

use super::builder::Description;
use super::secret::Surroundings;
use super::{Client, Record};

pub(super) fn wire(description: &Description) -> Result<Client, Fault> {
    let name: IntegrationName = description.name.parse()?;
    let rules = rules(&description.rules)?;
    let spawn = spawn()?;
    let network = description.network.clone().unwrap_or_default();
    let audit = description.audit.clone().unwrap_or_else(|| Arc::new(NoAudit));
    let (clock, transport) = (network.clock(), network.transport());
    let parts = PlatformParts {
        integration: name.clone(),
        transport: Arc::clone(&transport),
        sleep: Arc::new(TokioSleep),
        clock: Arc::clone(&clock),
    };
    let connected = description.place.connect(parts)?;
    let counters = Arc::new(Counters::new());
    let observers =
        Observers { audit: Arc::clone(&audit), meter: Arc::clone(&counters) as _, clock: Arc::clone(&clock) };
    let required = connected.platform.required_members();
    let issuer = Arc::new(Issuer::new(IssuerParts {
        integration: name.clone(),
        credentials: Arc::new(credentials(description, &name, required, observers)?),
        fallback: description.fallback.clone(),
        platform: Arc::clone(&connected.platform),
        clock: Arc::clone(&clock),
        meter: Arc::clone(&counters) as _,
        audit: Arc::clone(&audit),
    }));
    let tokens = TokenCache::new(CacheParts {
        mint: Arc::clone(&issuer) as _,
        clock: Arc::clone(&clock),
        sleep: Arc::new(TokioSleep),
        spawn,
        randomness: Arc::new(OsRandomness),
        meter: Arc::clone(&counters) as _,
    });
    let upstreams = connected.upstreams;
    let inner = IntegrationClient::new(IntegrationParts {
        policy: Policy::new(name.clone(), rules),
        name,
        platform: connected.platform,
        tokens,
        issuer,
        transport,
        upstreams: Arc::clone(&upstreams),
        clock: Arc::clone(&clock),
        sleep: Arc::new(TokioSleep),
        counters,
        answer_within: description.answer_within.unwrap_or(ANSWER_WITHIN),
    });
    Ok(Client::new(inner, upstreams, Record { audit, clock }))
}

fn credentials(
    description: &Description,
    name: &IntegrationName,
    required: &'static [&'static str],
    observers: Observers,
) -> Result<StoreCredentials, Fault> {
    let environment: Environment = match &description.environment {
        Some(environment) => environment.parse()?,
        None => return Err(invalid("there is no environment", "name it with `environment`, such as `prod`")),
    };
    let around = Surroundings { local: description.local.as_ref(), folder: &description.folder };
    let places = description.secrets.iter().map(|source| source.open(&around));
    let mut places = places.collect::<Result<Vec<_>, _>>()?.into_iter();
    let primary = places.next().ok_or_else(|| {
        invalid("there is no secret", "name its place with `secret`, `secret_in` or `secret_value`")
    })?;
    let first = StoreCredentials::new(name.clone(), environment, required, primary, observers);
    Ok(places.fold(first, |credentials, (store, entry)| credentials.or_else(store, entry)))
}

fn rules(texts: &[String]) -> Result<Vec<Rule>, Fault> {
    if texts.is_empty() {
        return Err(invalid(
            "there is no allow rule",
            "name what it may call with `allow`, such as `GET /api/v2/x`",
        ));
    }
    let parse = |(index, text): (usize, &String)| {
        text.parse().map_err(|fault| {
            invalid(
                &format!("allow rule {}: {fault}", index + 1),
                "write METHOD PATH, such as `GET /api/v2/x`",
            )
        })
    };
    texts.iter().enumerate().map(parse).collect()
}

pub(crate) fn spawn() -> Result<Arc<dyn Spawn>, Fault> {
    let spawn = TokioSpawn::current();
    let spawn = spawn.ok_or_else(|| {
        invalid("there is no tokio runtime", "build the client inside of one, with time and I/O enabled")
    })?;
    Ok(Arc::new(spawn))
}

fn invalid(detail: &str, hint: &str) -> Fault {
    Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint)
}

/// The platform's own gateways give up earlier.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
