//! Time moved by hand.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::runtime::{BoxFuture, Sleep};
use crate::sync::{Arc, Mutex, lock};

/// Both clocks and the timer, standing still until they are moved. Clones share the same time.
#[derive(Clone, Debug)]
pub struct ManualTime(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Moment,
    sleepers: Vec<Waker>,
}

impl Default for ManualTime {
    fn default() -> Self {
        Self::starting_at(Duration::from_secs(1_800_000_000))
    }
}

impl ManualTime {
    /// Time whose wall clock shows `wall` since the Unix epoch; the monotonic one shows zero.
    #[must_use]
    pub fn starting_at(wall: Duration) -> Self {
        Self::showing(Moment { wall, monotonic: Duration::ZERO })
    }

    /// Time whose clocks show `now`.
    #[must_use]
    pub fn showing(now: Moment) -> Self {
        Self(Arc::new(Mutex::new(State { now, sleepers: Vec::new() })))
    }

    /// Both clocks go on by `by`; sleepers whose time has come wake.
    pub fn advance(&self, by: Duration) {
        self.change(|now| Moment { wall: now.wall + by, monotonic: now.monotonic + by });
    }

    /// The process is frozen for `by`: only the wall clock goes on.
    pub fn freeze(&self, by: Duration) {
        self.change(|now| Moment { wall: now.wall + by, monotonic: now.monotonic });
    }

    /// The wall clock is set back by `by`.
    pub fn set_back(&self, by: Duration) {
        self.change(|now| Moment { wall: now.wall.saturating_sub(by), monotonic: now.monotonic });
    }

    /// The clocks show `now`, as in a copy of a process that wakes elsewhere. The monotonic one may show less than before.
    pub fn show(&self, now: Moment) {
        self.change(|_| now);
    }

    fn change(&self, change: impl FnOnce(Moment) -> Moment) {
        let sleepers = {
            let mut state = lock(&self.0);
            state.now = change(state.now);
            std::mem::take(&mut state.sleepers)
        };
        sleepers.into_iter().for_each(Waker::wake);
    }
}

impl Clock for ManualTime {
    fn now(&self) -> Moment {
        lock(&self.0).now
    }
}

impl Sleep for ManualTime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let until = self.now().monotonic + duration;
        Box::pin(Sleeper { time: self.clone(), until })
    }
}

struct Sleeper {
    time: ManualTime,
    until: Duration,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.time.0);
        if state.now.monotonic >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.push(context.waker().clone());
        Poll::Pending
    }
}
