//! A panic in a handler becomes a fault. Unanswered, it would reset the connection, and an HTTP library then repeats the call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use hallpass_core::{Fault, FaultCode};

/// Runs `handler`; a panic in it is `internal`. The handler runs in the caller's own task, so dropping this drops it, too.
///
/// Unwind safety is asserted because the handler's state dies with it, and what it shares is atomics, watch channels and mutexes whose
/// holders only assign.
pub(crate) async fn caught<T>(handler: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let mut handler = pin!(handler);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(poll) => poll,
        // The panic's own text may hold anything; it went to the panic hook and goes no further.
        Err(_) => Poll::Ready(Err(Fault::new(FaultCode::Internal, "a handler panicked"))),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::caught;
    use hallpass_core::{Fault, FaultCode};

    #[tokio::test]
    async fn a_panic_becomes_an_internal_fault() {
        let outcome: Result<(), Fault> = caught(async { panic!("canary") }).await;
        let fault = outcome.unwrap_err();
        assert_eq!(fault.code(), FaultCode::Internal);
        assert!(!fault.to_string().contains("canary"));
    }
}
