//! What the token core needs from a runtime, as three small seams.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A boxed future: what every asynchronous trait of ours returns, so that the traits stay usable as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waiting.
pub trait Sleep: Send + Sync + fmt::Debug {
    /// Resolves once `duration` has passed. Dropping the future ends the wait and has no other effect.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Running a task of its own.
pub trait Spawn: Send + Sync + fmt::Debug {
    /// Runs `task` independently of the caller: dropping the caller neither ends nor repeats it.
    /// If the runtime shuts down the task is dropped where it stands.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// Drawing randomness. A draw is made once and its result kept; a decision never draws for itself.
pub trait Randomness: Send + Sync + fmt::Debug {
    /// A number in `0.0..1.0`.
    fn unit(&self) -> f64;

    /// Fills `bytes` with bytes fit for keys and passes.
    fn fill(&self, bytes: &mut [u8]);
}
