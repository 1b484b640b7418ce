//! A platform's API that answers what a test says.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::audit::NoAudit;
use hallpass_core::policy::Policy;
use hallpass_core::test_support::{ManualTime, ScriptedCredentials, ScriptedPlatform};
use hallpass_core::token::{Issuer, IssuerParts};
use hallpass_core::{BoxFuture, Counters, Fault, FaultCode, Sleep};
use hallpass_outbound::test_support::ScriptedTransport;
use hallpass_outbound::{IntegrationClient, IntegrationParts, Origin};
use http::{Request, Response};

use super::Tokens;
use crate::Client;
use crate::client::Record;

/// An API that gives answers in order and remembers what it was asked. When the answers run out, the connection breaks.
#[derive(Clone, Debug)]
pub struct Upstream {
    transport: Arc<ScriptedTransport>,
    tokens: Tokens,
}

/// An answer of `status` with `body`.
///
/// # Panics
/// When `status` is not between 100 and 999.
#[must_use]
pub fn answer(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    Response::builder().status(status).body(body.into()).expect("a status between 100 and 999")
}

impl Upstream {
    /// An API with these answers, whose callers get their tokens from `tokens`.
    #[must_use]
    pub fn answering(tokens: &Tokens, answers: impl IntoIterator<Item = Response<Bytes>>) -> Self {
        let transport = Arc::new(ScriptedTransport::new(answers.into_iter().map(Ok)));
        Self { transport, tokens: tokens.clone() }
    }

    /// A client of this API that may call what `rules` say. Its waiting moves the clock of the tokens on, and takes no time.
    ///
    /// # Errors
    /// `configuration-invalid` when a rule is not one.
    pub fn client(&self, rules: &[&str]) -> Result<Client, Fault> {
        let rules = rules.iter().map(|rule| rule.parse()).collect::<Result<_, _>>();
        let rules = rules.map_err(|fault| Fault::new(FaultCode::ConfigurationInvalid, format!("{fault}")))?;
        let (time, counters) = (self.tokens.time().clone(), Arc::new(Counters::new()));
        let platform = Arc::new(ScriptedPlatform::granting(Duration::from_secs(3600)));
        let upstreams = Arc::new(ORIGIN.parse::<Origin>().expect("a constant that is one"));
        let name: hallpass_core::IntegrationName = "fake".parse()?;
        let issuer = Issuer::new(IssuerParts {
            integration: name.clone(),
            credentials: Arc::new(ScriptedCredentials::new("id", "secret", "1")),
            fallback: Vec::new(),
            platform: Arc::clone(&platform) as _,
            clock: Arc::new(time.clone()),
            meter: Arc::clone(&counters) as _,
            audit: Arc::new(NoAudit),
        });
        let inner = IntegrationClient::new(IntegrationParts {
            policy: Policy::new(name.clone(), rules),
            name,
            platform,
            tokens: self.tokens.core(),
            issuer: Arc::new(issuer),
            transport: Arc::clone(&self.transport) as _,
            upstreams: Arc::clone(&upstreams) as _,
            clock: Arc::new(time.clone()),
            sleep: Arc::new(SkipAhead(time.clone())),
            counters,
            answer_within: Duration::from_secs(60),
        });
        Ok(Client::new(inner, upstreams, Record { audit: Arc::new(NoAudit), clock: Arc::new(time) }))
    }

    /// The requests so far, in order, tokens included: `Authorization` is `Bearer token-1` and so on.
    #[must_use]
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        let sent = self.transport.sent().into_iter().map(|sent| {
            let mut request = Request::new(sent.body);
            *request.method_mut() = sent.method;
            *request.uri_mut() = sent.uri;
            *request.headers_mut() = sent.headers;
            request
        });
        sent.collect()
    }
}

/// Waiting that moves the clock. It lets everything else have a look first, so a limit never wins over an answer that is there.
#[derive(Debug)]
struct SkipAhead(ManualTime);

impl Sleep for SkipAhead {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Skipping { time: self.0.clone(), duration, looked: false })
    }
}

struct Skipping {
    time: ManualTime,
    duration: Duration,
    looked: bool,
}

impl Future for Skipping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.looked, true) {
            self.time.advance(self.duration);
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

const ORIGIN: &str = "https://api.example";
