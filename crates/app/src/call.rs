//! One call as an integration, without a gateway.

use std::fmt;

use bytes::Bytes;
use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::policy::{HeaderRole, Permit};
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{Body, CallReport, IntegrationClient, full};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::BodyExt;

use crate::assemble::App;

/// What to send.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The method, in capitals.
    pub method: String,
    /// Path and query, exactly as they will be sent.
    pub target: String,
    /// Headers for the platform. Those that are ours, the connection's, or would make the platform act on another request are refused.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
}

/// The platform's answer, body still streaming.
pub struct Answer {
    /// The status: every one is an answer, errors included.
    pub status: u16,
    /// The headers, as received, less those that would echo the token.
    pub headers: Vec<(String, Vec<u8>)>,
    /// How it was come by.
    pub report: CallReport,
    body: Body,
}

impl App {
    /// Sends `call` as the integration `name`: policy, token and at most one replay, as the gateway does it.
    ///
    /// # Errors
    /// `integration-unknown`, `path-not-allowed`, `path-ambiguous` and `request-malformed` before anything is sent; what prevented an answer
    /// otherwise.
    pub async fn call(&self, name: &str, call: Call) -> Result<Answer, Fault> {
        let client = &self.integration(name)?.client;
        let admitted = admit(client, &call).inspect_err(|fault| self.note_refused(name, &call.method, fault));
        let (permit, headers) = admitted?;
        let answer = client.send(permit, headers, full(call.body)).await?;
        let (head, body) = answer.response.into_parts();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        Ok(Answer { status: head.status.as_u16(), headers: headers.collect(), report: answer.report, body })
    }

    /// It is not sent either way, so a record that fails changes nothing.
    fn note_refused(&self, name: &str, method: &str, fault: &Fault) {
        // What is no method may be anything, also a secret in the wrong place.
        let standard = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method);
        let event = AuditEvent::new(self.parts.clock.now(), AuditKind::CallRefused)
            .about(&name)
            .fact("fault", fault.code().name())
            .fact("method", if standard { method } else { "other" });
        if let Err(fault) = self.parts.audit.record(&event) {
            tracing::error!(%fault, "a refused call could not be recorded");
        }
    }
}

/// The right to send, and the headers to send.
fn admit(client: &IntegrationClient, call: &Call) -> Result<(Permit, HeaderMap), Fault> {
    let malformed = |what| Fault::new(FaultCode::RequestMalformed, what);
    let method: Method = call.method.parse().map_err(|_| malformed("the method is not one"))?;
    let permit = client.permit(&method, &call.target)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &call.headers {
        if HeaderRole::of(&name.to_ascii_lowercase()) != HeaderRole::EndToEnd {
            let fault = Fault::new(FaultCode::HeaderRefused, format!("`{name}`"));
            return Err(fault.with_hint("leave it away: hallpass sets what is needed, the token included"));
        }
        let name: HeaderName = name.parse().map_err(|_| malformed("a header has no well formed name"))?;
        let value: HeaderValue = value.parse().map_err(|_| malformed("a header has no well formed value"))?;
        headers.append(name, value);
    }
    Ok((permit, headers))
}

impl Answer {
    /// The next piece of the body, or `None` at its end.
    ///
    /// # Errors
    /// `upstream-answer-bad` when the body ends early.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        while let Some(frame) = self.body.frame().await {
            let frame =
                frame.map_err(|_| Fault::new(FaultCode::UpstreamAnswerBad, "the body ended early"))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
