//! One whole exchange with bounds on time and size: what token requests and other small messages use.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::Sleep;
use http::{Request, Response};

use crate::body::{Collected, collect};
use crate::{Body, Transport, TransportFault};

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From sending to the last byte of the answer.
    pub within: Duration,
    /// The longest answer body, in bytes.
    pub bytes: usize,
}

/// Sends `request` and collects the whole answer.
///
/// # Errors
/// The transport's; `TimedOut` when it took too long, `Broken` when the answer ended early, `TooLong` when it is longer than allowed.
pub async fn exchange(
    transport: &dyn Transport,
    sleep: &dyn Sleep,
    request: Request<Body>,
    bounds: Bounds,
) -> Result<Response<Bytes>, TransportFault> {
    let exchanging = Box::pin(async move {
        let (head, body) = transport.send(request).await?.into_parts();
        match collect(body, bounds.bytes).await.map_err(TransportFault::Broken)? {
            Collected::Whole(bytes) => Ok(Response::from_parts(head, bytes)),
            Collected::Longer(..) => Err(TransportFault::TooLong),
        }
    });
    within(sleep, bounds.within, exchanging).await.unwrap_or(Err(TransportFault::TimedOut))
}

/// The output of `future`, or `None` when `limit` passes first; the future is dropped then.
pub async fn within<F: Future + Unpin>(
    sleep: &dyn Sleep,
    limit: Duration,
    mut future: F,
) -> Option<F::Output> {
    let mut limit = sleep.sleep(limit);
    std::future::poll_fn(move |context| {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(context) {
            return Poll::Ready(Some(output));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}
