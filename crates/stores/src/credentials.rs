//! Where the token core gets its credential: an ordered list of places, read one after another.
//!
//! ```text
//!   cached ──▶ held in memory? ──yes──▶ that one
//!                    │ no
//!   forced ──────────┴──▶ first place ──fault──▶ second place ──fault──▶ … ──▶ one fault that lists them all
//!                              │ read, environment and serial checked, audited
//!                              ▼
//!                         held in memory
//! ```
//!
//! Callers who come while a read is under way wait for it and share what it yields, a fault included: ten thousand callers at a cold
//! start are one read.

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::sync::{Arc, AtomicU64, Mutex, Ordering, lock};
use hallpass_core::{
    BoxFuture, Clock, Counter, Credential, CredentialSource, EntryName, Environment, Fault, FaultCode,
    IntegrationName, Meter, Reread, Stage, Store, StoredSecret,
};

/// Reads one integration's credential from its places and keeps the last good one in memory.
#[derive(Debug)]
pub struct StoreCredentials {
    integration: IntegrationName,
    environment: Environment,
    required: &'static [&'static str],
    places: Vec<Place>,
    observers: Observers,
    /// What every caller without special wishes gets. Locked for a clone only, never across a read.
    held: Mutex<Option<Arc<Credential>>>,
    /// How many reads were begun; each is numbered by what this was then.
    begun: AtomicU64,
    /// The last read that came to an end. Locked while one is under way.
    last: tokio::sync::Mutex<Option<Ended>>,
    /// The number in `last`, to be seen without waiting for the lock.
    ended: AtomicU64,
}

/// Who is told about reads.
#[derive(Clone, Debug)]
pub struct Observers {
    /// Gets a `secret-read` event for every secret that was read, with store, version and fingerprint.
    pub audit: Arc<dyn AuditSink>,
    /// Counts every read of a store.
    pub meter: Arc<dyn Meter>,
    /// Dates the events.
    pub clock: Arc<dyn Clock>,
}

impl StoreCredentials {
    /// A source whose primary place is `entry` of `store`. `required` are the members that the platform needs.
    #[must_use]
    pub fn new(
        integration: IntegrationName,
        environment: Environment,
        required: &'static [&'static str],
        (store, entry): (Arc<dyn Store>, EntryName),
        observers: Observers,
    ) -> Self {
        Self {
            integration,
            environment,
            required,
            places: vec![Place { store, entry }],
            observers,
            held: Mutex::default(),
            begun: AtomicU64::new(0),
            last: tokio::sync::Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    /// The same source with one more place, asked when all before it fail.
    #[must_use]
    pub fn or_else(mut self, store: Arc<dyn Store>, entry: EntryName) -> Self {
        self.places.push(Place { store, entry });
        self
    }

    /// A cached answer may come from any read that ended since the call; a forced one only from a read that began since, because
    /// an earlier one may have seen what the platform refuses.
    fn seen(&self, reread: Reread) -> u64 {
        match reread {
            Reread::Cached => self.ended.load(Ordering::Acquire),
            Reread::Forced => self.begun.load(Ordering::Acquire),
        }
    }

    /// Shares what a read with a number above `seen` yielded, or reads.
    async fn flight(&self, seen: u64) -> Result<Arc<Credential>, Fault> {
        let mut last = self.last.lock().await;
        if let Some(shared) = last.as_ref().filter(|ended| ended.number > seen) {
            return shared.outcome.clone();
        }
        // A caller who is dropped during the read leaves its number unused and the lock free: the next one reads.
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let outcome = self.read().await;
        *last = Some(Ended { number, outcome: outcome.clone() });
        self.ended.store(number, Ordering::Release);
        outcome
    }

    async fn read(&self) -> Result<Arc<Credential>, Fault> {
        let mut attempts = Vec::new();
        for (rank, place) in self.places.iter().enumerate() {
            self.observers.meter.count(Counter::StoreReads);
            let fault = match place.store.read(&place.entry, Stage::Current).await {
                Ok(stored) => match self.accept(place, &stored)? {
                    Ok(credential) => return Ok(self.hold(credential, rank == 0)),
                    Err(refused) => refused,
                },
                Err(fault) => fault,
            };
            attempts.push(Attempt { place, fault });
        }
        Err(all_failed(&attempts))
    }

    /// Checks and audits what was read. The outer fault is the audit's: what cannot be recorded is not used, wherever it came from.
    fn accept(&self, place: &Place, stored: &StoredSecret) -> Result<Result<Credential, Fault>, Fault> {
        let parsed = Credential::parse(&stored.value, stored.version.clone(), self.required);
        let checked = parsed.and_then(|credential| {
            credential.belongs_to(&self.environment)?;
            Ok(credential)
        });
        let event = AuditEvent::new(self.observers.clock.now(), AuditKind::SecretRead)
            .about(&self.integration)
            .fact("store", place.store.traits().scheme)
            .fact("version", stored.version.as_str());
        let event = match &checked {
            Ok(credential) => event.fact("fingerprint", credential.fingerprint().to_string()),
            Err(fault) => event.fact("fault", fault.code().name()),
        };
        self.observers.audit.record(&event)?;
        Ok(checked)
    }

    /// Only the primary may go back: a replica that lags would otherwise undo a rotation for everybody who asks it.
    fn hold(&self, read: Credential, from_primary: bool) -> Arc<Credential> {
        let mut held = lock(&self.held);
        match &*held {
            Some(newer) if !from_primary && read.serial() < newer.serial() => Arc::clone(newer),
            _ => Arc::clone(held.insert(Arc::new(read))),
        }
    }
}

impl CredentialSource for StoreCredentials {
    fn credential(&self, reread: Reread) -> BoxFuture<'_, Result<Arc<Credential>, Fault>> {
        Box::pin(async move {
            // In this order: a read that ends between the two looks is found by one of them.
            let seen = self.seen(reread);
            if reread == Reread::Cached
                && let Some(held) = &*lock(&self.held)
            {
                return Ok(Arc::clone(held));
            }
            self.flight(seen).await
        })
    }

    fn at(&self, stage: Stage) -> BoxFuture<'_, Result<Option<Arc<Credential>>, Fault>> {
        Box::pin(async move {
            let Some(primary) = self.places.first() else { return Ok(None) };
            self.observers.meter.count(Counter::StoreReads);
            match primary.store.read(&primary.entry, stage).await {
                Ok(stored) => Ok(Some(Arc::new(self.accept(primary, &stored)??))),
                Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }
}

#[derive(Debug)]
struct Place {
    store: Arc<dyn Store>,
    entry: EntryName,
}

#[derive(Debug)]
struct Ended {
    number: u64,
    outcome: Result<Arc<Credential>, Fault>,
}

struct Attempt<'a> {
    place: &'a Place,
    fault: Fault,
}

/// One place speaks for itself. Of several, the first fault that is more than an absent entry decides what to do, and the detail
/// lists them all.
fn all_failed(attempts: &[Attempt<'_>]) -> Fault {
    let absent = |attempt: &&Attempt<'_>| attempt.fault.code() == FaultCode::EntryNotFound;
    let telling = attempts.iter().find(|attempt| !absent(attempt)).or(attempts.first());
    let telling = &telling.expect("there is a first place, and it was tried").fault;
    if attempts.len() == 1 {
        return telling.clone();
    }
    let line = |attempt: &Attempt<'_>| {
        // The entry is the store's to name or not: what stands in an `env` reference may be a misplaced secret.
        format!("`{}`: {}", attempt.place.store.traits().scheme, attempt.fault)
    };
    let lines = attempts.iter().map(line).collect::<Vec<_>>().join("; ");
    let fault = Fault::new(telling.code(), format!("none of {} places has it: {lines}", attempts.len()));
    let fault = fault.with_hint(telling.hint()).with_source(telling.clone());
    match telling.retry_after() {
        Some(after) => fault.with_retry_after(after),
        None => fault,
    }
}
