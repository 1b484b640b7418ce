//! The synchronisation types of this crate, through one door.
//!
//! The search over schedules (`search/`) compiles these very sources with another file in this place, `search/src/sync.rs`, whose types
//! let a scheduler decide who runs next; that is why nothing in this crate names `std::sync` or `arc_swap` elsewhere.

pub use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub use std::sync::{Arc, Mutex, MutexGuard};

pub use std::thread_local;

use std::cell::Cell;

/// A shared value that is replaced as a whole and read without a lock.
pub type Snapshot<T> = arc_swap::ArcSwapOption<T>;

/// The number of this thread, counted from zero in the order in which threads first ask: for spreading what they would otherwise write to at
/// the same time.
pub fn lane() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static MINE: Cell<Option<usize>> = const { Cell::new(None) });
    MINE.with(|mine| {
        mine.get().unwrap_or_else(|| {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            mine.set(Some(number));
            number
        })
    })
}

/// A number that nothing else in this process was given, counted from one.
pub fn serial() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Locks `mutex`; a panic of another holder does not spread, because every critical section of this crate leaves
/// its data whole (they only assign).
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
