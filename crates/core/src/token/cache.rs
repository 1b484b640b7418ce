//! The token cache: serves, refreshes ahead, shares one flight, retires what is rejected.
//!
//! # Why not a mutex around "fetch if old"
//!
//! Because everybody then waits behind one slow request, a cancelled caller takes the request with it, and on failure the waiters ask
//! again one after the other. Here a hit is one atomic load, the flight belongs to nobody, and its failure belongs to everybody.

use std::fmt;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::access::AccessToken;
use super::flight::{Flight, first};
use super::freshness::Freshness;
use super::issuer::{Mint, MintFault, Minted};
use super::pause::Failure;
use super::state::{Rejection, State};
use crate::clock::{Clock, Moment, THAW_GAP};
use crate::fault::{Fault, FaultCode, Remedy};
use crate::meter::{Counter, Meter};
use crate::runtime::{Randomness, Sleep, Spawn};
use crate::status::TokenStatus;
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

/// One integration's token. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct TokenCache(Arc<Shared>);

struct Shared {
    parts: CacheParts,
    current: ArcSwapOption<AccessToken>,
    guarded: Mutex<Guarded>,
}

#[derive(Default)]
struct Guarded {
    state: State,
    flight: Option<Arc<TokenFlight>>,
}

type TokenResult = Result<Arc<AccessToken>, Fault>;
type TokenFlight = Flight<TokenResult>;

impl TokenCache {
    /// An empty cache: nothing is asked for until somebody needs it.
    #[must_use]
    pub fn new(parts: CacheParts) -> Self {
        Self(Arc::new(Shared { parts, current: ArcSwapOption::empty(), guarded: Mutex::default() }))
    }

    /// A usable token. A fresh one is returned without lock, allocation or waiting.
    ///
    /// A caller without any usable token waits at most [`TokenCache::LONGEST_WAIT`]; while the last failure is recent it is told so at once.
    /// Dropping the future neither ends nor repeats the token request.
    ///
    /// # Errors
    /// Why there is none, with `retry_after` wherever a time is known. An expired token is never returned.
    pub async fn token(&self) -> TokenResult {
        let now = self.0.parts.clock.now();
        let held = self.0.current.load();
        let (wait, fallback) = match held.as_ref().map(|token| (token, token.judge(now))) {
            Some((token, Freshness::Fresh)) => return Ok(Arc::clone(token)),
            Some((token, Freshness::Due)) => {
                let token = Arc::clone(token);
                drop(self.0.join(now));
                return Ok(token);
            }
            Some((token, Freshness::Blocking)) => (self.0.join(now), Some(Arc::clone(token))),
            Some((_, Freshness::Expired)) | None => (self.0.join(now), None),
        };
        drop(held);
        let outcome = match wait {
            Ok(flight) => self.0.wait_for(&flight).await,
            Err(paused) => Err(paused),
        };
        outcome.or_else(|fault| self.0.fall_back(fallback, fault))
    }

    /// Says that the platform answered 401 to a call that carried `generation`. Only that generation is retired: a late 401 of an old token
    /// leaves its successor alone, and a thousand 401s of one generation lead to one token request.
    #[must_use]
    pub fn reject(&self, generation: u64) -> Rejection {
        let now = self.0.parts.clock.now();
        let mut guarded = lock(&self.0.guarded);
        let held = self.0.current.load_full();
        let rejection = guarded.state.judge_rejection(generation, held.as_deref(), now);
        if rejection == Rejection::Retired && held.is_some_and(|held| held.generation() == generation) {
            self.0.current.store(None);
            self.0.parts.meter.count(Counter::TokensRejected);
        }
        rejection
    }

    /// Says that a replay with `generation` was answered 401 as well, so that the next calls of the same kind do not each cost a token.
    pub fn replay_failed(&self, generation: u64) {
        let now = self.0.parts.clock.now();
        lock(&self.0.guarded).state.replay_failed(generation, now);
    }

    /// The state of the token, for status pages.
    #[must_use]
    pub fn status(&self) -> TokenStatus {
        let now = self.0.parts.clock.now();
        let held = self.0.current.load();
        let state = match held.as_ref().map(|token| token.judge(now)) {
            None => "none",
            Some(Freshness::Fresh) => "fresh",
            Some(Freshness::Due) => "due",
            Some(Freshness::Blocking) => "expiring",
            Some(Freshness::Expired) => "expired",
        };
        let expires_in_seconds = held.as_ref().map(|token| token.expiry().remaining(now).as_secs());
        TokenStatus { state, generation: lock(&self.0.guarded).state.generation, expires_in_seconds }
    }

    /// The last failure while it holds requests back: what callers are told, with the rest of the pause.
    #[must_use]
    pub fn pausing(&self) -> Option<Fault> {
        lock(&self.0.guarded).state.paused(self.0.parts.clock.now())
    }

    /// The longest a caller waits for a token it does not have: inside the 10 s an AWS Lambda function may take to start and the 16 s after
    /// which the platform's JavaScript SDK gives up.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(8);
}

impl Shared {
    /// The flight to wait for: the present one, or a new one. The state is looked at again under the lock, so of many callers that missed
    /// exactly one starts it.
    fn join(self: &Arc<Self>, now: Moment) -> Result<Arc<TokenFlight>, Fault> {
        let mut guarded = lock(&self.guarded);
        if let Some(token) = self.current.load_full().filter(|token| token.judge(now) == Freshness::Fresh) {
            let landed = Flight::begin(now);
            landed.land(Ok(token));
            return Ok(landed);
        }
        // A flight begun before a freeze talks through a connection that is dead by now.
        if let Some(flight) =
            guarded.flight.as_ref().filter(|flight| now.gap_since(flight.begun()) <= THAW_GAP)
        {
            return Ok(Arc::clone(flight));
        }
        if let Some(fault) = guarded.state.paused(now) {
            return Err(fault);
        }
        let flight = Flight::begin(now);
        guarded.flight = Some(Arc::clone(&flight));
        drop(guarded);
        self.launch(&flight);
        Ok(flight)
    }

    fn launch(self: &Arc<Self>, flight: &Arc<TokenFlight>) {
        let mut landing = Landing { shared: Arc::clone(self), flight: Arc::clone(flight), landed: false };
        self.parts.spawn.spawn(Box::pin(async move {
            let shared = Arc::clone(&landing.shared);
            let limit = shared.parts.sleep.sleep(LONGEST_FLIGHT);
            let minted = first(shared.parts.mint.mint(), limit).await.unwrap_or_else(|| Err(overdue()));
            landing.land(minted);
        }));
    }

    async fn wait_for(&self, flight: &Arc<TokenFlight>) -> TokenResult {
        let limit = self.parts.sleep.sleep(TokenCache::LONGEST_WAIT);
        let fault = || {
            Fault::new(FaultCode::TokenUnavailable, "the token request is still under way")
                .with_retry_after(Duration::from_secs(1))
        };
        first(flight.wait(), limit).await.unwrap_or_else(|| Err(fault()))
    }

    /// Inside the blocking margin a passing failure is no reason to fail a call: the token is still valid. Judged again, because the wait took time.
    fn fall_back(&self, held: Option<Arc<AccessToken>>, fault: Fault) -> TokenResult {
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
        let held = self.current.load_full().filter(|token| token.judge(now) != Freshness::Expired);
        let accepted = minted.and_then(|minted| guarded.state.accept(minted, held.as_deref(), now, draw));
        match accepted {
            Ok(token) => {
                let token = Arc::new(token);
                guarded.state.succeeded(token.generation());
                self.current.store(Some(Arc::clone(&token)));
                Ok(token)
            }
            Err(failed) => {
                self.parts.meter.count(Counter::TokenFailures);
                if awaited {
                    guarded.state.failed(&failed, held.as_deref(), now, draw);
                }
                Err(guarded.state.paused(now).unwrap_or(failed.fault))
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

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("status", &self.status()).finish_non_exhaustive()
    }
}

fn overdue() -> MintFault {
    let fault = Fault::new(FaultCode::TokenUnavailable, "the token request took too long");
    MintFault { fault, failure: Failure::Passing { retry_after: None } }
}

/// A flight may read a store, ask, read again and ask again; each part has its own shorter limit, this one bounds their sum.
const LONGEST_FLIGHT: Duration = Duration::from_secs(30);
