//! Where the token core gets its credential: an ordered list of places, kept in memory for a while.
//!
//! ```text
//!   cached ──▶ in memory? ──fresh──▶ that one
//!                │    └─────due────▶ that one, or a newer one that a read beside it brings at once
//!                │ none, or too old
//!   forced ──────┴──▶ flights (one read of each kind at a time) ──▶ race over the places ──▶ checked, audited, judged by serial ──▶ in memory
//! ```
//!
//! Callers who come while a read is under way wait for it and share what it yields, a fault included: ten thousand callers at a cold
//! start are one read. How often stores are read is said, and bounded, in [`StoreLimits`].
//!
//! # What "too old" means
//!
//! While no place can be read the last good credential is used, whatever the stores say: an outage, a permission withdrawn by mistake
//! or a value that somebody broke must not stop a process that works. It is counted, and it ends at `stale_limit`. To stop an integration
//! at once, disable its client at the platform: that is the only place where a secret that was read once loses its worth.

mod access;
mod attempts;
mod budget;
mod cooldown;
mod flights;
mod hedge;
mod limits;
mod places;
mod race;
mod staleness;
mod succession;

use std::time::Duration;

use hallpass_core::audit::AuditSink;
use hallpass_core::sync::{Arc, Mutex, lock};
use hallpass_core::{
    BoxFuture, Counter, Credential, CredentialSource, Environment, Fault, FaultCode, IntegrationName, Meter,
    Reread, Spawn, Stage,
};
use tokio::sync::oneshot;

pub use limits::StoreLimits;
pub use places::{Place, Places};

use crate::within::within;
use access::Access;
use attempts::{Attempt, all_failed, listed};
use budget::Urgency;
use flights::Flights;
use places::Wish;
use race::{End, Race};
use staleness::{Age, Standing, is_doubted};

/// Reads one integration's credential from its places and keeps the last good one in memory.
#[derive(Debug)]
pub struct StoreCredentials(Arc<Shared>);

/// What a source of credentials is made of.
#[derive(Debug)]
pub struct CredentialParts {
    /// Whose credential it is.
    pub integration: IntegrationName,
    /// The environment it must belong to.
    pub environment: Environment,
    /// The members that the platform needs.
    pub required: &'static [&'static str],
    /// Where the places come from; their clock, timer and limits are the source's.
    pub around: Arc<Places>,
    /// Where it is written; only here may the serial go back.
    pub primary: Arc<Place>,
    /// Asked in this order when those before fail or are late.
    pub others: Vec<Arc<Place>>,
    /// For reads beside a token request.
    pub spawn: Arc<dyn Spawn>,
    /// Counts reads.
    pub meter: Arc<dyn Meter>,
    /// Gets a `secret-read` event for every place that was asked, with store, whereabouts, and version and fingerprint or the fault.
    pub audit: Arc<dyn AuditSink>,
}

impl StoreCredentials {
    /// A source that has read nothing yet.
    #[must_use]
    pub fn new(parts: CredentialParts) -> Self {
        let CredentialParts { integration, environment, required, audit, .. } = parts;
        Self(Arc::new(Shared {
            access: Access { integration, environment, required, audit },
            around: parts.around,
            places: std::iter::once(parts.primary).chain(parts.others).collect(),
            spawn: parts.spawn,
            meter: parts.meter,
            held: Mutex::default(),
            cached: Flights::new(),
            forced: Flights::new(),
        }))
    }
}

impl CredentialSource for StoreCredentials {
    fn credential(&self, reread: Reread) -> BoxFuture<'_, Result<Arc<Credential>, Fault>> {
        Box::pin(async move {
            // Before what is held is looked at: a read that ends between the two looks is found by one of them.
            let seen = self.0.flights(reread).seen(reread);
            match self.0.held().filter(|_| reread != Reread::Forced) {
                Some((held, Standing::Fresh)) if reread == Reread::Cached => Ok(held),
                Some((held, Standing::Bridged)) => Ok(self.0.bridged(held)),
                Some((held, Standing::Fresh | Standing::Due)) => Ok(self.0.renewed(held, seen).await),
                Some((_, Standing::Stale)) | None => self.0.flight(seen, reread).await,
            }
        })
    }

    fn at(&self, stage: Stage) -> BoxFuture<'_, Result<Option<Arc<Credential>>, Fault>> {
        Box::pin(self.0.at(stage))
    }
}

#[derive(Debug)]
struct Shared {
    access: Access,
    around: Arc<Places>,
    /// Never empty.
    places: Vec<Arc<Place>>,
    spawn: Arc<dyn Spawn>,
    meter: Arc<dyn Meter>,
    /// What every caller without special wishes gets. Locked for a moment only, never across a read.
    held: Mutex<Option<Held>>,
    cached: Flights<Result<Arc<Credential>, Fault>>,
    /// Apart from the others: who was refused must not wait for a read that was begun before, which may hang.
    forced: Flights<Result<Arc<Credential>, Fault>>,
}

#[derive(Debug)]
struct Held {
    credential: Arc<Credential>,
    age: Age,
}

impl Shared {
    /// What is held, and what may be done with it now.
    fn held(&self) -> Option<(Arc<Credential>, Standing)> {
        let now = self.around.now();
        let held = lock(&self.held);
        let held = held.as_ref()?;
        Some((Arc::clone(&held.credential), held.age.standing(self.around.limits(), now)))
    }

    /// What is held although it should have been looked at again.
    fn bridged(&self, held: Arc<Credential>) -> Arc<Credential> {
        self.meter.count(Counter::CredentialsServedStale);
        held
    }

    /// Reads as a task of its own, and waits for it a moment: usually the answer is there by then, so a replaced secret is not used once more. A
    /// store that is slow or gone costs the token request no more than that.
    async fn renewed(self: &Arc<Self>, held: Arc<Credential>, seen: u64) -> Arc<Credential> {
        if self.cached.is_under_way() {
            return held;
        }
        let (tell, told) = oneshot::channel();
        let shared = Arc::clone(self);
        self.spawn.spawn(Box::pin(async move {
            let outcome = shared.flight(seen, Reread::Cached).await;
            // Nobody may wait any more; what was read is held all the same.
            drop(tell.send(outcome));
        }));
        match within(GRACE, self.around.sleep(), told).await {
            Some(Ok(Ok(read))) => read,
            Some(Ok(Err(_))) => self.bridged(held),
            Some(Err(_)) | None => held,
        }
    }

    fn flights(&self, reread: Reread) -> &Flights<Result<Arc<Credential>, Fault>> {
        match reread {
            Reread::Cached | Reread::Beside => &self.cached,
            Reread::Forced => &self.forced,
        }
    }

    async fn flight(&self, seen: u64, reread: Reread) -> Result<Arc<Credential>, Fault> {
        self.flights(reread).share(seen, self.read(reread)).await
    }

    async fn read(&self, reread: Reread) -> Result<Arc<Credential>, Fault> {
        let (held, standing) = self.held().unzip();
        let race = Race {
            access: &self.access,
            around: &self.around,
            places: &self.places,
            meter: &*self.meter,
            held: held.clone(),
            doubted: is_doubted(standing, reread),
            reread,
        };
        match race.run().await {
            End::Found(credential) => Ok(self.hold(credential, held.as_ref())),
            End::Unrecorded(fault) => Err(fault),
            End::Failed(attempts) => Err(self.failed(standing, &attempts)),
            End::NothingNewer(attempts) => {
                let fault = self.failed(standing, &attempts);
                held.filter(|_| standing != Some(Standing::Stale)).map(|held| self.bridged(held)).ok_or(fault)
            }
        }
    }

    /// Keeps what was read while `before` was held, unless a read beside this one brought something else meanwhile that is not older: which of
    /// two answers of the primary is the later one cannot be told from when they came.
    fn hold(&self, read: Credential, before: Option<&Arc<Credential>>) -> Arc<Credential> {
        let (credential, age) = (Arc::new(read), Age::new(self.around.now()));
        let mut held = lock(&self.held);
        let beside = held.as_ref().map(|held| &held.credential);
        match beside.filter(|beside| before.is_none_or(|before| !Arc::ptr_eq(before, beside))) {
            Some(beside) if credential.serial() <= beside.serial() => Arc::clone(beside),
            _ => Arc::clone(&held.insert(Held { credential, age }).credential),
        }
    }

    /// Notes that what is held could not be looked at again, and says why nothing can be had instead.
    fn failed(&self, standing: Option<Standing>, attempts: &[Attempt]) -> Fault {
        let now = self.around.now();
        let mut held = lock(&self.held);
        let Some(held) = &mut *held else { return all_failed(attempts) };
        held.age.failed(now);
        if standing != Some(Standing::Stale) {
            return all_failed(attempts);
        }
        let hours = held.age.since_seen(now).as_secs() / 3600;
        let detail =
            format!("{}, last read {hours} hours ago: {}", self.access.integration, listed(attempts));
        Fault::new(FaultCode::CredentialStale, detail).with_source(all_failed(attempts))
    }

    async fn at(&self, stage: Stage) -> Result<Option<Arc<Credential>>, Fault> {
        let primary = &self.places[0];
        let limit = self.around.limits().read_timeout;
        // Only asked for after a refusal.
        let outcome =
            primary.read(Wish { stage, urgency: Urgency::Forced, limit, meter: &*self.meter }).await;
        match self.access.conclude(primary, stage, outcome, self.around.now())? {
            Ok(credential) => Ok(Some(Arc::new(credential))),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

/// How long a token request waits for a read beside it: an answer from a store in the same region is there in a tenth of that.
const GRACE: Duration = Duration::from_millis(250);
