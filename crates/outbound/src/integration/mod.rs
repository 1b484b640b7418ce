//! Sending as an integration: the one way by which a token gets onto a request.

mod answer;
mod call;
mod parts;

use std::fmt;
use std::sync::Arc;

use hallpass_core::policy::{Permit, Policy, Refusal};
use hallpass_core::token::TokenCache;
use hallpass_core::{
    Counter, Counters, Fault, FaultCode, IntegrationName, IntegrationStatus, Meter, Platform, StatusSource,
};
use http::{HeaderMap, Method, StatusCode};

use self::call::Call;
use crate::replay::Outgoing;
use crate::throttle::{Gate, RETRY_AFTER_CAP, retry_after};
use crate::{Body, TransportFault};

pub use answer::{CallReport, UpstreamAnswer};
pub use parts::IntegrationParts;

/// Sends requests as one integration. Cheap to clone; clones share token, pool, gate and counts.
#[derive(Clone)]
pub struct IntegrationClient(Arc<Shared>);

struct Shared {
    parts: IntegrationParts,
    gate: Gate,
}

impl IntegrationClient {
    /// A client of `parts`.
    #[must_use]
    pub fn new(parts: IntegrationParts) -> Self {
        Self(Arc::new(Shared { parts, gate: Gate::default() }))
    }

    /// The integration's name.
    #[must_use]
    pub fn name(&self) -> &IntegrationName {
        &self.0.parts.name
    }

    /// What it may call.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.parts.policy
    }

    /// Asks the policy about `method` and `target`, for a caller who may read the configuration.
    ///
    /// # Errors
    ///
    /// The refusal as a fault; where no rule matches, the hint lists the rules. The sidecar, whose callers may not read them, words
    /// its own.
    pub fn permit(&self, method: &Method, target: &str) -> Result<Permit, Fault> {
        self.policy().decide(method, target).map_err(|refusal| match refusal {
            Refusal::Ambiguous(reason) => Fault::new(FaultCode::PathAmbiguous, reason),
            Refusal::TokenInQuery => Fault::new(FaultCode::RequestMalformed, refusal.to_string()),
            Refusal::NotAllowed => {
                let rules = self.policy().rules().iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>();
                let hint = format!("its rules are {}", rules.join(", "));
                Fault::new(FaultCode::PathNotAllowed, format!("`{}`", self.name())).with_hint(hint)
            }
        })
    }

    /// Its platform.
    #[must_use]
    pub fn platform(&self) -> &dyn Platform {
        &*self.0.parts.platform
    }

    /// Its counts.
    #[must_use]
    pub fn meter(&self) -> &dyn Meter {
        &*self.0.parts.counters
    }

    /// Its counts, for a task that outlives the client.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.0.parts.counters)
    }

    /// Its token, for warming up.
    #[must_use]
    pub fn tokens(&self) -> &TokenCache {
        &self.0.parts.tokens
    }

    /// Sends what `permit` allows, with `headers` and `body`, and the token.
    ///
    /// `headers` are end-to-end ones; `Authorization`, `Host` and `Content-Length` are replaced by our own. A 401 about the token is answered by one
    /// replay with another token if the body could be held: a re-authentication, since the platform said that it did not act. At most two requests are
    /// sent for any script of answers. Dropping the future closes the connection; the call may have had its effect by then.
    ///
    /// # Errors
    /// No token, no connection, no answer. Every status of the platform, errors included, is an answer and not a fault.
    pub async fn send(
        &self,
        permit: Permit,
        headers: HeaderMap,
        body: Body,
    ) -> Result<UpstreamAnswer, Fault> {
        if permit.integration() != self.name() {
            return Err(Fault::new(FaultCode::Internal, "a permit was given to another integration"));
        }
        self.0.parts.counters.count(Counter::Calls);
        self.hold_back().await;
        let mut call = Call {
            parts: &self.0.parts,
            permit,
            headers,
            body: Outgoing::hold(body).await.map_err(broken_request)?,
        };
        let token = self.0.parts.tokens.token().await?;
        let response = call.attempt(&token).await?;
        let answer = if response.status() == StatusCode::UNAUTHORIZED {
            call.heal(&token, response).await?
        } else {
            UpstreamAnswer { response, report: CallReport { attempts: 1, healed: false, not_replayed: None } }
        };
        self.note_throttle(answer.response.status(), answer.response.headers());
        Ok(answer)
    }

    /// Waits while a 429 holds calls back, at most [`Gate::LONGEST`]. [`IntegrationClient::send`] does so itself; this is for layers over other HTTP clients.
    pub async fn hold_back(&self) {
        if let Some(wait) = self.0.gate.hold(self.0.parts.clock.now()) {
            self.0.parts.sleep.sleep(wait).await;
        }
    }

    /// Takes note of an answer: a 429 holds later calls back. For the same layers.
    pub fn note_throttle(&self, status: StatusCode, headers: &HeaderMap) {
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.0.parts.counters.count(Counter::UpstreamThrottled);
            let now = self.0.parts.clock.now();
            self.0.gate.close(now, retry_after(headers, now, RETRY_AFTER_CAP).unwrap_or(Gate::LONGEST));
        }
    }
}

impl StatusSource for IntegrationClient {
    fn status(&self) -> IntegrationStatus {
        let parts = &self.0.parts;
        let pausing = parts.tokens.pausing();
        IntegrationStatus {
            name: parts.name.to_string(),
            platform: parts.platform.name(),
            token: parts.tokens.status(),
            credential: parts.issuer.credential(),
            last_fault: pausing.as_ref().map(|fault| fault.code().name()),
            backing_off_seconds: pausing.and_then(|fault| fault.retry_after()).map(|left| left.as_secs()),
            remarks: parts.platform.remarks(),
            counters: parts.counters.snapshot().map(|(counter, value)| (counter.name(), value)).collect(),
            gauges: parts.counters.gauges().map(|(gauge, value)| (gauge.name(), value)).collect(),
        }
    }
}

impl fmt::Debug for IntegrationClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationClient").field("name", &self.0.parts.name).finish_non_exhaustive()
    }
}

fn broken_request(error: crate::BodyError) -> Fault {
    match error.downcast::<Fault>() {
        Ok(fault) => *fault,
        Err(error) => TransportFault::RequestBody(error).into(),
    }
}
