//! What is counted. All metric words stand here, so that they can be documented and never drift.

use std::fmt;

use crate::sync::{AtomicU64, Ordering};

macro_rules! counters {
    ($($variant:ident = $name:literal, $help:literal;)*) => {
        /// Something hallpass counts, per integration.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Counter { $(#[doc = $help] $variant,)* }

        impl Counter {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The metric's name, without prefix.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it counts.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

counters! {
    Calls = "calls_total", "Calls accepted from callers.";
    CallsRefused = "calls_refused_total", "Calls refused before anything was sent upstream.";
    UpstreamRequests = "upstream_requests_total", "Requests sent to the platform's API, replays included.";
    UpstreamUnauthorized = "upstream_401_total", "401 answers of the platform's API.";
    UpstreamThrottled = "upstream_429_total", "429 answers of the platform's API.";
    UpstreamFailed = "upstream_failed_total", "Requests to the platform's API without a usable answer.";
    CallsHealed = "calls_healed_total", "Calls whose first answer was 401 and whose replay was not.";
    TokenRequests = "token_requests_total", "Token requests sent to the platform.";
    TokenFailures = "token_failures_total", "Token flights that ended without a token.";
    TokensServedStale = "tokens_served_in_margin_total", "Still valid tokens served inside the blocking margin because no newer one could be had.";
    TokensRejected = "tokens_rejected_total", "Tokens retired because the platform answered 401.";
    LocalLogins = "local_logins_total", "Local logins that were granted.";
    StoreReads = "store_reads_total", "Reads of the secret from its store.";
    StoreReadsFailed = "store_reads_failed_total", "Reads of the secret that a store did not answer, or refused.";
    StoreReadsHedged = "store_reads_hedged_total", "Reads from a further place because the one before was late.";
    AcksDelivered = "acks_delivered_total", "Times that it arrived where rotations look that this process uses its secret.";
    AcksFailed = "acks_failed_total", "Tries to say so that failed; each is repeated.";
    CredentialsServedStale = "credentials_served_stale_total", "Credentials used from memory because no store could be read.";
}

/// Counts things. Counting never fails and never blocks.
pub trait Meter: Send + Sync + fmt::Debug {
    /// Adds one to `counter`.
    fn count(&self, counter: Counter);
}

/// Counters in memory: one atomic each, so counting neither locks nor allocates.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; Counter::ALL.len()]);

impl Counters {
    /// All zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The present value of `counter`.
    #[must_use]
    pub fn value(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Ordering::Relaxed)
    }

    /// Every counter with its value.
    pub fn snapshot(&self) -> impl Iterator<Item = (Counter, u64)> + '_ {
        Counter::ALL.iter().map(|counter| (*counter, self.value(*counter)))
    }
}

impl Meter for Counters {
    fn count(&self, counter: Counter) {
        self.0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }
}
