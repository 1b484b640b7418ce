//! Just the token, for those who have an HTTP client of their own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::token::{LentToken, Rejection};
use hallpass_core::{Clock, Fault, TokenStatus};
use http::HeaderValue;

/// One integration's token: served without waiting, replaced before it expires, retired when the platform rejects it.
///
/// Cheap to clone; clones share everything. There is no allow rule here: whoever sends the token decides where it goes. Prefer
/// [`Client::send`](crate::Client::send) or one of the layers (features `tower` and `reqwest`), which ask the policy first.
///
/// # The loop
///
/// Ask before every request, never once at the start of a job. A 401 is answered once:
///
/// ```
/// use hallpass::{Fault, Rejection, TokenCache};
/// use http::StatusCode;
/// # async fn send(_: &http::HeaderValue) -> StatusCode { StatusCode::OK }
///
/// async fn call(tokens: &TokenCache) -> Result<StatusCode, Fault> {
///     let lease = tokens.token().await?;
///     let status = send(lease.header()).await;
///     if status != StatusCode::UNAUTHORIZED || tokens.reject(&lease) == Rejection::Futile {
///         return Ok(status);
///     }
///     let lease = tokens.token().await?;
///     let status = send(lease.header()).await; // once: a second 401 is an answer
///     if status == StatusCode::UNAUTHORIZED {
///         tokens.replay_failed(&lease);
///     }
///     Ok(status)
/// }
/// # let tokens = hallpass::fake::Tokens::new();
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # assert_eq!(runtime.block_on(async { call(&tokens.cache()).await }).unwrap(), 200);
/// ```
#[derive(Clone)]
pub struct TokenCache {
    tokens: hallpass_core::token::TokenCache,
    clock: Arc<dyn Clock>,
}

impl TokenCache {
    pub(crate) fn new(tokens: hallpass_core::token::TokenCache, clock: Arc<dyn Clock>) -> Self {
        Self { tokens, clock }
    }

    /// A usable token. A fresh one is returned without lock or waiting; a caller without any waits at most [`TokenCache::LONGEST_WAIT`].
    ///
    /// Cancel safe: dropping the future neither ends nor repeats the token request, which belongs to nobody and serves everybody.
    ///
    /// # Errors
    /// Why there is no token, with [`Fault::retry_after`] wherever a time is known. An expired token is never returned.
    pub async fn token(&self) -> Result<Lease, Fault> {
        let token = self.tokens.token().await?;
        Ok(Lease { token, clock: Arc::clone(&self.clock) })
    }

    /// Says that the platform answered 401 to a request that carried `lease`. Only that generation is retired, so a thousand 401s of one generation
    /// lead to one token request. A lease of another cache changes nothing and is [`Rejection::Futile`].
    #[must_use = "after `Futile` another token would not help"]
    pub fn reject(&self, lease: &Lease) -> Rejection {
        if self.leased(lease) { self.tokens.reject(lease.generation()) } else { Rejection::Futile }
    }

    /// Says that a repetition with `lease` was answered 401 as well: for five seconds, further 401s of it are `Futile` and cost no token request.
    pub fn replay_failed(&self, lease: &Lease) {
        if self.leased(lease) {
            self.tokens.replay_failed(lease.generation());
        }
    }

    /// The state of the token, for a status page. Never waits.
    #[must_use]
    pub fn status(&self) -> TokenStatus {
        self.tokens.status()
    }

    /// The longest [`TokenCache::token`] waits: 8 seconds.
    pub const LONGEST_WAIT: Duration = hallpass_core::token::TokenCache::LONGEST_WAIT;

    fn leased(&self, lease: &Lease) -> bool {
        self.tokens.lent(&lease.token)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// One token for one request. It cannot be had as text: what is kept as text is kept too long.
#[derive(Clone)]
pub struct Lease {
    token: LentToken,
    clock: Arc<dyn Clock>,
}

impl Lease {
    /// The ready-made `Authorization` value, marked sensitive. Cloning it copies no byte.
    #[must_use]
    pub fn header(&self) -> &HeaderValue {
        self.token.header()
    }

    /// How often the token was replaced before this one, counted from one.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.token.generation()
    }

    /// What is left of its life now, by the more pessimistic of the wall and the monotonic clock; zero once it has expired.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.token.expiry().remaining(self.clock.now())
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("generation", &self.generation())
            .field("expires_in", &self.expires_in())
            .finish_non_exhaustive()
    }
}
