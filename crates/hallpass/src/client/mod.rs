//! A client of one integration.

mod admit;
mod builder;
mod place;
mod secret;
mod wire;

use std::sync::Arc;

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::policy::Permit;
use hallpass_core::{Clock, Counter, Fault, FaultCode, IntegrationStatus, StatusSource as _};
use hallpass_outbound::{IntegrationClient, UpstreamAnswer, Upstreams};
use http::{HeaderMap, Method, Request, Response, Uri, Version};

use crate::{Body, TokenCache};

pub use builder::ClientBuilder;
pub(crate) use builder::Description;
pub use secret::local_store;

/// Sends requests as one integration: decides by its rules, attaches its token, replays once after a 401, obeys a 429.
///
/// Cheap to clone; clones share token, connections, gate and counts. It is what the sidecar uses for every integration.
#[derive(Clone, Debug)]
pub struct Client {
    inner: IntegrationClient,
    upstreams: Arc<dyn Upstreams>,
    tokens: TokenCache,
    record: Record,
}

/// Who keeps the record of refused calls, and what dates it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) audit: Arc<dyn AuditSink>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Client {
    /// Describes the integration `name`, which is of the form `[a-z][a-z0-9-]{0,62}`.
    pub fn builder(name: &str) -> ClientBuilder {
        ClientBuilder::new(name)
    }

    pub(crate) fn new(inner: IntegrationClient, upstreams: Arc<dyn Upstreams>, record: Record) -> Self {
        let tokens = TokenCache::new(inner.tokens().clone(), Arc::clone(&record.clock));
        Self { inner, upstreams, tokens, record }
    }

    /// Sends `request` and returns the platform's answer, its body still streaming.
    ///
    /// The URI is path and query (`/api/v2/routing/queues`), or a whole one with the integration's own host. It is judged and sent byte for byte: nothing
    /// is normalised. A 401 about the token is answered by one replay with another token if the body has at most 256 KiB; at most two requests are
    /// sent, whatever is answered. After a 429 later calls are held back, each by at most two seconds. How the answer was come by is its
    /// extension [`CallReport`](crate::CallReport).
    ///
    /// Dropping the future closes the connection; the call may have had its effect by then. The token request, if there is one, goes on for others.
    ///
    /// # Errors
    /// `path-not-allowed`, `path-ambiguous`, `header-refused` and `request-malformed` before anything is sent. No token, no connection or no answer
    /// otherwise: `upstream-timeout` and `upstream-answer-bad` say that the call may have had its effect. Every status of the platform is an answer
    /// and not a fault.
    pub async fn send<B: Into<Body>>(&self, request: Request<B>) -> Result<Response<Body>, Fault> {
        let (head, body) = request.into_parts();
        let body: Body = body.into();
        let admitted = self.judge(&head.method, &head.uri, &head.headers);
        let admitted = admitted.and_then(|admitted| admit::body(&head.method, &body).map(|()| admitted));
        let (permit, headers) = admitted.inspect_err(|fault| self.note_refused(&head.method, fault))?;
        let UpstreamAnswer { mut response, report } =
            self.inner.send(permit, headers, body.into_outbound()).await?;
        if response.status().is_informational() {
            return Err(Fault::new(FaultCode::UpstreamAnswerBad, "the platform switched protocols unasked"));
        }
        // What the transport noted there is of its own types.
        response.extensions_mut().clear();
        response.extensions_mut().insert(report);
        *response.version_mut() = Version::HTTP_11;
        Ok(response.map(Body::from_outbound))
    }

    /// Its token, for an HTTP client of your own. It is the same one that [`Client::send`] uses.
    #[must_use]
    pub fn tokens(&self) -> &TokenCache {
        &self.tokens
    }

    /// Gets the first token now, so that the first call need not wait for it. Cancel safe, as [`TokenCache::token`].
    ///
    /// # Errors
    /// As [`TokenCache::token`]. A client that could not be warmed up is none the worse.
    pub async fn warm_up(&self) -> Result<(), Fault> {
        self.tokens.token().await.map(drop)
    }

    /// The integration's state now, for a status page. Never waits; nothing in it is secret.
    #[must_use]
    pub fn status(&self) -> IntegrationStatus {
        self.inner.status()
    }

    fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(Permit, HeaderMap), Fault> {
        let permit = admit::permit(&self.inner, &*self.upstreams, method, uri)?;
        Ok((permit, admit::headers(headers)?))
    }

    /// Counts and records a call that is not sent. It is not sent either way, so a record that fails changes nothing.
    fn note_refused(&self, method: &Method, fault: &Fault) {
        self.inner.meter().count(Counter::CallsRefused);
        let event = AuditEvent::new(self.record.clock.now(), AuditKind::CallRefused)
            .about(self.inner.name())
            .fact("fault", fault.code().name())
            .fact("method", admit::shown(method));
        drop(self.record.audit.record(&event));
    }
}

#[cfg(any(feature = "tower", feature = "reqwest"))]
impl Client {
    /// The right to send, and the headers to send, or why not.
    pub(crate) fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(Permit, HeaderMap), Fault> {
        self.judge(method, uri, headers).inspect_err(|fault| self.note_refused(method, fault))
    }

    pub(crate) fn integration(&self) -> &IntegrationClient {
        &self.inner
    }

    /// Where what `permit` allows is sent.
    pub(crate) fn destination(&self, permit: &Permit) -> Result<Uri, Fault> {
        let to = self.upstreams.route(permit.target())?;
        Ok(to.origin.uri(&to.target))
    }
}
