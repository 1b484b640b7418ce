//! The synchronisation types of this crate, through one door.
//!
//! The search over schedules (`search/`) compiles these very sources with another file in this place, `search/src/sync.rs`, whose types
//! let a scheduler decide who runs next; that is why nothing in this crate names `std::sync` or `arc_swap` elsewhere.

pub use std::sync::atomic::{AtomicU64, Ordering};
pub use std::sync::{Arc, Mutex, MutexGuard};

/// A shared value that is replaced as a whole and read without a lock.
pub type Snapshot<T> = arc_swap::ArcSwapOption<T>;

/// Locks `mutex`; a panic of another holder does not spread, because every critical section of this crate leaves
/// its data whole (they only assign).
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
