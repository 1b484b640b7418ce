//! Sending as an integration: the one way by which a token gets onto a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::policy::{Permit, Policy};
use hallpass_core::token::{AccessToken, Issuer, Rejection, TokenCache};
use hallpass_core::{
    Clock, Counter, Counters, Fault, FaultCode, IntegrationName, IntegrationStatus, Meter, Platform, RejectionVerdict, Sleep, StatusSource,
};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, Request, Response, StatusCode};

use crate::body::{Collected, collect, full};
use crate::exchange::within;
use crate::replay::Outgoing;
use crate::throttle::{Gate, retry_after};
use crate::{Body, Origin, Transport, TransportFault};

/// What an integration is made of once everything is wired.
#[derive(Debug)]
pub struct IntegrationParts {
    /// Its name.
    pub name: IntegrationName,
    /// What it may call.
    pub policy: Policy,
    /// Its platform.
    pub platform: Arc<dyn Platform>,
    /// Its token.
    pub tokens: TokenCache,
    /// Who gets its tokens; asked for status only.
    pub issuer: Arc<Issuer>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// The only origin its calls go to.
    pub origin: Origin,
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// For limits and for holding calls back after a 429.
    pub sleep: Arc<dyn Sleep>,
    /// Its counts.
    pub counters: Arc<Counters>,
    /// How long one request may take until the answer's head has arrived.
    pub answer_within: Duration,
}

/// Sends requests as one integration. Cheap to clone; clones share token, pool, gate and counts.
#[derive(Clone)]
pub struct IntegrationClient(Arc<Shared>);

struct Shared {
    parts: IntegrationParts,
    gate: Gate,
}

/// The platform's answer and how it was come by.
#[derive(Debug)]
pub struct UpstreamAnswer {
    /// The answer, body still streaming. Header values that echo the token are gone.
    pub response: Response<Body>,
    /// How it was come by.
    pub report: CallReport,
}

/// How an answer was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallReport {
    /// Requests sent upstream: one, or two after a replay.
    pub attempts: u8,
    /// The first answer was 401, the replay's was not.
    pub healed: bool,
    /// Why a 401 about the token was passed on without a replay.
    pub not_replayed: Option<&'static str>,
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
    pub async fn send(&self, permit: Permit, headers: HeaderMap, body: Body) -> Result<UpstreamAnswer, Fault> {
        self.0.parts.meter_count(Counter::Calls);
        self.hold_back().await;
        let mut call = Call { parts: &self.0.parts, permit, headers, body: Outgoing::hold(body).await.map_err(broken_request)? };
        let token = self.0.parts.tokens.token().await?;
        let response = call.attempt(&token).await?;
        let answer = if response.status() == StatusCode::UNAUTHORIZED {
            call.heal(&token, response).await?
        } else {
            UpstreamAnswer { response, report: CallReport { attempts: 1, healed: false, not_replayed: None } }
        };
        self.note_throttle(&answer.response);
        Ok(answer)
    }

    async fn hold_back(&self) {
        if let Some(wait) = self.0.gate.hold(self.0.parts.clock.now()) {
            self.0.parts.sleep.sleep(wait).await;
        }
    }

    fn note_throttle(&self, response: &Response<Body>) {
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            self.0.parts.meter_count(Counter::UpstreamThrottled);
            let now = self.0.parts.clock.now();
            self.0.gate.close(now, retry_after(response.headers(), now).unwrap_or(Gate::LONGEST));
        }
    }
}

impl IntegrationParts {
    fn meter_count(&self, counter: Counter) {
        self.counters.count(counter);
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
            counters: parts.counters.snapshot().map(|(counter, value)| (counter.name(), value)).collect(),
        }
    }
}

impl fmt::Debug for IntegrationClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationClient").field("name", &self.0.parts.name).finish_non_exhaustive()
    }
}

/// One call on its way.
struct Call<'a> {
    parts: &'a IntegrationParts,
    permit: Permit,
    headers: HeaderMap,
    body: Outgoing,
}

impl Call<'_> {
    async fn attempt(&mut self, token: &AccessToken) -> Result<Response<Body>, Fault> {
        let body = self.body.next().ok_or_else(|| Fault::new(FaultCode::Internal, "a body was sent twice"))?;
        let mut request = Request::new(body);
        *request.method_mut() = self.permit.method().clone();
        *request.uri_mut() = self.parts.origin.uri(self.permit.target());
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        headers.remove(HOST);
        // The body's own length is what is sent; a caller's idea of it must not reach the wire beside it.
        headers.remove(CONTENT_LENGTH);
        headers.insert(AUTHORIZATION, token.header().clone());
        self.parts.meter_count(Counter::UpstreamRequests);
        let sending = within(&*self.parts.sleep, self.parts.answer_within, self.parts.transport.send(request));
        let sent = sending.await.unwrap_or(Err(TransportFault::TimedOut));
        let mut response = sent.inspect_err(|_| self.parts.meter_count(Counter::UpstreamFailed)).map_err(Fault::from)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.parts.meter_count(Counter::UpstreamUnauthorized);
        }
        strip_echoes(response.headers_mut(), token);
        Ok(response)
    }

    /// What to do about a 401: pass it on, or replay once with another token.
    async fn heal(&mut self, refused: &AccessToken, response: Response<Body>) -> Result<UpstreamAnswer, Fault> {
        let (response, seen) = self.look_into(response).await?;
        let pass_on = |response, not_replayed| {
            Ok(UpstreamAnswer { response, report: CallReport { attempts: 1, healed: false, not_replayed } })
        };
        if self.parts.platform.judge_rejection(response.headers(), &seen) == RejectionVerdict::NotAboutTheToken {
            return pass_on(response, None);
        }
        if self.parts.tokens.reject(refused.generation()) == Rejection::Futile {
            return pass_on(response, Some("another token was just refused as well"));
        }
        if matches!(self.body, Outgoing::Gone) {
            return pass_on(response, Some("the body was too long to be held"));
        }
        // The platform refused to act on the first request, but it was sent: the fault must not invite a blind repetition.
        let token = self.parts.tokens.token().await.map_err(|fault| without_retry_after(&fault))?;
        if token.header() == refused.header() {
            return pass_on(response, Some("the platform granted the same token again"));
        }
        drop(response);
        let response = self.attempt(&token).await?;
        let healed = response.status() != StatusCode::UNAUTHORIZED;
        if healed {
            self.parts.meter_count(Counter::CallsHealed);
        } else {
            self.parts.tokens.replay_failed(token.generation());
        }
        Ok(UpstreamAnswer { response, report: CallReport { attempts: 2, healed, not_replayed: None } })
    }

    /// Reads a 401's body, to judge it and to free its connection before the second request; an overlong one is judged by its beginning.
    async fn look_into(&self, response: Response<Body>) -> Result<(Response<Body>, Bytes), Fault> {
        let (head, body) = response.into_parts();
        let reading = Box::pin(collect(body, LONGEST_REFUSAL));
        let read = within(&*self.parts.sleep, self.parts.answer_within, reading).await;
        match read.ok_or(TransportFault::TimedOut)? {
            Ok(Collected::Whole(bytes)) => Ok((Response::from_parts(head, full(bytes.clone())), bytes)),
            Ok(Collected::Longer(first, _)) => Ok((Response::from_parts(head, full(first.clone())), first)),
            Err(error) => Err(TransportFault::Broken(error).into()),
        }
    }
}

/// Removes answer headers that carry the token: what the caller never had must not come back to it.
fn strip_echoes(headers: &mut HeaderMap, token: &AccessToken) {
    let secret = token.secret().expose();
    let echoes = |value: &http::HeaderValue| value.as_bytes().windows(secret.len()).any(|window| window == secret);
    let names: Vec<_> = headers.iter().filter(|(_, value)| echoes(value)).map(|(name, _)| name.clone()).collect();
    for name in names {
        headers.remove(name);
    }
}

fn without_retry_after(fault: &Fault) -> Fault {
    Fault::new(fault.code(), fault.detail()).with_hint(fault.hint())
}

fn broken_request(error: crate::BodyError) -> Fault {
    match error.downcast::<Fault>() {
        Ok(fault) => *fault,
        Err(error) => TransportFault::RequestBody(error).into(),
    }
}

/// An error document is far smaller; what is longer is cut, since only its beginning can matter.
const LONGEST_REFUSAL: usize = 64 * 1024;
