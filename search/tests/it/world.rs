//! One cache in a world where only the scheduler decides: time stands still unless moved, sleeps never end, and the platform is a counter.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hallpass_core::test_support::FixedRandomness;
use hallpass_core::token::{CacheParts, Failure, LentToken, Mint, MintFault, Minted, Occasion, TokenCache};
use hallpass_core::{BoxFuture, Clock, Counters, Fault, FaultCode, Grant, Moment, Secret, Sleep, Spawn};
use shuttle::future::{JoinHandle, block_on, spawn, yield_now};
use shuttle::thread;

/// What a call to the cache brings.
pub type Served = Result<LentToken, Fault>;

/// A cache and everything around it that a scenario moves.
pub struct World {
    /// What is searched.
    pub cache: TokenCache,
    /// Its clocks.
    pub time: Arc<Time>,
    /// Its platform.
    pub platform: Arc<Platform>,
    /// Where its flights run.
    pub runtime: Arc<Runtime>,
}

/// How long granted tokens live.
pub const LIFETIME: Duration = Duration::from_secs(3600);

impl World {
    /// A cold cache whose platform answers as scripted, and grants after that.
    pub fn answering(script: impl IntoIterator<Item = Answer>) -> Self {
        let time = Arc::new(Time(Mutex::new(Moment {
            wall: Duration::from_secs(1_800_000_000),
            monotonic: Duration::ZERO,
        })));
        let platform = Arc::new(Platform {
            time: Arc::clone(&time),
            requests: AtomicUsize::new(0),
            last_asked: Mutex::new(None),
            may_fail: AtomicBool::new(false),
            script: Mutex::new(script.into_iter().collect()),
        });
        let runtime = Arc::new(Runtime::default());
        let cache = TokenCache::new(CacheParts {
            mint: Arc::clone(&platform) as _,
            clock: Arc::clone(&time) as _,
            sleep: Arc::new(Never),
            spawn: Arc::clone(&runtime) as _,
            randomness: Arc::new(FixedRandomness(0.0)),
            meter: Arc::new(Counters::new()),
        });
        Self { cache, time, platform, runtime }
    }

    /// A cache that holds generation 1, or would if it were asked now.
    pub fn warm(script: impl IntoIterator<Item = Answer>) -> Self {
        let world = Self::answering([Answer::Grant].into_iter().chain(script));
        assert_eq!(world.generation(), 1);
        world
    }

    /// One call, on this thread.
    pub fn call(&self) -> Served {
        block_on(self.cache.token())
    }

    /// One call that is served.
    pub fn generation(&self) -> u64 {
        self.call().expect("there is a token").generation()
    }

    /// A call on a thread of its own.
    pub fn caller(&self) -> thread::JoinHandle<Served> {
        let cache = self.cache.clone();
        thread::spawn(move || block_on(cache.token()))
    }

    /// A call as a task, which can be cancelled.
    pub fn task(&self) -> JoinHandle<Served> {
        let cache = self.cache.clone();
        spawn(async move { cache.token().await })
    }
}

/// Both clocks. Reading them is no point at which the scheduler acts: what matters is what is done with them.
#[derive(Debug)]
pub struct Time(Mutex<Moment>);

impl Time {
    /// Both clocks go on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Moment { wall: now.wall + by, monotonic: now.monotonic + by };
    }

    /// Only the wall clock goes on.
    pub fn freeze(&self, by: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wall += by;
    }
}

impl Clock for Time {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sleeps that nothing ends: no scenario may depend on a timer.
#[derive(Debug)]
struct Never;

impl Sleep for Never {
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// What the platform does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// It grants a token.
    Grant,
    /// It cannot now.
    Fail,
    /// It cannot, and says so after [`Platform::let_fail`].
    FailWhenTold,
    /// The code that asks it panics.
    Panic,
}

/// Counts requests, and lets everybody else run while one is under way.
#[derive(Debug)]
pub struct Platform {
    time: Arc<Time>,
    requests: AtomicUsize,
    last_asked: Mutex<Option<Moment>>,
    may_fail: AtomicBool,
    script: Mutex<VecDeque<Answer>>,
}

impl Platform {
    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// When it was asked last.
    pub fn last_asked(&self) -> Moment {
        self.last_asked.lock().unwrap_or_else(PoisonError::into_inner).expect("it was asked")
    }

    /// Lets the failures out that wait for it.
    pub fn let_fail(&self) {
        self.may_fail.store(true, Ordering::SeqCst);
    }

    fn answer(&self) -> (usize, Answer) {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = script.pop_front().unwrap_or(Answer::Grant);
        (self.requests.fetch_add(1, Ordering::SeqCst) + 1, answer)
    }
}

impl Mint for Platform {
    fn mint(&self, _: Occasion) -> BoxFuture<'_, Result<Minted, MintFault>> {
        Box::pin(async move {
            let asked = self.time.now();
            *self.last_asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
            let (count, answer) = self.answer();
            yield_now().await;
            while matches!(answer, Answer::FailWhenTold) && !self.may_fail.load(Ordering::SeqCst) {
                yield_now().await;
            }
            match answer {
                Answer::Grant => {
                    let access_token = Secret::from(format!("token-{count}"));
                    Ok(Minted { grant: Grant { access_token, lifetime: Some(LIFETIME), scope: None }, asked })
                }
                Answer::Fail | Answer::FailWhenTold => Err(MintFault {
                    fault: Fault::new(FaultCode::TokenUnavailable, "down"),
                    failure: Failure::Passing { retry_after: None },
                }),
                // Without the hook, which would print the schedule of a panic that is meant.
                Answer::Panic => resume_unwind(Box::new("planted")),
            }
        })
    }
}

/// Runs flights as tokio does: a panic ends the task and nothing else, and a shutdown drops tasks where they stand, new ones at once.
#[derive(Debug, Default)]
pub struct Runtime {
    running: Mutex<Vec<JoinHandle<()>>>,
    down: AtomicBool,
}

impl Runtime {
    /// Drops every task.
    pub fn shut_down(&self) {
        self.down.store(true, Ordering::SeqCst);
        self.take().iter().for_each(JoinHandle::abort);
    }

    /// Waits until every flight begun so far has landed.
    pub fn settle(&self) {
        for task in self.take() {
            drop(block_on(task));
        }
    }

    fn take(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Spawn for Runtime {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        if self.down.load(Ordering::SeqCst) {
            return drop(task);
        }
        let handle = spawn(Caught(task));
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
    }
}

struct Caught(BoxFuture<'static, ()>);

impl Future for Caught {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))).unwrap_or(Poll::Ready(()))
    }
}
