//! Administrative calls through an integration's client: policy, token, one replay after a 401.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{BoxFuture, Fault, FaultCode, Secret, Sleep};
use hallpass_outbound::{Collected, IntegrationClient, TransportFault, collect, empty, within};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use super::{AdminCall, AdminCalls, AdminReply};
use crate::parts::wiped;

/// Calls of the administering integration.
#[derive(Clone, Debug)]
pub struct IntegrationCalls {
    client: IntegrationClient,
    sleep: Arc<dyn Sleep>,
    prefix: Box<str>,
}

impl IntegrationCalls {
    /// Calls through `client`, whose policy must list them: see the `..._rules` functions.
    ///
    /// `prefix` stands before every target: empty for an integration with one upstream, `/NAME` where its upstreams have names and the administration
    /// is at the one called `NAME`. The rules are then to be written with it, too.
    #[must_use]
    pub fn new(client: IntegrationClient, sleep: Arc<dyn Sleep>, prefix: &str) -> Self {
        Self { client, sleep, prefix: prefix.into() }
    }

    async fn send(&self, call: AdminCall) -> Result<AdminReply, Fault> {
        let target = format!("{}{}", self.prefix, call.target);
        let permit = self.client.permit(&call.method, &target)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = match call.body {
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                wiped(body)
            }
            None => empty(),
        };
        let (head, body) = self.client.send(permit, headers, body).await?.response.into_parts();
        match collect(body, LONGEST_ANSWER).await.map_err(TransportFault::Broken)? {
            // What the TLS stack and the buffer below held of it is out of reach.
            Collected::Whole(bytes) => Ok(AdminReply {
                status: head.status,
                headers: head.headers,
                body: Secret::new(bytes.to_vec()),
            }),
            Collected::Longer(..) => Err(TransportFault::TooLong.into()),
        }
    }
}

impl AdminCalls for IntegrationCalls {
    fn call(&self, call: AdminCall) -> BoxFuture<'_, Result<AdminReply, Fault>> {
        Box::pin(async move {
            let sending = Box::pin(self.send(call));
            let sent = within(&*self.sleep, CALL_WITHIN, sending).await;
            sent.unwrap_or_else(|| Err(Fault::new(FaultCode::UpstreamTimeout, "an administrative call")))
        })
    }
}

/// From the first wait for a token to the last byte: a cold token takes 8 s at most, a closed gate 2 s, and an answer's head as long as its integration
/// allows, 30 s unless told otherwise. Nobody waits at a terminal for less than a rotation's step, so it may be generous.
const CALL_WITHIN: Duration = Duration::from_secs(60);

/// A client with all its roles has a few kilobytes, a page of keys some tens. An endless answer must not fill the memory.
const LONGEST_ANSWER: usize = 1024 * 1024;
