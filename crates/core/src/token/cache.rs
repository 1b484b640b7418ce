//! The token cache: serves, refreshes ahead, shares one flight, retires what is rejected.
//!
//! # Why not a mutex around "fetch if old"
//!
//! Because everybody then waits behind one slow request, a cancelled caller takes the request with it, and on failure the waiters ask
//! again one after the other. Here a hit is one atomic load, the flight belongs to nobody, and its failure belongs to everybody.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::flights::{CacheParts, LONGEST_WAIT, Shared, TokenResult};
use super::freshness::Freshness;
use super::present::LentToken;
use super::state::Rejection;
use crate::fault::Fault;
use crate::meter::Counter;
use crate::runtime::BoxFuture;
use crate::status::TokenStatus;
use crate::sync::{Arc, lock};

/// One integration's token. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct TokenCache(pub(super) Arc<Shared>);

impl TokenCache {
    /// An empty cache: nothing is asked for until somebody needs it.
    #[must_use]
    pub fn new(parts: CacheParts) -> Self {
        Self(Arc::new(Shared::new(parts)))
    }

    /// A usable token. A fresh one is returned without lock, allocation or waiting.
    ///
    /// A caller without any usable token waits at most [`TokenCache::LONGEST_WAIT`]; while the last failure is recent it is told so at once.
    /// Dropping the future neither ends nor repeats the token request.
    ///
    /// # Errors
    /// Why there is none, with `retry_after` wherever a time is known. An expired token is never returned.
    #[inline]
    pub fn token(&self) -> TokenCall<'_> {
        TokenCall { cache: self, waiting: None }
    }

    /// The whole of a hit. A glance at the clocks will do: a token stays fresh until half of its life is left, or an hour. After a freeze it is no
    /// hit, because the refresh is to be drawn again.
    #[inline]
    fn fresh(&self) -> Option<LentToken> {
        let held = self.0.present.read()?;
        held.schedule().serves(self.0.parts.clock.glance()).then_some(held)
    }

    async fn not_fresh(&self) -> TokenResult {
        let now = self.0.parts.clock.now();
        let held = self.0.held_after_thaw(now);
        let (wait, fallback) = match held.map(|token| (token.judge(now), token)) {
            Some((Freshness::Fresh, token)) => return Ok(token),
            Some((Freshness::Due, token)) => {
                drop(self.0.join());
                return Ok(token);
            }
            Some((Freshness::Blocking, token)) => (self.0.join(), Some(token)),
            Some((Freshness::Expired, _)) | None => (self.0.join(), None),
        };
        let outcome = match wait {
            Ok(flight) => self.0.wait_for(&flight).await,
            Err(paused) => Err(paused),
        };
        outcome.or_else(|fault| self.0.fall_back(fallback, fault))
    }

    /// Whether it was this cache, or a clone of it, that lent `token`.
    #[must_use]
    pub fn lent(&self, token: &LentToken) -> bool {
        self.0.present.is_home_of(token)
    }

    /// Says that the platform answered 401 to a call that carried `generation`. Only that generation is retired: a late 401 of an old token
    /// leaves its successor alone, and a thousand 401s of one generation lead to one token request.
    #[must_use]
    pub fn reject(&self, generation: u64) -> Rejection {
        let now = self.0.parts.clock.now();
        let mut guarded = lock(&self.0.guarded);
        let held = self.0.held();
        let rejection = guarded.state.judge_rejection(generation, held.as_deref(), now);
        if rejection == Rejection::Retired && held.is_some_and(|held| held.generation() == generation) {
            self.0.present.clear();
            self.0.parts.meter.count(Counter::TokensRejected);
            drop(guarded);
            self.0.parts.mint.rejected(generation);
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
        let held = self.0.held();
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
    pub const LONGEST_WAIT: Duration = LONGEST_WAIT;
}

/// A call for a token, see [`TokenCache::token`]. Nothing happens before it is polled.
///
/// Not an `async fn`: the future of one is as large as its longest path, and callers move it before they poll it, so a hit would pay for what it
/// never does. This one is two words, which travel in registers; waiting, which is rare and long, is behind a box.
#[must_use = "futures do nothing unless polled"]
pub struct TokenCall<'a> {
    cache: &'a TokenCache,
    /// Twice in a box, because one to a trait object is two words by itself.
    waiting: Option<Box<BoxFuture<'a, TokenResult>>>,
}

impl Future for TokenCall<'_> {
    type Output = Result<LentToken, Fault>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waiting.is_none()
            && let Some(token) = self.cache.fresh()
        {
            return Poll::Ready(Ok(token));
        }
        self.wait(context)
    }
}

impl TokenCall<'_> {
    #[cold]
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<TokenResult> {
        let cache = self.cache;
        let waiting = self.waiting.get_or_insert_with(|| Box::new(Box::pin(cache.not_fresh())));
        waiting.as_mut().as_mut().poll(context)
    }
}

impl fmt::Debug for TokenCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCall").field("waiting", &self.waiting.is_some()).finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("status", &self.status()).finish_non_exhaustive()
    }
}
