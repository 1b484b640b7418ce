//! The door of `crates/core/src/sync.rs` as the search over schedules sees it: every operation is a point at which another task may run.
//!
//! [`Snapshot`] is a mutex around what the shipped one keeps in an atomic pointer. That loses no interleaving that matters: each method of
//! either is one indivisible step on one cell, the code above knows only those steps, and here each begins with a switch. What a token
//! refers to is written before it is stored and never after. Not searched are the inside of `arc-swap` and orderings weaker than
//! sequential consistency; everything else that changes lies under one mutex.

pub use shuttle::sync::atomic::{AtomicU64, Ordering};
pub use shuttle::sync::{Arc, Mutex, MutexGuard};
pub use shuttle::thread_local;

/// One lane for everybody: which reference count a reader uses makes no difference to what it reads.
pub fn lane() -> usize {
    0
}

/// A number that nothing else in this process was given. Who is given which makes no difference, so the scheduler is not asked.
pub fn serial() -> u64 {
    static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1
}

/// Locks `mutex`, whatever became of its last holder.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A shared value that is replaced as a whole.
#[derive(Debug)]
pub struct Snapshot<T>(Mutex<Option<Arc<T>>>);

impl<T> Snapshot<T> {
    /// A cell that holds nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self(Mutex::new(None))
    }

    /// What it holds now.
    #[must_use]
    pub fn load(&self) -> Option<Arc<T>> {
        lock(&self.0).clone()
    }

    /// What it holds now, to keep.
    #[must_use]
    pub fn load_full(&self) -> Option<Arc<T>> {
        self.load()
    }

    /// Replaces what it holds. What was there is dropped after the lock, as it is when it falls out of an atomic pointer.
    pub fn store(&self, value: Option<Arc<T>>) {
        let before = std::mem::replace(&mut *lock(&self.0), value);
        drop(before);
    }
}
