//! The real clocks, sleep, tasks and randomness: the only place in the workspace that asks the machine for them.

use std::time::Duration;

use hallpass_core::{BoxFuture, Clock, Moment, Randomness, Sleep, Spawn};
use rustix::time::{ClockId, clock_gettime};

/// The machine's clocks: real time, and monotonic time since it was booted.
///
/// They are asked for directly, because two of std's types with a subtraction each cost half as much again as the two readings.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(());

impl SystemClock {
    /// The machine's clocks.
    #[must_use]
    pub fn start() -> Self {
        Self(())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment { wall: read(ClockId::Realtime), monotonic: read(ClockId::Monotonic) }
    }

    #[cfg(target_os = "linux")]
    fn glance(&self) -> Moment {
        Moment { wall: read(ClockId::RealtimeCoarse), monotonic: read(ClockId::MonotonicCoarse) }
    }
}

/// A wall clock before 1970 counts as 1970: deadlines then lie far ahead on that clock, and the monotonic one decides.
#[expect(clippy::disallowed_methods, reason = "this is the one door to the real clock")]
fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
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

/// Randomness of the operating system, asked anew for every draw: a generator in our own memory would be the same in every copy of a snapshot, while a kernel that
/// is told of the copying draws differently in each (Firecracker, `docs/snapshotting/random-for-clones.md`).
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

#[cfg(test)]
mod tests {
    use super::SystemClock;
    use hallpass_core::Clock;
    use std::time::Duration;

    #[test]
    fn a_glance_is_never_ahead() {
        let clock = SystemClock::start();
        for _ in 0..1000 {
            let (glance, now) = (clock.glance(), clock.now());
            assert!(glance.monotonic <= now.monotonic, "{glance:?} {now:?}");
        }
    }

    #[test]
    fn both_clocks_go_on() {
        let clock = SystemClock::start();
        let before = clock.now();
        assert!(before.wall > Duration::from_secs(1_600_000_000), "{before:?}");
        assert!(clock.now().monotonic >= before.monotonic);
    }
}
