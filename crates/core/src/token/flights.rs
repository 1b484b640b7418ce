//! What the clones of one cache share: the snapshot, the state, and the flight that is on its way.

use std::time::Duration;

use super::flight::{Flight, first};
use super::freshness::Freshness;
use super::mint::{Mint, MintFault, Minted, Occasion};
use super::pause::Failure;
use super::present::{LentToken, Present};
use super::state::State;
use crate::clock::{Clock, Moment, THAW_GAP};
use crate::fault::{Fault, FaultCode, Remedy};
use crate::meter::{Counter, Meter};
use crate::runtime::{Randomness, Sleep, Spawn};
use crate::sync::{Arc, Mutex, lock};

/// What a cache is made of.
#[derive(Debug)]
pub struct CacheParts {
    /// Who gets tokens.
    pub mint: Arc<dyn Mint>,
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// For bounding waits.
    pub sleep: Arc<dyn Sleep>,
    /// For the flight.
    pub spawn: Arc<dyn Spawn>,
    /// For jitter.
    pub randomness: Arc<dyn Randomness>,
    /// Who counts.
    pub meter: Arc<dyn Meter>,
}

pub(super) struct Shared {
    pub(super) parts: CacheParts,
    pub(super) present: Present,
    pub(super) guarded: Mutex<Guarded>,
}

#[derive(Default)]
pub(super) struct Guarded {
    pub(super) state: State,
    flight: Option<Arc<TokenFlight>>,
}

pub(super) type TokenResult = Result<LentToken, Fault>;
type TokenFlight = Flight<TokenResult>;

impl Shared {
    pub(super) fn new(parts: CacheParts) -> Self {
        Self { parts, present: Present::none(), guarded: Mutex::default() }
    }

    /// The token there is now, whatever its age.
    pub(super) fn held(&self) -> Option<LentToken> {
        self.present.read()
    }

    /// The token there is now. If the process was frozen since its refresh was drawn, it is drawn again first, once for all callers: this may be
    /// one of many copies of a snapshot, and what was drawn before they parted is the same in all of them.
    pub(super) fn held_after_thaw(&self, now: Moment) -> Option<LentToken> {
        let held = self.held()?;
        if !held.schedule().thawed(now) {
            return Some(held);
        }
        let draw = self.parts.randomness.unit();
        let _writing = lock(&self.guarded);
        let held = self.held()?;
        if !held.schedule().thawed(now) {
            return Some(held);
        }
        Some(self.present.replace(&held.scheduled(held.schedule().redrawn(now, draw))))
    }

    /// The flight to wait for: the present one, or a new one. The state is looked at again under the lock, so of many callers that missed
    /// exactly one starts it; so are the clocks, because to a caller that read them before a freeze a flight begun after it would look stale.
    pub(super) fn join(self: &Arc<Self>) -> Result<Arc<TokenFlight>, Fault> {
        let mut guarded = lock(&self.guarded);
        let now = self.parts.clock.now();
        if let Some(token) = self.held().filter(|token| token.judge(now) == Freshness::Fresh) {
            let landed = Flight::begin(now);
            landed.land(Ok(token));
            return Ok(landed);
        }
        let paused = guarded.state.paused(now);
        // A flight begun before a freeze talks through a connection that is dead by now.
        let present = guarded.flight.as_ref().filter(|flight| now.gap_since(flight.begun()) <= THAW_GAP);
        match (present, &paused) {
            // While pausing a flight only looks into the store: nobody waits for that.
            (Some(flight), None) => return Ok(Arc::clone(flight)),
            (Some(_), Some(fault)) => return Err(fault.clone()),
            (None, Some(fault)) if !guarded.state.may_peek(now) => return Err(fault.clone()),
            (None, _) => {}
        }
        let flight = Flight::begin(now);
        guarded.flight = Some(Arc::clone(&flight));
        drop(guarded);
        let occasion = if paused.is_some() { Occasion::Peek } else { Occasion::Needed };
        self.launch(&flight, occasion);
        paused.map_or(Ok(flight), Err)
    }

    fn launch(self: &Arc<Self>, flight: &Arc<TokenFlight>, occasion: Occasion) {
        let mut landing = Landing { shared: Arc::clone(self), flight: Arc::clone(flight), landed: false };
        self.parts.spawn.spawn(Box::pin(async move {
            let shared = Arc::clone(&landing.shared);
            let limit = shared.parts.sleep.sleep(LONGEST_FLIGHT);
            let minted =
                first(shared.parts.mint.mint(occasion), limit).await.unwrap_or_else(|| Err(overdue()));
            landing.land(minted);
        }));
    }

    pub(super) async fn wait_for(&self, flight: &Arc<TokenFlight>) -> TokenResult {
        let limit = self.parts.sleep.sleep(LONGEST_WAIT);
        let fault = || {
            Fault::new(FaultCode::TokenUnavailable, "the token request is still under way")
                .with_retry_after(Duration::from_secs(1))
        };
        first(flight.wait(), limit).await.unwrap_or_else(|| Err(fault()))
    }

    /// Inside the blocking margin a passing failure is no reason to fail a call: the token is still valid. Judged again, because the wait took time.
    pub(super) fn fall_back(&self, held: Option<LentToken>, fault: Fault) -> TokenResult {
        let now = self.parts.clock.now();
        let passing = matches!(fault.remedy(), Remedy::RetryLater | Remedy::FixMachine | Remedy::ReportBug);
        let rejected = lock(&self.guarded).state.rejected;
        match held
            .filter(|held| passing && held.generation() > rejected && held.judge(now) != Freshness::Expired)
        {
            Some(held) => {
                self.parts.meter.count(Counter::TokensServedStale);
                Ok(held)
            }
            None => Err(fault),
        }
    }

    /// Takes in what a flight brought. A late flight (one that was given up after a freeze) may still bring the better token, but never a pause.
    fn conclude(&self, flight: &Arc<TokenFlight>, minted: Result<Minted, MintFault>) -> TokenResult {
        let now = self.parts.clock.now();
        let draw = self.parts.randomness.unit();
        let mut guarded = lock(&self.guarded);
        let awaited = guarded.flight.as_ref().is_some_and(|present| Arc::ptr_eq(present, flight));
        if awaited {
            guarded.flight = None;
        }
        let held = self.held().filter(|token| token.judge(now) != Freshness::Expired);
        let accepted = minted.and_then(|minted| guarded.state.accept(minted, held.as_deref(), now, draw));
        match accepted {
            Ok(token) => {
                guarded.state.succeeded(token.generation());
                Ok(self.present.replace(&token))
            }
            Err(failed) => {
                if failed.failure != Failure::Unchanged {
                    self.parts.meter.count(Counter::TokenFailures);
                }
                if awaited {
                    guarded.state.failed(&failed, held.as_deref(), now, draw);
                }
                // Two flights, one before and one after a freeze: whoever waited for the one that failed is served what anybody who asks now is.
                match held.filter(|held| held.judge(now) == Freshness::Fresh) {
                    Some(held) => Ok(held),
                    None => Err(guarded.state.paused(now).unwrap_or(failed.fault)),
                }
            }
        }
    }
}

/// Lands the flight whatever happens to its task: a panic or a runtime that shuts down is a fault for the waiters, never a hang.
struct Landing {
    shared: Arc<Shared>,
    flight: Arc<TokenFlight>,
    landed: bool,
}

impl Landing {
    fn land(&mut self, minted: Result<Minted, MintFault>) {
        self.landed = true;
        let outcome = self.shared.conclude(&self.flight, minted);
        self.flight.land(outcome);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.landed {
            let fault = Fault::new(FaultCode::Internal, "the token request ended without a result");
            self.land(Err(MintFault { fault, failure: Failure::Passing { retry_after: None } }));
        }
    }
}

fn overdue() -> MintFault {
    let fault = Fault::new(FaultCode::TokenUnavailable, "the token request took too long");
    MintFault { fault, failure: Failure::Passing { retry_after: None } }
}

/// A flight may read a store, ask, read again and ask again; each part has its own shorter limit, this one bounds their sum.
const LONGEST_FLIGHT: Duration = Duration::from_secs(30);

/// See [`super::TokenCache::LONGEST_WAIT`].
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(8);
