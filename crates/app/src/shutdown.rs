//! Being told to stop: once politely, twice at once.

use hallpass_core::{Fault, FaultCode};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// SIGTERM and SIGINT, counted from the moment this is made.
#[derive(Clone, Debug)]
pub struct Shutdown {
    count: watch::Receiver<usize>,
}

impl Shutdown {
    /// Counts signals from now on, in a task of its own. Must be called inside a runtime.
    ///
    /// # Errors
    /// `internal` when the signals cannot be caught.
    pub fn listen() -> Result<Self, Fault> {
        let (mut terminate, mut interrupt) =
            (caught(SignalKind::terminate())?, caught(SignalKind::interrupt())?);
        let (counted, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    () = counted.closed() => return,
                }
                counted.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { count })
    }

    /// Resolves once a signal came: stop, and finish what was begun.
    pub fn first(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reached(1)
    }

    /// Resolves once a second signal came: stop at once.
    pub fn second(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reached(2)
    }

    fn reached(&self, wanted: usize) -> impl Future<Output = ()> + Send + use<> {
        let mut count = self.count.clone();
        async move {
            if count.wait_for(|count| *count >= wanted).await.is_err() {
                // The runtime is shutting down; whoever still waits is dropped with it.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn caught(kind: SignalKind) -> Result<Signal, Fault> {
    signal(kind)
        .map_err(|error| Fault::new(FaultCode::Internal, "signals cannot be caught").with_source(error))
}
