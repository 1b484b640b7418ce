//! Runs in the background: one at a time for each integration.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hallpass_app::lifecycle::{NoProgress, Order, Stop};
use hallpass_app::{App, BoxFuture, RotationOptions};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Whatever carries out what is due.
pub trait Rotate: Send + Sync + fmt::Debug {
    /// Carries out what is due for `integration`, and nothing that is not. May be dropped at any await; doing it twice is doing it once.
    fn due<'a>(&'a self, integration: &'a str) -> BoxFuture<'a, ()>;
}

/// Who is running, and who is to run once more.
///
/// Whoever is woken while running runs once more afterwards, however often that was: the run under way may have looked already. So there are
/// never more tasks than integrations.
#[derive(Debug)]
pub struct Turns {
    rotate: Arc<dyn Rotate>,
    running: Arc<Mutex<BTreeMap<String, Again>>>,
    tasks: Mutex<JoinSet<()>>,
    stopping: watch::Sender<bool>,
}

/// Whether one is to run once more.
type Again = bool;

impl Turns {
    /// Nobody runs yet.
    #[must_use]
    pub fn new(rotate: Arc<dyn Rotate>) -> Self {
        let (running, tasks) = (Arc::default(), Mutex::default());
        Self { rotate, running, tasks, stopping: watch::Sender::new(false) }
    }

    /// Lets `integration` run, now or once more after the run that is under way. Returns at once. Does nothing after [`Turns::drain`] began: whatever was to be
    /// done is due at the next start as well.
    pub fn wake(&self, integration: &str) {
        if *self.stopping.borrow() {
            return;
        }
        let mut running = locked(&self.running);
        if let Some(again) = running.get_mut(integration) {
            *again = true;
            return;
        }
        running.insert(integration.to_owned(), false);
        drop(running);
        let (rotate, running) = (Arc::clone(&self.rotate), Arc::clone(&self.running));
        let (stopping, integration) = (self.stopping.subscribe(), integration.to_owned());
        let mut tasks = locked(&self.tasks);
        // Ended ones are let go here, so that the set does not grow.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let place = Place { running, integration };
            loop {
                rotate.due(&place.integration).await;
                if *stopping.borrow() || !place.once_more() {
                    return;
                }
            }
        });
    }

    /// Lets nobody begin any more and waits for those who run, until `patience` resolves; the others are cut off, which is what a crash is to the engine: the
    /// next run goes on. Says how many that were.
    pub async fn drain(&self, patience: impl Future<Output = ()>) -> usize {
        self.stopping.send_replace(true);
        let mut tasks = std::mem::take(&mut *locked(&self.tasks));
        let all = async { while tasks.join_next().await.is_some() {} };
        tokio::select! {
            () = all => return 0,
            () = patience => {}
        }
        let left = tasks.len();
        tasks.shutdown().await;
        left
    }
}

/// The place of one that runs. It is given back on a panic, too: an integration that could never run again would be worse than one that fails again.
struct Place {
    running: Arc<Mutex<BTreeMap<String, Again>>>,
    integration: String,
}

impl Place {
    /// Whether it was woken meanwhile; if not, its place is free from here on.
    fn once_more(&self) -> bool {
        let mut running = locked(&self.running);
        match running.get_mut(&self.integration) {
            Some(again) if *again => {
                *again = false;
                true
            }
            _ => {
                running.remove(&self.integration);
                false
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            locked(&self.running).remove(&self.integration);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept under these locks is whole after each statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The engine of rotation behind [`Rotate`].
#[derive(Debug)]
pub struct Due {
    app: Arc<App>,
    stay: Duration,
}

impl Due {
    /// Runs that wait at one place for `stay` at most; beyond that they end, and the next goes on.
    #[must_use]
    pub fn new(app: Arc<App>, stay: Duration) -> Self {
        Self { app, stay }
    }
}

impl Rotate for Due {
    fn due<'a>(&'a self, integration: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let options = RotationOptions { stay: self.stay, accept_downtime_risk: false };
            let rotation = match self.app.rotation(integration, options, Arc::new(NoProgress)) {
                Ok(rotation) => rotation,
                Err(fault) => return tracing::error!(integration, %fault, "the rotation cannot run"),
            };
            let stop = rotation.run(Order::Due).await;
            tell(integration, &stop, stop.fault(integration, rotation.now()));
        })
    }
}

fn tell(integration: &str, stop: &Stop, fault: Option<hallpass_app::Fault>) {
    let ended = match stop {
        Stop::Finished(outcome) => outcome.name(),
        Stop::Nothing => "nothing to do",
        Stop::NotDue(_) => "not due",
        Stop::Waiting(..) => "time has to pass",
        Stop::Held(_) => "on hold",
        Stop::LeaseHeld(..) => "another machine has the lease",
        Stop::Stuck(_) => "a person is needed",
        Stop::Refused(_) => "refused",
        Stop::Failed(_) => "failed",
    };
    match fault {
        None => {
            tracing::info!(integration, ended, "looked whether the secret is due");
        }
        Some(fault) => {
            tracing::warn!(integration, ended, hint = fault.hint(), %fault, "looked whether the secret is due");
        }
    }
}
