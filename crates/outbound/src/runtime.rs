//! The real clocks, sleep, tasks and randomness: the only place in the workspace that asks the machine for them.

use std::time::{Duration, Instant, SystemTime};

use hallpass_core::{BoxFuture, Clock, Moment, Randomness, Sleep, Spawn};

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic side counts from now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the real clock")]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the real clock")]
    fn now(&self) -> Moment {
        // A wall clock before 1970 counts as 1970: deadlines then lie far ahead on that clock, and the monotonic one decides.
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment { wall, monotonic: self.started.elapsed() }
    }
}

/// Sleeps on tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioSleep;

impl Sleep for TokioSleep {
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the real timer")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Spawns on a tokio runtime. Token flights are short and bounded by their own deadline, so they are not joined: at shutdown the runtime
/// drops them where they stand, which at worst leaves a granted token that nobody holds.
#[derive(Clone, Debug)]
pub struct TokioSpawn(tokio::runtime::Handle);

impl TokioSpawn {
    /// Tasks will run on the runtime this is called in, or `None` outside of one.
    #[must_use]
    pub fn current() -> Option<Self> {
        tokio::runtime::Handle::try_current().ok().map(Self)
    }
}

impl Spawn for TokioSpawn {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(self.0.spawn(task));
    }
}

/// Randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    fn unit(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes)
            .expect("the operating system's random number generator is there once it has booted");
    }
}
