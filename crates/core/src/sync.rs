//! The synchronisation types of the token core, through one door.
//!
//! A search over schedules replaces exactly this file; that is why nothing in this crate names `std::sync` elsewhere.

pub use std::sync::atomic::{AtomicU64, Ordering};
pub use std::sync::{Arc, Mutex, MutexGuard};

/// Locks `mutex`; a panic of another holder does not spread, because every critical section of this crate leaves
/// its data whole (they only assign).
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
