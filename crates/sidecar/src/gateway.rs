//! One request, from its head to its answer.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::{
    CallObserver, Clock, Counter, Ending, Fault, FaultCode, ObservedCall, Remedy, Secret, Sleep,
};
use hallpass_outbound::{Body, IntegrationClient};
use http::header::CONNECTION;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;

use crate::Limits;
use crate::body::{BodyFate, CallerBody};
use crate::caller::check_pass;
use crate::doors::Doors;
use crate::forward::{decide, forward, refuse_body_of_reads, shown};
use crate::gate::Gate;
use crate::limits::{DISCARD_BYTES, DISCARD_TIME};
use crate::login::Desk;
use crate::panics::caught;
use crate::refused_headers::expects_continue;
use crate::respond::problem;
use crate::route::Route;
use crate::start_line::first_answer;

/// What answers callers.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) gate: Gate,
    pub(crate) pass: Secret,
    pub(crate) doors: Arc<Doors>,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) audit: Arc<dyn AuditSink>,
    pub(crate) calls: Arc<dyn CallObserver>,
}

/// One request and what has been found out about it.
struct Call<'a> {
    head: &'a Parts,
    /// Taken by whoever reads it.
    body: Option<CallerBody>,
    /// The integration meant, once it is known.
    client: Option<&'a IntegrationClient>,
    /// Only health and readiness are answered: the sidecar is full.
    spare: bool,
}

impl Gateway {
    /// Answers a request. Never fails and never hangs for longer than the call's limit; a panic on the way is a fault like any other.
    pub(crate) async fn answer(&self, request: Request<Incoming>, spare: bool) -> Response<Body> {
        let (head, incoming) = request.into_parts();
        let body = CallerBody::new(incoming, self.limits.max_body);
        let fate = body.fate();
        let mut call = Call { head: &head, body: Some(body), client: None, spare };
        let outcome = tokio::select! {
            biased;
            outcome = caught(self.handle(&mut call)) => outcome,
            () = self.sleep.sleep(self.limits.call_timeout) => Err(overdue(&fate)),
        };
        match outcome {
            Ok(answer) => self.tidy(call, answer).await,
            Err(fault) => {
                self.note(&call, &fault);
                let mut answer = problem(&fault);
                if call.body.is_none() && !fate.is_whole() {
                    // Its reader gave up in the middle: what follows on the connection is the rest of it.
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                self.tidy(call, answer).await
            }
        }
    }

    async fn handle<'a>(&'a self, call: &mut Call<'a>) -> Result<Response<Body>, Fault> {
        let head = call.head;
        let admitted = self.gate.admit(head)?;
        let route = self.doors.integrations.route(&admitted);
        if let Ok(Route::Door(door)) = &route
            && door.is_open()
        {
            return self.doors.open(*door, &head.method);
        }
        self.has_room(call.spare)?;
        if let Ok(Route::Below { client, target }) = &route {
            call.client = Some(*client);
            let path = target.split('?').next().unwrap_or(target);
            if client.platform().local_login().is_login_path(path) {
                let desk = Desk { pass: &self.pass, clock: &*self.clock, audit: &*self.audit };
                return desk.answer(&admitted, client, path, head, call.take_body()?).await;
            }
        }
        // What follows speaks about rules and platforms, so it is for those who have the pass.
        let caller = check_pass(&admitted, &head.headers, &self.pass)?;
        match route? {
            Route::Door(door) => self.doors.answer(door, &caller, &head.method),
            Route::Below { client, target } => {
                let decided = decide(client, &head.method, target);
                if decided.as_ref().is_err_and(|fault| fault.code() == FaultCode::PathNotAllowed) {
                    self.observed(client, head, target, Ending::Refused);
                }
                let permit = decided?;
                let rule = permit.rule();
                let body = call.take_body()?;
                refuse_body_of_reads(&head.method, &body)?;
                let answered = forward(&caller, client, permit, head, body).await;
                let ending = match &answered {
                    Ok(answer) => Ending::Answered { rule, status: answer.status() },
                    Err(_) => Ending::Unanswered { rule },
                };
                self.observed(client, head, target, ending);
                let answer = answered?;
                first_answer(&self.doors.start, &*self.clock);
                Ok(answer)
            }
        }
    }

    /// Tells whoever learns from calls. The path goes no further than that, and without its query.
    fn observed(&self, client: &IntegrationClient, head: &Parts, target: &str, ending: Ending) {
        let path = target.split('?').next().unwrap_or(target);
        self.calls.observe(&ObservedCall { integration: client.name(), method: &head.method, path, ending });
    }

    fn has_room(&self, spare: bool) -> Result<(), Fault> {
        let soon = Duration::from_secs(1);
        if self.doors.drain.has_begun() {
            return Err(Fault::new(FaultCode::Draining, "").with_retry_after(soon));
        }
        if spare {
            let detail = format!("all {} connections are in use", self.limits.max_connections);
            return Err(Fault::new(FaultCode::Busy, detail).with_retry_after(soon));
        }
        Ok(())
    }

    /// Reads the little that is left of an unread body, so that the connection can be kept; says that it will be closed when there is more.
    async fn tidy(&self, call: Call<'_>, mut answer: Response<Body>) -> Response<Body> {
        let Some(body) = call.body else { return answer };
        let headers = answer.headers_mut();
        if body.fate().is_whole() || headers.contains_key(CONNECTION) {
            return answer;
        }
        // Reading would make hyper send `100 Continue` for a body that nobody wants.
        let expects = expects_continue(&call.head.headers, call.head.version);
        let kept = !expects
            && tokio::select! {
                ended = body.at_most(DISCARD_BYTES).discard() => ended,
                () = self.sleep.sleep(DISCARD_TIME) => false,
            };
        if !kept {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    /// Counts and records what the caller is to blame for; the rest is counted where it happens.
    fn note(&self, call: &Call<'_>, fault: &Fault) {
        let integration = call.client.map(|client| client.name().as_str());
        tracing::info!(
            integration,
            fault = fault.code().name(),
            detail = fault.detail(),
            "a call ended in a fault"
        );
        if fault.remedy() != Remedy::FixCall {
            return;
        }
        let mut event = AuditEvent::new(self.clock.now(), AuditKind::CallRefused)
            .fact("fault", fault.code().name())
            .fact("method", shown(&call.head.method));
        if let Some(client) = call.client {
            client.meter().count(Counter::CallsRefused);
            event = event.about(client.name());
        }
        if let Err(fault) = self.audit.record(&event) {
            tracing::error!(%fault, "a refused call could not be recorded");
        }
    }
}

impl Call<'_> {
    fn take_body(&mut self) -> Result<CallerBody, Fault> {
        self.body.take().ok_or_else(|| Fault::new(FaultCode::Internal, "a body was taken twice"))
    }
}

/// A call that took too long is the platform's fault only if the caller had sent everything.
fn overdue(fate: &BodyFate) -> Fault {
    if fate.is_whole() {
        return Fault::new(FaultCode::UpstreamTimeout, "the call took too long");
    }
    Fault::new(FaultCode::RequestMalformed, "the body did not arrive in time")
}
