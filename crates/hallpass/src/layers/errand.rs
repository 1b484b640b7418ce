//! One call that somebody else's HTTP client sends: admitted first, then given a token, and at most once another.

use hallpass_core::policy::Permit;
use hallpass_core::{Counter, Fault, RejectionVerdict};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use crate::{Client, Lease, Rejection};

/// One call on its way. There is none without a permit of the policy.
#[derive(Debug)]
pub(super) struct Errand {
    client: Client,
    permit: Permit,
    lease: Lease,
    replayed: bool,
}

impl Errand {
    /// Admits the call, cleans its headers, waits for the gate and gets a token.
    pub(super) async fn begin(
        client: Client,
        method: &Method,
        uri: &Uri,
        headers: &mut HeaderMap,
    ) -> Result<Self, Fault> {
        let (permit, kept) = client.admit(method, uri, headers)?;
        *headers = kept;
        headers.remove(HOST);
        client.integration().meter().count(Counter::Calls);
        client.integration().hold_back().await;
        let lease = client.tokens().token().await?;
        Ok(Self { client, permit, lease, replayed: false })
    }

    /// Where it is sent: the very target that was decided on, at the integration's own origin.
    pub(super) fn destination(&self) -> Result<Uri, Fault> {
        self.client.destination(&self.permit)
    }

    /// Puts the present token on the request; called right before each sending.
    pub(super) fn attach(&self, headers: &mut HeaderMap) {
        self.count(Counter::UpstreamRequests);
        let value: HeaderValue = self.lease.header().clone();
        headers.insert(AUTHORIZATION, value);
    }

    /// Whether to send the call once more, with the token that is then attached. `repeatable` says whether its body is still there.
    pub(super) async fn again(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        repeatable: bool,
    ) -> Result<bool, Fault> {
        self.client.integration().note_throttle(status, headers);
        if status != StatusCode::UNAUTHORIZED {
            if self.replayed {
                self.count(Counter::CallsHealed);
            }
            return Ok(false);
        }
        self.count(Counter::UpstreamUnauthorized);
        let tokens = self.client.tokens();
        if self.replayed {
            tokens.replay_failed(&self.lease);
            return Ok(false);
        }
        // The body of the answer belongs to its reader: the challenge in the head has to do.
        let verdict = self.client.integration().platform().judge_rejection(headers, &[]);
        if verdict == RejectionVerdict::NotAboutTheToken
            || tokens.reject(&self.lease) == Rejection::Futile
            || !repeatable
        {
            return Ok(false);
        }
        // The platform refused to act, but the request was sent: the fault must not invite a blind repetition.
        let lease = tokens
            .token()
            .await
            .map_err(|fault| Fault::new(fault.code(), fault.detail()).with_hint(fault.hint()))?;
        if lease.header() == self.lease.header() {
            return Ok(false);
        }
        self.lease = lease;
        self.replayed = true;
        Ok(true)
    }

    fn count(&self, counter: Counter) {
        self.client.integration().meter().count(counter);
    }
}
