//! What a gateway hears of its calls, and how that gets to the disk: beside the calls, never on their path.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hallpass_core::template::PathTable;
use hallpass_core::{CallObserver, Clock, Environment, Fault, IntegrationName, ObservedCall, Sleep};
use hallpass_lifecycle::learn::{Record, Taken, Tally};
use hallpass_platforms::UpstreamName;

use super::record_file::{Added, RecordFile};
use crate::config::{Config, IntegrationConfig};

/// Counts the calls of every integration that callers can reach, and writes the counts down.
#[derive(Debug)]
pub(crate) struct Recording {
    books: HashMap<String, Arc<Book>>,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
}

/// One integration's counts on their way to its record.
#[derive(Debug)]
struct Book {
    integration: IntegrationName,
    environment: Environment,
    file: RecordFile,
    tally: Tally,
    /// What could not be written yet. Bounded as the tally is.
    unsaved: Mutex<Taken>,
    /// Whether the log already says that writing fails.
    complained: AtomicBool,
    began_ms: u64,
}

impl Recording {
    /// A recording as `config` has it; `None` where nothing is to be recorded.
    pub(crate) fn of(config: &Config, clock: &Arc<dyn Clock>, sleep: &Arc<dyn Sleep>) -> Option<Arc<Self>> {
        let folder = config.sidecar.learn.as_ref()?;
        let served = config.integrations.iter().filter(|integration| !integration.administers);
        let book = |integration: &IntegrationConfig| {
            let book = Book {
                integration: integration.name.clone(),
                environment: config.environment.clone(),
                file: RecordFile::of(folder, &integration.name),
                tally: Tally::new(paths(integration, &config.sidecar.learn_paths), &integration.allow),
                unsaved: Mutex::default(),
                complained: AtomicBool::new(false),
                began_ms: millis(&**clock),
            };
            (integration.name.to_string(), Arc::new(book))
        };
        let (clock, sleep) = (Arc::clone(clock), Arc::clone(sleep));
        Some(Arc::new(Self { books: served.map(book).collect(), clock, sleep }))
    }

    /// Writes down what was counted: after a second, two, four, and from then on every [`INTERVAL`]. Never ends; when the future is dropped,
    /// [`Recording::finish`] writes what is left.
    pub(crate) async fn run(&self) -> std::convert::Infallible {
        // Soon at first: somebody who tries it out looks at once.
        let mut pause = Duration::from_secs(1);
        loop {
            self.sleep.sleep(pause).await;
            self.save().await;
            pause = INTERVAL.min(pause * 2);
        }
    }

    /// Writes down what is left, waiting a second or two for other processes that do the same.
    pub(crate) async fn finish(&self) {
        for _ in 0..LAST_ATTEMPTS {
            if self.save().await {
                return;
            }
            self.sleep.sleep(LAST_PAUSE).await;
        }
    }

    /// One attempt for each integration; whether nobody has to try again.
    async fn save(&self) -> bool {
        let mut done = true;
        for book in self.books.values() {
            let (book, now_ms) = (Arc::clone(book), millis(&*self.clock));
            // In a thread of its own, which goes on when this future is dropped, and puts back what it could not write.
            let saved = tokio::task::spawn_blocking(move || book.save(now_ms)).await;
            done &= saved.unwrap_or(true);
        }
        done
    }
}

impl CallObserver for Recording {
    fn observe(&self, call: &ObservedCall<'_>) {
        if let Some(book) = self.books.get(call.integration.as_str()) {
            book.tally.note(call, u64::try_from(self.clock.glance().wall.as_millis()).unwrap_or(u64::MAX));
        }
    }
}

impl Book {
    /// Whether nothing is left to try: it is written, or it cannot be.
    fn save(&self, now_ms: u64) -> bool {
        let mut taken = std::mem::take(&mut *self.unsaved.lock().unwrap_or_else(PoisonError::into_inner));
        taken.add(self.tally.take());
        if taken.is_empty() {
            return true;
        }
        let added = self.file.change(|record| {
            let fresh = || Record::new(self.integration.clone(), self.environment.clone(), self.began_ms);
            let mut record = record.unwrap_or_else(fresh);
            record.add(&taken, now_ms);
            record
        });
        if let Ok(Added::Done) = added {
            self.complained.store(false, Ordering::Relaxed);
            return true;
        }
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).add(taken);
        added.map_err(|fault| self.complain(&fault)).is_err()
    }

    /// Once, until it works again: calls go on, and what they do is kept in memory meanwhile.
    fn complain(&self, fault: &Fault) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            let integration = self.integration.as_str();
            tracing::error!(integration, %fault, "calls cannot be recorded; they are served all the same");
        }
    }
}

/// The words and paths that may be kept of an integration's calls: those of its platform, of its rules, and of the file that names more.
fn paths(integration: &IntegrationConfig, more: &[String]) -> PathTable {
    let mut table = PathTable::new();
    let upstreams: Vec<String> = upstreams(integration);
    hallpass_platforms::teach_paths(&mut table, &integration.platform.platform, &upstreams);
    for rule in &integration.allow {
        let target = rule.as_str().split_once(' ').map_or("", |(_, target)| target);
        table.add_path(target.split('?').next().unwrap_or(target));
    }
    for path in more {
        table.add_path(path);
        upstreams.iter().for_each(|name| table.add_path(&format!("/{name}{path}")));
    }
    table
}

/// The names that stand before a path where the integration has several places to call.
pub(crate) fn upstreams(integration: &IntegrationConfig) -> Vec<String> {
    integration.platform.upstreams.keys().map(UpstreamName::as_str).map(str::to_owned).collect()
}

fn millis(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.now().wall.as_millis()).unwrap_or(u64::MAX)
}

/// The folder of records of `config`, if it has one.
pub(super) fn folder(config: &Config) -> Option<&PathBuf> {
    config.sidecar.learn.as_ref()
}

/// How much of what was counted a crash may cost.
const INTERVAL: Duration = Duration::from_secs(10);
/// Two seconds for processes that stop together, each of which holds the lock for a few milliseconds.
const LAST_ATTEMPTS: usize = 40;
const LAST_PAUSE: Duration = Duration::from_millis(50);
