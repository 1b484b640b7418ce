//! A description in, a client at rest out: nothing is sent, no secret is read.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::NoAudit;
use hallpass_core::policy::Rule;
use hallpass_core::{Environment, Fault, FaultCode, IntegrationName, Spawn};
use hallpass_outbound::{OsRandomness, TokioSleep, TokioSpawn};
use hallpass_stores::Places;

use super::builder::Description;
use super::secret::{Surroundings, variable};
use super::{Client, Record};
use crate::clouds::{self, Clouds};
use crate::wiring::{self, Machine, Wiring};

pub(super) fn wire(description: &Description) -> Result<Client, Fault> {
    // With these features reqwest, and Google's SDK, look for a default provider and panic where a program has chosen none.
    #[cfg(any(feature = "azure", feature = "gcp"))]
    hallpass_outbound::ensure_tls_provider();
    let name: IntegrationName = description.name.parse()?;
    let rules = rules(&description.rules)?;
    let spawn = spawn()?;
    let network = description.network.clone().unwrap_or_default();
    let audit = description.audit.clone().unwrap_or_else(|| Arc::new(NoAudit));
    let platform = description.place.settings()?;
    let environment: Environment = match &description.environment {
        Some(environment) => environment.parse()?,
        None => return Err(invalid("there is no environment", "name it with `environment`, such as `prod`")),
    };
    let (clock, sleep) = (network.clock(), Arc::new(TokioSleep));
    let clouds = Clouds::new(clouds::Surroundings {
        extra_roots: None,
        variables: Arc::new(variable),
        clock: Arc::clone(&clock),
        // A client reads only.
        periods: Vec::new(),
    });
    let (local, folder) = (description.local.as_ref(), description.folder.as_path());
    let around = Surroundings { local, folder, clouds: &clouds };
    let places = description.secrets.iter().map(|source| source.open(&around)).collect::<Result<_, _>>()?;
    let limits = description.store_limits;
    let machine = Machine {
        places: Arc::new(Places::new(limits, Arc::clone(&clock), Arc::clone(&sleep) as _)),
        clock,
        sleep,
        spawn,
        randomness: Arc::new(OsRandomness),
        transport: network.transport(),
        audit,
    };
    let fallback = description.fallback.clone();
    let answer_within = description.answer_within.unwrap_or(ANSWER_WITHIN);
    let wiring = Wiring { name, platform, environment, rules, places, fallback, answer_within };
    let wired = wiring::wire(wiring, &machine)?;
    Ok(Client::new(wired.client, wired.upstreams, Record { audit: machine.audit, clock: machine.clock }))
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
