//! What is counted. All metric words stand here, so that they can be documented and never drift.

use std::fmt;

use crate::sync::{AtomicU64, Ordering};

macro_rules! words {
    ($(#[$meaning:meta])* $kind:ident: $($variant:ident = $name:literal, $help:literal;)*) => {
        $(#[$meaning])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $kind { $(#[doc = $help] $variant,)* }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The metric's name, without prefix.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

words! {
    /// Something hallpass counts, per integration.
    Counter:
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

words! {
    /// Something that goes up and down, per integration.
    Gauge:
    AcksWaiting = "acks_waiting", "1 while the last word about the secret in use has not arrived where rotations look, which count this process as silent until then.";
}

/// Counts things. Counting never fails and never blocks.
pub trait Meter: Send + Sync + fmt::Debug {
    /// Adds one to `counter`.
    fn count(&self, counter: Counter);

    /// Says what `gauge` is now, in the place of what was said before.
    fn set(&self, gauge: Gauge, value: u64);
}

/// Counters in memory: one atomic each, so counting neither locks nor allocates.
#[derive(Debug, Default)]
pub struct Counters {
    counts: [AtomicU64; Counter::ALL.len()],
    /// One more than what was said, so that zero is what nobody has said anything of.
    gauges: [AtomicU64; Gauge::ALL.len()],
}

impl Counters {
    /// All zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The present value of `counter`.
    #[must_use]
    pub fn value(&self, counter: Counter) -> u64 {
        self.counts[counter as usize].load(Ordering::Relaxed)
    }

    /// What was last said of `gauge`; `None` where nobody has said anything.
    #[must_use]
    pub fn gauge(&self, gauge: Gauge) -> Option<u64> {
        self.gauges[gauge as usize].load(Ordering::Relaxed).checked_sub(1)
    }

    /// Every gauge of which something was said, with its value.
    pub fn gauges(&self) -> impl Iterator<Item = (Gauge, u64)> + '_ {
        Gauge::ALL.iter().filter_map(|gauge| Some((*gauge, self.gauge(*gauge)?)))
    }

    /// Every counter with its value.
    pub fn snapshot(&self) -> impl Iterator<Item = (Counter, u64)> + '_ {
        Counter::ALL.iter().map(|counter| (*counter, self.value(*counter)))
    }
}

impl Meter for Counters {
    fn count(&self, counter: Counter) {
        self.counts[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn set(&self, gauge: Gauge, value: u64) {
        self.gauges[gauge as usize].store(value.saturating_add(1), Ordering::Relaxed);
    }
}
