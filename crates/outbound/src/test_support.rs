//! A scripted transport: the test plays the network.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use hallpass_core::BoxFuture;
use http::{HeaderMap, Method, Request, Response, Uri};

use crate::body::{Collected, collect, full};
use crate::{Body, Transport, TransportFault};

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct SentRequest {
    /// Its method.
    pub method: Method,
    /// Its full URI.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}

type Reply = Result<Response<Bytes>, TransportFault>;

/// Answers requests from a queue and remembers them. An unexpected request is answered by a broken connection.
#[derive(Debug, Default)]
pub struct ScriptedTransport {
    replies: Mutex<VecDeque<Reply>>,
    sent: Mutex<Vec<SentRequest>>,
}

impl ScriptedTransport {
    /// A transport that gives these replies, in order.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), sent: Mutex::default() }
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<SentRequest> {
        self.sent.lock().expect("no holder panics").clone()
    }
}

impl Transport for ScriptedTransport {
    fn send(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, TransportFault>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = match collect(body, usize::MAX).await.map_err(TransportFault::RequestBody)? {
                Collected::Whole(bytes) | Collected::Longer(bytes, _) => bytes,
            };
            let sent = SentRequest { method: head.method, uri: head.uri, headers: head.headers, body };
            self.sent.lock().expect("no holder panics").push(sent);
            let reply = self.replies.lock().expect("no holder panics").pop_front();
            reply
                .unwrap_or_else(|| Err(TransportFault::Broken("an unexpected request".into())))
                .map(|reply| reply.map(full))
        })
    }
}
