//! Trying a secret with the integration's real permissions.

use std::path::PathBuf;
use std::sync::Arc;

use hallpass::wiring::{self, Machine, Wiring};
use hallpass_core::policy::Rule;
use hallpass_core::{BoxFuture, Environment, Fault, FaultCode, Store, StoredSecret};
use hallpass_lifecycle::rotation::{Verdict, Verify};
use hallpass_outbound::{IntegrationClient, empty};
use hallpass_stores::{MemoryStore, Places, StoreLimits};
use http::{HeaderMap, Method};

use super::trial;
use crate::assemble::{App, Integration};
use crate::config::{IntegrationConfig, RotationConfig};

/// Gets a token with a secret and makes the canary calls with it, in a client of its own that shares nothing with the one that serves.
#[derive(Debug)]
pub(super) struct Canaries {
    described: IntegrationConfig,
    environment: Environment,
    machine: Machine,
    calls: Vec<Rule>,
    command: Vec<String>,
    folder: PathBuf,
}

impl Canaries {
    pub(super) fn new(app: &App, integration: &Integration, config: &RotationConfig) -> Self {
        Self {
            described: integration.described.clone(),
            environment: app.environment.clone(),
            machine: app.parts.clone(),
            calls: config.verify.clone(),
            command: config.verify_command.clone(),
            folder: app.folder.clone(),
        }
    }

    async fn client(&self, stored: &StoredSecret) -> Result<IntegrationClient, Fault> {
        let store = MemoryStore::new(Arc::clone(&self.machine.clock));
        let entry = "tried".parse()?;
        let version = store.put_pending(&entry, stored.value.clone()).await?;
        store.promote(&entry, &version, None).await?;
        let (clock, sleep) = (Arc::clone(&self.machine.clock), Arc::clone(&self.machine.sleep));
        let places = Arc::new(Places::new(StoreLimits::DEFAULT, clock, sleep));
        let wiring = Wiring {
            name: self.described.name.clone(),
            platform: self.described.platform.clone(),
            environment: self.environment.clone(),
            rules: self.described.allow.clone(),
            places: vec![(Arc::new(store), entry)],
            // A secret before it would hide that this one is refused.
            fallback: Vec::new(),
            answer_within: CANARY_WITHIN,
        };
        Ok(wiring::wire(wiring, &Machine { places, ..self.machine.clone() })?.client)
    }

    async fn try_all(&self, stored: &StoredSecret) -> Result<Verdict, Fault> {
        let client = self.client(stored).await?;
        drop(client.tokens().token().await?);
        for call in &self.calls {
            let verdict = canary(&client, call.as_str()).await?;
            if verdict != Verdict::Good {
                return Ok(verdict);
            }
        }
        if self.command.is_empty() {
            return Ok(Verdict::Good);
        }
        trial::run(client, &self.machine, &self.command, &self.folder).await
    }
}

impl Verify for Canaries {
    fn verify<'a>(&'a self, stored: &'a StoredSecret) -> BoxFuture<'a, Verdict> {
        Box::pin(async move { self.try_all(stored).await.unwrap_or_else(|fault| verdict_of(&fault)) })
    }

    fn accepts<'a>(&'a self, stored: &'a StoredSecret) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            let asked = async { self.client(stored).await?.tokens().token().await.map(drop) };
            asked.await.map_or_else(|fault| verdict_of(&fault), |()| Verdict::Good)
        })
    }
}

async fn canary(client: &IntegrationClient, call: &str) -> Result<Verdict, Fault> {
    let (method, target) = call.split_once(' ').unwrap_or((call, ""));
    let malformed = || Fault::new(FaultCode::RequestMalformed, "a canary's method is not one");
    let method: Method = method.parse().map_err(|_| malformed())?;
    let permit = client.permit(&method, target)?;
    let answer = client.send(permit, HeaderMap::new(), empty()).await?;
    let status = answer.response.status();
    Ok(match status.as_u16() {
        200..=299 => Verdict::Good,
        401 => Verdict::Refused,
        429 | 500..=599 => Verdict::Unreachable(format!("{call}: {status}")),
        _ => Verdict::CanaryFailed(format!("{call}: {status}")),
    })
}

/// What a fault says about the secret that was tried, and what it does not.
fn verdict_of(fault: &Fault) -> Verdict {
    match fault.code() {
        FaultCode::CredentialRefused | FaultCode::CredentialMalformed => Verdict::Refused,
        _ => Verdict::Unreachable(fault.to_string()),
    }
}

/// A canary is a small read; one that takes longer says nothing about the secret.
const CANARY_WITHIN: std::time::Duration = std::time::Duration::from_secs(30);
