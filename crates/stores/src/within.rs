//! A limit to waiting.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use hallpass_core::Sleep;

/// What `future` yields, or `None` once `limit` has passed; it is dropped then. When both have come, its answer counts: a reader that
/// was kept from running must not throw away what is there.
pub(crate) async fn within<F: Future>(limit: Duration, sleep: &dyn Sleep, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut over = sleep.sleep(limit);
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        over.as_mut().poll(context).map(|()| None)
    })
    .await
}
