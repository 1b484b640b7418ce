//! Time that passes only when nothing else can happen, and then at once.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hallpass_core::{BoxFuture, Clock, Moment, Sleep, Spawn};

/// Clocks, timer and runtime of one simulated process on one thread. Clones share everything.
#[derive(Clone, Default)]
pub(crate) struct VirtualTime(Arc<World>);

#[derive(Default)]
struct World {
    now: Mutex<Duration>,
    /// When somebody wants to be woken; one entry for each sleeper.
    wanted: Mutex<Vec<Duration>>,
    spawned: Mutex<Vec<BoxFuture<'static, ()>>>,
    tasks: Mutex<Vec<BoxFuture<'static, ()>>>,
}

impl std::fmt::Debug for VirtualTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VirtualTime")
    }
}

impl VirtualTime {
    /// Runs `future` and every task to where `future` is done. Whenever all of them wait, time jumps to the next moment that one waits for.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let stirred = Arc::new(Stirred(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&stirred));
        let mut context = Context::from_waker(&waker);
        loop {
            while stirred.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return output;
                }
                self.poll_tasks(&mut context);
            }
            self.jump();
            stirred.0.store(true, Ordering::SeqCst);
        }
    }

    /// Lets `by` pass.
    pub(crate) fn pass(&self, by: Duration) {
        self.run(self.sleep(by));
    }

    /// The time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        *self.0.now.lock().unwrap()
    }

    /// Whether a spawned task has not come to its end.
    pub(crate) fn is_busy(&self) -> bool {
        !self.0.tasks.lock().unwrap().is_empty() || !self.0.spawned.lock().unwrap().is_empty()
    }

    fn poll_tasks(&self, context: &mut Context<'_>) {
        let mut tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap());
        loop {
            let new = std::mem::take(&mut *self.0.spawned.lock().unwrap());
            let is_over = new.is_empty();
            tasks.extend(new);
            let before = tasks.len();
            tasks.retain_mut(|task| task.as_mut().poll(context).is_pending());
            if is_over && tasks.len() == before {
                break;
            }
            // One that ended may have left something for the others, or for the caller.
            context.waker().wake_by_ref();
        }
        *self.0.tasks.lock().unwrap() = tasks;
    }

    fn jump(&self) {
        let next = self.0.wanted.lock().unwrap().iter().min().copied();
        let next = next.expect("everybody waits, and nobody for time: it would hang");
        let mut now = self.0.now.lock().unwrap();
        *now = next.max(*now);
    }
}

impl Clock for VirtualTime {
    fn now(&self) -> Moment {
        let monotonic = self.elapsed();
        Moment { wall: Duration::from_secs(1_800_000_000) + monotonic, monotonic }
    }
}

impl Sleep for VirtualTime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let until = self.elapsed() + duration;
        self.0.wanted.lock().unwrap().push(until);
        Box::pin(Sleeper { time: self.clone(), until })
    }
}

impl Spawn for VirtualTime {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.spawned.lock().unwrap().push(task);
    }
}

struct Sleeper {
    time: VirtualTime,
    until: Duration,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // Everybody is polled after a jump, so there is nobody to wake.
        if self.time.elapsed() >= self.until { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let mut wanted = self.time.0.wanted.lock().unwrap();
        let mine = wanted.iter().position(|until| *until == self.until).unwrap();
        wanted.swap_remove(mine);
    }
}

struct Stirred(AtomicBool);

impl Wake for Stirred {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Numbers that look random and are the same in every run (the constants are those of Knuth's MMIX generator).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
