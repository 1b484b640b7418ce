//! One call on its way: attach, send, and at most one replay.

use bytes::Bytes;
use hallpass_core::policy::Permit;
use hallpass_core::token::{AccessToken, Rejection};
use hallpass_core::{Counter, Fault, FaultCode, Meter as _, RejectionVerdict};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, Request, Response, StatusCode};

use super::answer::{CallReport, UpstreamAnswer};
use super::parts::IntegrationParts;
use crate::body::{Collected, collect, full};
use crate::exchange::within;
use crate::replay::{Outgoing, chained};
use crate::{Body, TransportFault};

/// One call on its way.
pub(super) struct Call<'a> {
    pub(super) parts: &'a IntegrationParts,
    pub(super) permit: Permit,
    pub(super) headers: HeaderMap,
    pub(super) body: Outgoing,
}

impl Call<'_> {
    /// Sends the request once, with `token`.
    pub(super) async fn attempt(&mut self, token: &AccessToken) -> Result<Response<Body>, Fault> {
        let destination = self.parts.upstreams.route(self.permit.target())?;
        let body =
            self.body.next().ok_or_else(|| Fault::new(FaultCode::Internal, "a body was sent twice"))?;
        let mut request = Request::new(body);
        *request.method_mut() = self.permit.method().clone();
        *request.uri_mut() = destination.origin.uri(&destination.target);
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        headers.remove(HOST);
        // The body's own length is what is sent; a caller's idea of it must not reach the wire beside it.
        headers.remove(CONTENT_LENGTH);
        headers.insert(AUTHORIZATION, token.header().clone());
        self.parts.counters.count(Counter::UpstreamRequests);
        let sending =
            within(&*self.parts.sleep, self.parts.answer_within, self.parts.transport.send(request));
        let sent = sending.await.unwrap_or(Err(TransportFault::TimedOut));
        let mut response =
            sent.inspect_err(|_| self.parts.counters.count(Counter::UpstreamFailed)).map_err(Fault::from)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.parts.counters.count(Counter::UpstreamUnauthorized);
        }
        strip_echoes(response.headers_mut(), token);
        Ok(response)
    }

    /// What to do about a 401: pass it on, or replay once with another token.
    pub(super) async fn heal(
        &mut self,
        refused: &AccessToken,
        response: Response<Body>,
    ) -> Result<UpstreamAnswer, Fault> {
        let (response, seen) = look_into(self.parts, response).await?;
        let pass_on = |response, not_replayed| {
            Ok(UpstreamAnswer { response, report: CallReport { attempts: 1, healed: false, not_replayed } })
        };
        if self.parts.platform.judge_rejection(response.headers(), &seen)
            == RejectionVerdict::NotAboutTheToken
        {
            return pass_on(response, None);
        }
        if self.parts.tokens.reject(refused.generation()) == Rejection::Futile {
            return pass_on(response, Some("another token was just refused as well"));
        }
        if matches!(self.body, Outgoing::Gone) {
            // Nothing will show whether the next token is any better, so its rejection must not cost yet another one at once.
            self.parts.tokens.replay_failed(refused.generation() + 1);
            return pass_on(response, Some("the body was too long to be held"));
        }
        // The platform refused to act on the first request, but it was sent: the fault must not invite a blind repetition.
        let token = self.parts.tokens.token().await.map_err(|fault| without_retry_after(&fault))?;
        if token.header() == refused.header() {
            self.parts.tokens.replay_failed(token.generation());
            return pass_on(response, Some("the platform granted the same token again"));
        }
        drop(response);
        let response = self.attempt(&token).await?;
        let healed = response.status() != StatusCode::UNAUTHORIZED;
        if healed {
            self.parts.counters.count(Counter::CallsHealed);
        } else {
            self.parts.tokens.replay_failed(token.generation());
        }
        Ok(UpstreamAnswer { response, report: CallReport { attempts: 2, healed, not_replayed: None } })
    }
}

/// Reads a 401's body, to judge it and to free its connection before the second request; an overlong one is judged by its beginning, and passed on whole.
/// Not a method: a call holds a body that must not be shared between threads while something is awaited.
async fn look_into(
    parts: &IntegrationParts,
    response: Response<Body>,
) -> Result<(Response<Body>, Bytes), Fault> {
    let (head, body) = response.into_parts();
    let reading = Box::pin(collect(body, LONGEST_REFUSAL));
    let read = within(&*parts.sleep, parts.answer_within, reading).await;
    match read.ok_or(TransportFault::TimedOut)? {
        Ok(Collected::Whole(bytes)) => Ok((Response::from_parts(head, full(bytes.clone())), bytes)),
        Ok(Collected::Longer(first, rest)) => {
            Ok((Response::from_parts(head, chained(first.clone(), rest)), first))
        }
        Err(error) => Err(TransportFault::Broken(error).into()),
    }
}

/// Removes answer headers that carry the token: what the caller never had must not come back to it.
fn strip_echoes(headers: &mut HeaderMap, token: &AccessToken) {
    let secret = token.secret().expose();
    let echoes =
        |value: &http::HeaderValue| value.as_bytes().windows(secret.len()).any(|window| window == secret);
    let names: Vec<_> =
        headers.iter().filter(|(_, value)| echoes(value)).map(|(name, _)| name.clone()).collect();
    for name in names {
        headers.remove(name);
    }
}

fn without_retry_after(fault: &Fault) -> Fault {
    Fault::new(fault.code(), fault.detail()).with_hint(fault.hint())
}

/// An error document is far smaller; of what is longer only the beginning is looked into.
const LONGEST_REFUSAL: usize = 64 * 1024;
