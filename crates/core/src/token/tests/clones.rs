//! Copies of one process, as a sandbox makes them that is started from a snapshot (AWS Lambda SnapStart): the memory of each is the same, its
//! monotonic clock goes on from the snapshot or starts anew, and its wall clock shows a later time.
//!
//! The copies are made here by hand, of everything a cache keeps: the token with its deadlines, and the state with its pause. What a copy cannot
//! take along is the connection: a token request that was under way in the snapshot fails.

use std::collections::HashMap;
use std::time::Duration;

use hallpass_testkit::proving;

use super::promises::Dice;
use super::{GatedMint, PASSING, Tasks, World, seconds, until, world};
use crate::meter::Counters;
use crate::platform::Grant;
use crate::secret::Secret;
use crate::sync::{Arc, lock};
use crate::test_support::ManualTime;
use crate::token::{CacheParts, Failure, Freshness, MintFault, Rejection, TokenCache};
use crate::{Clock as _, Fault, FaultCode, Moment, Randomness};

const LIFETIME: u64 = 3600;

/// A copy, and the platform as it alone sees it.
struct Copy {
    time: ManualTime,
    mint: Arc<GatedMint>,
    cache: TokenCache,
}

impl Copy {
    /// A copy of what `original` is now, whose clocks show what they showed in the snapshot.
    fn of(original: &World, outcome: fn(usize) -> Result<Grant, MintFault>, draws: u64) -> Self {
        let time = ManualTime::showing(original.time.now());
        let mint = GatedMint::new(&time, outcome);
        let cache = TokenCache::new(CacheParts {
            mint: Arc::clone(&mint) as _,
            clock: Arc::new(time.clone()),
            sleep: Arc::new(time.clone()),
            spawn: Arc::new(Tasks),
            randomness: Arc::new(Drawn(std::sync::Mutex::new(Dice(draws)))),
            meter: Arc::new(Counters::new()),
        });
        if let Some(token) = original.cache.0.held() {
            drop(cache.0.present.replace(&token));
        }
        lock(&cache.0.guarded).state = lock(&original.cache.0.guarded).state.clone();
        Self { time, mint, cache }
    }

    /// It wakes: the wall clock shows a time `later` by so much, the monotonic one either goes on or shows less than it did.
    fn wake(&self, later: Duration, monotonic: Duration) {
        self.time.show(Moment { wall: self.time.now().wall + later, monotonic });
    }

    fn call(&self) -> tokio::task::JoinHandle<Result<Served, Fault>> {
        let (cache, time) = (self.cache.clone(), self.time.clone());
        tokio::task::spawn(async move {
            let token = cache.token().await?;
            Ok(Served {
                generation: token.generation(),
                expired: token.judge(time.now()) == Freshness::Expired,
            })
        })
    }
}

struct Served {
    generation: u64,
    expired: bool,
}

/// What the operating system of a copy draws: not what another one's does.
#[derive(Debug)]
struct Drawn(std::sync::Mutex<Dice>);

impl std::fmt::Debug for Dice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Dice").field(&self.0).finish()
    }
}

impl Randomness for Drawn {
    fn unit(&self) -> f64 {
        self.0.lock().unwrap().roll(1 << 20) as f64 / f64::from(1 << 20)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.lock().unwrap().roll(256) as u8);
    }
}

fn granted(count: usize) -> Result<Grant, MintFault> {
    let access_token = Secret::from(format!("of-the-copy-{count}"));
    Ok(Grant { access_token, lifetime: Some(seconds(LIFETIME)), scope: None })
}

/// The request that was under way when the snapshot was taken fails; the ones after it are granted.
fn broken_then_granted(count: usize) -> Result<Grant, MintFault> {
    match count {
        1 => {
            let fault = Fault::new(FaultCode::TokenUnavailable, "the connection is that of another copy");
            Err(MintFault { fault, failure: Failure::Passing { retry_after: None } })
        }
        _ => granted(count),
    }
}

/// A process before its snapshot: cold, with a token of some age, after a rejection, or pausing after a failure. And how old its token is.
async fn before_the_snapshot(dice: &mut Dice) -> (World, Option<u64>) {
    let world = world(LIFETIME);
    world.time.advance(seconds(dice.roll(100_000)));
    let age = dice.roll(LIFETIME);
    let with_token = dice.roll(5) > 0;
    if with_token {
        world.generation().await;
        world.time.advance(seconds(age));
    }
    match dice.roll(4) {
        0 => {
            world.platform.then_refuse(PASSING);
            drop(world.cache.token().await);
            world.settle().await;
        }
        1 if with_token => {
            assert_eq!(world.cache.reject(1), Rejection::Retired);
            return (world, None);
        }
        _ => {}
    }
    (world, with_token.then_some(age))
}

#[tokio::test]
async fn p27_every_copy_of_a_snapshot_serves_nothing_expired_for_one_request_at_most() {
    let (snapshots, copies) = if proving() { (1_000, 100) } else { (60, 10) };
    let (mut dice, mut woken, mut requests) = (Dice(2727), 0, 0);
    for _ in 0..snapshots {
        let (original, age) = before_the_snapshot(&mut dice).await;
        let shown = original.time.now();
        for _ in 0..copies {
            let under_way = dice.roll(4) == 0;
            let copy = Copy::of(
                &original,
                if under_way { broken_then_granted } else { granted },
                dice.roll(1 << 30),
            );
            let asked = if under_way { begin_a_flight(&copy).await } else { 0 };
            let (later, monotonic) = somewhere_else(&mut dice, shown.monotonic);
            copy.wake(later, monotonic);
            let calls: Vec<_> = (0..3).map(|_| copy.call()).collect();
            tokio::task::yield_now().await;
            copy.mint.gate.add_permits(100);
            for call in calls {
                check(call.await.unwrap(), age.map(seconds), later, original.cache.status().generation);
            }
            original.settle().await;
            assert!(copy.mint.requests() - asked <= 1, "{} requests", copy.mint.requests() - asked);
            requests += copy.mint.requests() - asked;
            woken += 1;
        }
    }
    println!(
        "figure: {woken} copies of {snapshots} snapshots, 0 expired tokens, at most 1 token request each ({requests} in all)"
    );
}

/// How much later a copy wakes, 1 s to 14 days, and what its monotonic clock shows: what the snapshot's did, or less.
fn somewhere_else(dice: &mut Dice, monotonic: Duration) -> (Duration, Duration) {
    let longest = [10, LIFETIME, 14 * 86_400][dice.roll(3) as usize];
    let part = if dice.roll(2) == 0 { dice.roll(100) as f64 / 100.0 } else { 1.0 };
    (seconds(1 + dice.roll(longest)), monotonic.mul_f64(part))
}

/// A token that the snapshot held is served only while the platform takes it; a call without a token is told when to come back.
fn check(outcome: Result<Served, Fault>, age: Option<Duration>, later: Duration, generation: u64) {
    match outcome {
        Ok(served) => {
            assert!(!served.expired, "expired by the clocks of the copy");
            let inherited = served.generation <= generation;
            assert!(!inherited || age.is_some_and(|age| age + later < seconds(LIFETIME)), "expired in truth");
        }
        Err(fault) => assert!(fault.retry_after().is_some(), "{fault}"),
    }
}

/// Begins a token request in `copy` before it sleeps, if it needs one; how many it has made then.
async fn begin_a_flight(copy: &Copy) -> usize {
    let call = copy.call();
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    call.abort();
    copy.mint.requests()
}

#[tokio::test]
async fn a_copy_whose_request_was_under_way_asks_again_and_all_its_callers_are_served() {
    let original = world(LIFETIME);
    for later in [seconds(8), seconds(600), seconds(14 * 86_400)] {
        let copy = Copy::of(&original, broken_then_granted, 1);
        let before = copy.call();
        until(|| copy.mint.requests() == 1).await;
        copy.wake(later, original.time.now().monotonic);
        let calls: Vec<_> = (0..3).map(|_| copy.call()).collect();
        until(|| copy.mint.requests() == 2).await;
        copy.mint.gate.add_permits(2);
        for call in calls {
            assert!(call.await.unwrap().is_ok(), "after {later:?}");
        }
        drop(before.await);
        assert_eq!(copy.mint.requests(), 2);
    }
}

/// Of so many copies that wake in the same second with the same token, how many ask for a new one in the busiest second.
async fn busiest_second(original: &World, copies: u64, seed: u64) -> usize {
    let mut in_second: HashMap<u64, usize> = HashMap::new();
    let mut dice = Dice(seed);
    for _ in 0..copies {
        let copy = Copy::of(original, granted, dice.roll(1 << 30));
        copy.mint.gate.add_permits(100);
        copy.wake(seconds(60), original.time.now().monotonic);
        let mut second = 0;
        while copy.mint.requests() == 0 {
            assert!(copy.cache.token().await.is_ok());
            original.settle().await;
            copy.time.advance(seconds(1));
            second += 1;
            assert!(second < LIFETIME, "nobody ever asked");
        }
        *in_second.entry(second).or_default() += 1;
    }
    in_second.into_values().max().unwrap()
}

#[tokio::test]
async fn p18_a_hundred_copies_of_one_snapshot_do_not_refresh_together() {
    let original = world(LIFETIME);
    original.generation().await;
    let mut worst = 0;
    for seed in 0..if proving() { 50 } else { 2 } {
        worst = worst.max(busiest_second(&original, 100, seed).await);
    }
    println!("figure: at most {worst} of 100 copies of one snapshot in one second");
    assert!(worst <= 5, "{worst}");
}

#[tokio::test]
async fn a_thaw_draws_once_for_all_callers_and_keeps_the_generation() {
    let original = world(LIFETIME);
    original.generation().await;
    let before = *original.cache.token().await.unwrap().schedule();
    let copy = Copy::of(&original, granted, 7);
    copy.wake(seconds(60), original.time.now().monotonic);
    let first = copy.cache.token().await.unwrap();
    assert_eq!((first.generation(), first.expiry()), (1, before.expiry));
    assert_ne!(first.schedule().refresh_at, before.refresh_at);
    for _ in 0..10 {
        assert_eq!(copy.cache.token().await.unwrap().schedule(), first.schedule());
    }
    assert_eq!(copy.mint.requests(), 0);
}
