//! Deadlines for processes of the real world, which keep no clock of ours.
#![expect(
    clippy::disallowed_methods,
    reason = "a started process runs in real time, and so does waiting for it"
)]

use std::time::{Duration, Instant};

/// A moment after which waiting ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// That far from now.
    pub(crate) fn after(patience: Duration) -> Self {
        Self(Instant::now() + patience)
    }

    /// How long is left; nothing once it has passed.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
