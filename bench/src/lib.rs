//! Candidates that serve a cached token, and how to measure them side by side.

pub mod clients;
pub mod crowd;
pub mod measure;
pub mod ours;
pub mod patterns;
#[cfg(feature = "peers")]
pub mod peers;
pub mod python;
pub mod situations;
pub mod token_server;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Waits for a future on this thread. A cached read is usually ready at the first poll, which then costs nothing extra; one that finds a
/// lock taken parks the thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
