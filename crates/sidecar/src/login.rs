//! The local login: an unmodified vendor SDK logs in here as if we were the platform and gets the pass back as its access token.
//!
//! The platform knows the form of the messages; whether the claims are right is decided here.

use std::time::Duration;

use bytes::Bytes;
use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::{Clock, Counter, Fault, FaultCode, LoginAttempt, LoginReading, LoginRequest, Secret};
use hallpass_outbound::{Body, Collected, IntegrationClient, collect, full};
use http::header::{CACHE_CONTROL, HOST};
use http::request::Parts;
use http::{HeaderValue, Response};
use http_body_util::BodyExt as _;

use crate::body::CallerBody;
use crate::gate::Admitted;
use crate::limits::LOGIN_BODY;
use crate::respond::mark;

/// What logins need of the gateway.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) pass: &'a Secret,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) audit: &'a dyn AuditSink,
}

impl Desk<'_> {
    /// Answers a request to one of the platform's token paths. It is never forwarded, right or wrong.
    pub(crate) async fn answer(
        &self,
        _admitted: &Admitted<'_>,
        client: &IntegrationClient,
        path: &str,
        head: &Parts,
        body: CallerBody,
    ) -> Result<Response<Body>, Fault> {
        let body = read(body).await?;
        let login = client.platform().local_login();
        let base_url = base_url(head, client);
        let request = LoginRequest {
            method: &head.method,
            path,
            headers: &head.headers,
            body: &body,
            integration: client.name(),
            base_url: &base_url,
        };
        let mut answer = match login.read(&request) {
            LoginReading::Answer(answer) if answer.status().is_success() => answer,
            LoginReading::Answer(answer) => self.refused(client, "malformed", answer),
            LoginReading::Attempt(attempt) if self.is_right(client, &attempt) => {
                // Recorded first: what cannot be recorded is not granted.
                self.audit.record(&self.event(client, AuditKind::LoginGranted))?;
                client.meter().count(Counter::LocalLogins);
                login.granted(&request, self.pass, LIFETIME)
            }
            LoginReading::Attempt(_) => self.refused(client, "wrong id or secret", login.refused(&request)),
        };
        // RFC 6749 5.1: an answer with a token in it must not be kept.
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(answer.map(full))
    }

    /// The id must be that of the integration in the path, so that one integration's login does not speak for another. The secret is compared in
    /// constant time and always, whatever the id.
    fn is_right(&self, client: &IntegrationClient, attempt: &LoginAttempt) -> bool {
        let secret = attempt.client_secret == *self.pass;
        let id = attempt.client_id.as_deref().is_none_or(|id| id == client.name().as_str());
        secret & id
    }

    fn refused(
        &self,
        client: &IntegrationClient,
        why: &'static str,
        mut answer: Response<Bytes>,
    ) -> Response<Bytes> {
        client.meter().count(Counter::CallsRefused);
        if let Err(fault) = self.audit.record(&self.event(client, AuditKind::LoginRefused).fact("why", why)) {
            tracing::error!(%fault, "a refused login could not be recorded");
        }
        mark(answer.headers_mut(), FaultCode::LoginRefused);
        answer
    }

    fn event(&self, client: &IntegrationClient, kind: AuditKind) -> AuditEvent {
        AuditEvent::new(self.clock.now(), kind).about(client.name())
    }
}

/// By the name the caller used for us, which the gate has found to be one of ours: a document then names what the caller can reach.
fn base_url(head: &Parts, client: &IntegrationClient) -> String {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}/{}", client.name())
}

async fn read(body: CallerBody) -> Result<Bytes, Fault> {
    let body = body.at_most(LOGIN_BODY as u64);
    body.check_declared()?;
    let fate = body.fate();
    match collect(body.boxed_unsync(), LOGIN_BODY).await {
        Ok(Collected::Whole(bytes)) => Ok(bytes),
        _ => {
            Err(fate.fault().unwrap_or_else(|| Fault::new(FaultCode::RequestMalformed, "the body broke off")))
        }
    }
}

/// A day: the pass does not expire, but some SDKs keep a timer, and a few refuse a lifetime they think absurd.
const LIFETIME: Duration = Duration::from_secs(86_400);
