//! The places of a process: entries of stores, and what is known of how each answers.
//!
//! Integrations that name the same entry of the same store share the place, and with it the read that is under way, the budget, and the
//! knowledge that it failed a moment ago.

use std::fmt;
use std::time::Duration;

use hallpass_core::sync::{Arc, Mutex, lock};
use hallpass_core::{
    Clock, Counter, EntryName, Fault, FaultCode, Meter, Moment, Sleep, Stage, Store, StoredSecret,
};
use tokio::sync::watch;

use super::budget::{Budget, Urgency};
use super::cooldown::{Cooldown, cools};
use super::hedge::Latencies;
use super::limits::StoreLimits;
use crate::within::within;

/// Every place there is, so that those who name the same one share it. It is kept as long as this is: their number is bounded by
/// what configuration names.
#[derive(Debug)]
pub struct Places {
    limits: StoreLimits,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    known: Mutex<Vec<Arc<Place>>>,
}

impl Places {
    /// No place yet. All of them will be read within `limits`.
    #[must_use]
    pub fn new(limits: StoreLimits, clock: Arc<dyn Clock>, sleep: Arc<dyn Sleep>) -> Self {
        Self { limits, clock, sleep, known: Mutex::default() }
    }

    /// The place `entry` of `store`. It is the same as an earlier one if the store is the very same, not merely alike, and the entry has the same name.
    #[must_use]
    pub fn of(&self, store: Arc<dyn Store>, entry: EntryName) -> Arc<Place> {
        let mut known = lock(&self.known);
        let same = |place: &&Arc<Place>| {
            std::ptr::addr_eq(Arc::as_ptr(&place.store), Arc::as_ptr(&store)) && place.entry == entry
        };
        if let Some(place) = known.iter().find(same) {
            return Arc::clone(place);
        }
        let place = Arc::new(Place {
            state: Mutex::new(State {
                budget: Budget::of(self.limits.reads_per_minute),
                cooldown: Cooldown::default(),
                latencies: Latencies::default(),
                under_way: None,
            }),
            store,
            entry,
            clock: Arc::clone(&self.clock),
            sleep: Arc::clone(&self.sleep),
        });
        known.push(Arc::clone(&place));
        place
    }

    pub(super) fn limits(&self) -> &StoreLimits {
        &self.limits
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(super) fn sleep(&self) -> &dyn Sleep {
        &*self.sleep
    }
}

/// One entry of one store.
pub struct Place {
    store: Arc<dyn Store>,
    entry: EntryName,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    state: Mutex<State>,
}

struct State {
    budget: Budget,
    cooldown: Cooldown,
    latencies: Latencies,
    /// Where the outcome of the present read of CURRENT will come from. Its sender is gone once that read has ended or was given up.
    under_way: Option<watch::Receiver<Option<Outcome>>>,
}

type Outcome = Result<StoredSecret, Fault>;

/// How a place is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) stage: Stage,
    pub(super) urgency: Urgency,
    /// How long the answer may take.
    pub(super) limit: Duration,
    /// Counts what is read for this reader; a shared read is counted by the one that it was begun for.
    pub(super) meter: &'a dyn Meter,
}

impl Place {
    /// Reads it, or shares the read that another integration has under way. A forced reader never shares one that was begun before it asked.
    ///
    /// If this future is dropped, those who share the read begin another.
    pub(super) async fn read(&self, wish: Wish<'_>) -> Outcome {
        let read = within(wish.limit, &*self.sleep, self.shared(wish)).await;
        let outcome = read.unwrap_or_else(|| {
            let detail = format!("{self} did not answer within {:?}", wish.limit);
            Err(Fault::new(FaultCode::StoreUnreachable, detail))
        });
        let mut state = lock(&self.state);
        match &outcome {
            Err(fault) if cools(fault) => {
                state.cooldown.failed(self.clock.now(), fault.retry_after());
                wish.meter.count(Counter::StoreReadsFailed);
            }
            // Whether it is fit for use is the reader's to say; the place is well.
            _ => state.cooldown.answered(),
        }
        outcome
    }

    async fn shared(&self, wish: Wish<'_>) -> Outcome {
        let may_share = wish.stage == Stage::Current && wish.urgency == Urgency::Usual;
        while let Some(mut other) = self.under_way().filter(|_| may_share) {
            if let Ok(outcome) = other.wait_for(Option::is_some).await
                && let Some(outcome) = &*outcome
            {
                return outcome.clone();
            }
        }
        self.own(wish).await
    }

    /// The present read, unless whoever had it under way is gone.
    fn under_way(&self) -> Option<watch::Receiver<Option<Outcome>>> {
        lock(&self.state).under_way.clone().filter(|read| read.has_changed().is_ok())
    }

    async fn own(&self, wish: Wish<'_>) -> Outcome {
        let (tell, told) = watch::channel(None);
        let began = self.clock.now().monotonic;
        {
            let mut state = lock(&self.state);
            state.budget.take(wish.urgency, began).map_err(|wait| self.overdrawn(wait))?;
            if wish.stage == Stage::Current {
                state.under_way = Some(told);
            }
        }
        wish.meter.count(Counter::StoreReads);
        let outcome = self.store.read(&self.entry, wish.stage).await;
        let took = self.clock.now().monotonic.saturating_sub(began);
        {
            let mut state = lock(&self.state);
            if outcome.is_ok() {
                state.latencies.note(took);
            }
            // What is left behind here would keep a copy of the secret in memory.
            if state.under_way.as_ref().is_some_and(|read| read.same_channel(&tell.subscribe())) {
                state.under_way = None;
            }
        }
        if tell.receiver_count() > 0 {
            tell.send_replace(Some(outcome.clone()));
        }
        outcome
    }

    fn overdrawn(&self, wait: Duration) -> Fault {
        Fault::new(FaultCode::StoreBudgetSpent, format!("{self}")).with_retry_after(wait)
    }

    /// Another place answered while this one, asked at the monotonic time `began`, did not: its answer is not waited for.
    pub(super) fn outrun(&self, began: Duration) {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        state.latencies.note(now.monotonic.saturating_sub(began));
        // Otherwise one that hangs would cost every read the wait.
        state.cooldown.failed(now, None);
    }

    /// How long its answer is worth waiting for before the next place is asked as well.
    pub(super) fn delay(&self) -> Duration {
        lock(&self.state).latencies.delay()
    }

    /// Whether it failed a short while ago.
    pub(super) fn is_cooling(&self, now: Moment) -> bool {
        lock(&self.state).cooldown.lasts(now)
    }

    /// The scheme of its store, and where that is.
    pub(super) fn whereabouts(&self) -> (&'static str, Option<&str>) {
        (self.store.traits().scheme, self.store.place())
    }
}

/// The entry is the store's to name or not: what stands in an `env` reference may be a misplaced secret.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whereabouts() {
            (scheme, Some(place)) => write!(f, "`{scheme}` at {place}"),
            (scheme, None) => write!(f, "`{scheme}`"),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.to_string()).finish()
    }
}
