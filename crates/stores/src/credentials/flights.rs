//! Many callers, one read.

use std::future::Future;

use hallpass_core::Reread;
use hallpass_core::sync::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// Numbers reads and keeps the outcome of the last, so that callers who come while one is under way share what it yields.
#[derive(Debug)]
pub(super) struct Flights<T> {
    /// How many reads were begun; each is numbered by what this was then.
    begun: AtomicU64,
    /// The last read that came to an end. Locked while one is under way.
    last: Mutex<Option<(u64, T)>>,
    /// The number in `last`, to be seen without waiting for the lock.
    ended: AtomicU64,
}

impl<T: Clone> Flights<T> {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { begun: AtomicU64::new(0), last: Mutex::default(), ended: AtomicU64::new(0) }
    }

    /// A cached answer may come from any read that ended since the call; a forced one only from a read that began since, because
    /// an earlier one may have seen what the platform refuses.
    pub(super) fn seen(&self, reread: Reread) -> u64 {
        match reread {
            Reread::Cached | Reread::Beside => self.ended.load(Ordering::Acquire),
            Reread::Forced => self.begun.load(Ordering::Acquire),
        }
    }

    /// Whether a read is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.last.try_lock().is_err()
    }

    /// Shares what a read with a number above `seen` yielded, or does `read`.
    pub(super) async fn share(&self, seen: u64, read: impl Future<Output = T>) -> T {
        let mut last = self.last.lock().await;
        if let Some((_, shared)) = last.as_ref().filter(|(number, _)| *number > seen) {
            return shared.clone();
        }
        // A caller who is dropped during the read leaves its number unused and the lock free: the next one reads.
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let outcome = read.await;
        *last = Some((number, outcome.clone()));
        self.ended.store(number, Ordering::Release);
        outcome
    }
}
