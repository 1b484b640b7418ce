//! Stopping without cutting anybody off: calls in flight are counted, and connections are told.
//!
//! ```text
//!   Serving ──stop──▶ Draining ──no call left, or time is up──▶ Finishing
//!                     new calls on kept connections: 503        connections without a call are dropped
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hallpass_outbound::{Body, BodyError};
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::watch;

/// The state of stopping, shared by everything that serves.
#[derive(Clone, Debug)]
pub(crate) struct Drain {
    phase: Arc<watch::Sender<Phase>>,
    calls: Arc<watch::Sender<usize>>,
}

/// How far stopping has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not begun.
    Serving,
    /// Calls in flight go on, new ones are refused.
    Draining,
    /// No call is left.
    Finishing,
}

/// A call in flight, from its head to the last byte of its answer. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Ticket {
    calls: Arc<watch::Sender<usize>>,
    connection: Arc<watch::Sender<u64>>,
}

impl Drain {
    pub(crate) fn new() -> Self {
        Self { phase: Arc::new(watch::Sender::new(Phase::Serving)), calls: Arc::new(watch::Sender::new(0)) }
    }

    /// A view of the phases for one connection.
    pub(crate) fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Goes to `phase` and tells everybody.
    pub(crate) fn go_to(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Whether stopping has begun.
    pub(crate) fn has_begun(&self) -> bool {
        *self.phase.borrow() != Phase::Serving
    }

    /// How many calls are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        *self.calls.borrow()
    }

    /// Resolves once no call is in flight.
    pub(crate) async fn no_call_left(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        drop(self.calls.subscribe().wait_for(|calls| *calls == 0).await);
    }

    /// Counts a call of a connection, whose own count turns odd while one is in flight.
    pub(crate) fn begin(&self, connection: &Arc<watch::Sender<u64>>) -> Ticket {
        self.calls.send_modify(|calls| *calls += 1);
        connection.send_modify(|count| *count += 1);
        Ticket { calls: Arc::clone(&self.calls), connection: Arc::clone(connection) }
    }
}

impl Ticket {
    /// `answer`, which ends the call once its body has been written or dropped.
    pub(crate) fn held_by(self, answer: Response<Body>) -> Response<Body> {
        answer.map(|body| Ticketed { body, _ticket: self }.boxed_unsync())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connection.send_modify(|count| *count += 1);
        self.calls.send_modify(|calls| *calls = calls.saturating_sub(1));
    }
}

struct Ticketed {
    body: Body,
    _ticket: Ticket,
}

impl HttpBody for Ticketed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
