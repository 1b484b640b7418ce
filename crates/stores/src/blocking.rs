//! Work that blocks, kept off the threads that run futures.

use hallpass_core::{Fault, FaultCode};

/// Runs `work` on tokio's blocking threads, or right here when no runtime is there to be held up.
///
/// Dropping the future does not stop work that has begun: it ends by itself, and only its answer is lost.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    match runtime.spawn_blocking(work).await {
        Ok(done) => done,
        Err(gone) if gone.is_panic() => std::panic::resume_unwind(gone.into_panic()),
        Err(_) => Err(Fault::new(FaultCode::StoreUnreadable, "the runtime is shutting down")),
    }
}
