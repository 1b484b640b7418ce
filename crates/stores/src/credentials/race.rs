//! One read over all places: one after another, or side by side when one is late.
//!
//! ```text
//!   first ──────┬── answers ─────────────────────────────▶ that one; whoever is still asked is not waited for
//!               ├── fails ──▶ next at once
//!               └── late ───▶ next as well, and the first goes on ──▶ the first usable answer, the earlier place's if both are there
//! ```

use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

use hallpass_core::sync::Arc;
use hallpass_core::{BoxFuture, Counter, Credential, Fault, FaultCode, Meter, Reread, Stage, StoredSecret};

use super::access::Access;
use super::attempts::Attempt;
use super::budget::Urgency;
use super::cooldown::order;
use super::places::{Place, Places, Wish};
use super::succession::may_follow;

/// What a read needs to know.
#[derive(Debug)]
pub(super) struct Race<'a> {
    pub(super) access: &'a Access,
    pub(super) around: &'a Places,
    /// In configured order; the first is the primary.
    pub(super) places: &'a [Arc<Place>],
    pub(super) meter: &'a dyn Meter,
    pub(super) held: Option<Arc<Credential>>,
    /// See [`may_follow`].
    pub(super) doubted: bool,
    pub(super) reread: Reread,
}

/// How a read ended.
#[derive(Debug)]
pub(super) enum End {
    /// A place had it.
    Found(Credential),
    /// A place answered, but what is held is newer or as new, and no other place had anything newer.
    NothingNewer(Vec<Attempt>),
    /// No place had it.
    Failed(Vec<Attempt>),
    /// It could not be recorded, so it is not used.
    Unrecorded(Fault),
}

struct Running<'a> {
    rank: usize,
    /// On the monotonic clock.
    began: Duration,
    read: BoxFuture<'a, Result<StoredSecret, Fault>>,
}

enum Event {
    /// From the place at this index of those that are running.
    Answer(usize, Result<StoredSecret, Fault>),
    /// The place asked last is late.
    Late,
}

impl<'a> Race<'a> {
    /// Reads. If this is dropped, so are the reads it has begun; nothing else has changed.
    pub(super) async fn run(self) -> End {
        let over = self.around.now().monotonic + self.around.limits().read_timeout;
        let mut to_ask = VecDeque::from(self.order());
        let (mut running, mut late) = (Vec::new(), None);
        let (mut attempts, mut lags) = (Vec::new(), false);
        let mut start_next = true;
        loop {
            if let Some(rank) = to_ask.pop_front_if(|_| start_next) {
                self.start(rank, over, &mut running);
                late = (!to_ask.is_empty()).then(|| self.around.sleep().sleep(self.patience(rank)));
            } else if running.is_empty() {
                return if lags { End::NothingNewer(attempts) } else { End::Failed(attempts) };
            } else if start_next {
                late = None;
            }
            start_next = true;
            let (index, outcome) = match next(&mut running, &mut late).await {
                Event::Late => {
                    self.meter.count(Counter::StoreReadsHedged);
                    continue;
                }
                Event::Answer(index, outcome) => (index, outcome),
            };
            let rank = running.remove(index).rank;
            let fault = match self.take(rank, outcome, &attempts) {
                Ok(Taken::Usable(credential)) => return self.won(credential, &running),
                Ok(Taken::Older(fault)) => {
                    lags = true;
                    fault
                }
                Ok(Taken::Failed(fault)) => fault,
                Err(unrecorded) => return End::Unrecorded(unrecorded),
            };
            attempts.push(Attempt { place: Arc::clone(&self.places[rank]), fault });
        }
    }

    fn order(&self) -> Vec<usize> {
        let now = self.around.now();
        let cooling: Vec<_> = self.places.iter().map(|place| place.is_cooling(now)).collect();
        order(&cooling, self.reread == Reread::Forced)
    }

    /// What is refused by the platform must be read from the primary, so that it gets its whole chance then.
    fn patience(&self, rank: usize) -> Duration {
        let most = self.around.limits().failover_after;
        if self.reread == Reread::Forced && rank == 0 { most } else { self.places[rank].delay().min(most) }
    }

    fn start(&self, rank: usize, over: Duration, running: &mut Vec<Running<'a>>) {
        let began = self.around.now().monotonic;
        let urgency = match self.reread {
            Reread::Cached | Reread::Beside => Urgency::Usual,
            Reread::Forced => Urgency::Forced,
        };
        let wish =
            Wish { stage: Stage::Current, urgency, limit: over.saturating_sub(began), meter: self.meter };
        running.push(Running { rank, began, read: Box::pin(self.places[rank].read(wish)) });
        // Answers are looked for in this order, so that of two that are there the earlier place's counts.
        running.sort_by_key(|running| running.rank);
    }

    /// The outer fault is the audit's.
    fn take(
        &self,
        rank: usize,
        outcome: Result<StoredSecret, Fault>,
        attempts: &[Attempt],
    ) -> Result<Taken, Fault> {
        let now = self.around.now();
        let checked = self.access.conclude(&self.places[rank], Stage::Current, outcome, now)?;
        let credential = match checked {
            Ok(credential) => credential,
            Err(fault) => return Ok(Taken::Failed(fault)),
        };
        // A place that all before it refer to, because they do not have the entry, is where it is changed.
        let is_home = |attempt: &Attempt| attempt.fault.code() == FaultCode::EntryNotFound;
        let is_home = attempts.len() == rank && attempts.iter().all(is_home);
        Ok(match may_follow(self.held.as_deref(), &credential, rank == 0, self.doubted || is_home) {
            Ok(()) => Taken::Usable(credential),
            Err(fault) => Taken::Older(fault),
        })
    }

    fn won(&self, credential: Credential, outrun: &[Running<'_>]) -> End {
        for Running { rank, began, .. } in outrun {
            let place = &self.places[*rank];
            place.outrun(*began);
            if let Err(unrecorded) = self.access.given_up(place, self.around.now()) {
                return End::Unrecorded(unrecorded);
            }
        }
        End::Found(credential)
    }
}

/// What an answer is good for.
enum Taken {
    Usable(Credential),
    Older(Fault),
    Failed(Fault),
}

/// The next thing that happens. An answer counts before lateness.
async fn next(running: &mut [Running<'_>], late: &mut Option<BoxFuture<'static, ()>>) -> Event {
    std::future::poll_fn(|context| {
        for (index, running) in running.iter_mut().enumerate() {
            if let Poll::Ready(outcome) = running.read.as_mut().poll(context) {
                return Poll::Ready(Event::Answer(index, outcome));
            }
        }
        match late {
            Some(sleep) => sleep.as_mut().poll(context).map(|()| Event::Late),
            None => Poll::Pending,
        }
    })
    .await
}
