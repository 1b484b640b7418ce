//! Which access token is good at present.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The one token that the API takes and the metadata server gives out. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Arc<AtomicU64>);

impl Tokens {
    /// The first of a series.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The one that is good now.
    #[must_use]
    pub fn current(&self) -> String {
        format!("ya29.stand-in-{}", self.0.load(Ordering::SeqCst))
    }

    /// Makes the present one bad and the next one good, as when a token was revoked or the sandbox froze past its end.
    pub fn renew(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
