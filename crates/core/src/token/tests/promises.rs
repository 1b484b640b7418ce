//! The promises about tokens, each at a size for everybody; `cargo xtask prove` runs them larger.

use std::collections::HashMap;
use std::time::Duration;

use hallpass_testkit::proving;

use super::{GatedMint, PASSING, World, cache_over, seconds, until, world};
use crate::meter::Counters;
use crate::platform::{Grant, IssueVerdict};
use crate::secret::Secret;
use crate::sync::Arc;
use crate::test_support::ManualTime;
use crate::token::{Freshness, Rejection, Schedule};
use crate::{Clock, FaultCode, Moment};

/// Numbers that look random and are the same in every run (the constants are those of Knuth's MMIX generator).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The truth beside the clocks: when each generation was granted, by a time that no clock of the process can misread.
#[derive(Default)]
struct Truth {
    now: Duration,
    granted: HashMap<u64, Duration>,
}

/// Makes one call and checks what it got against the truth.
async fn call(world: &World, truth: &mut Truth, lifetime: u64) {
    let Ok(token) = world.cache.token().await else { return };
    world.settle().await;
    let granted = *truth.granted.entry(token.generation()).or_insert(truth.now);
    assert!(truth.now - granted < seconds(lifetime), "generation {} was served expired", token.generation());
}

#[tokio::test]
async fn p15_no_expired_token_leaves_whatever_the_clocks_do() {
    let rounds = if proving() { 5_000 } else { 60 };
    let mut calls = 0;
    for seed in 0..rounds {
        let mut dice = Dice(seed);
        let lifetime = [60, 300, 3600, 172_800][dice.roll(4) as usize];
        let (world, mut truth) = (world(lifetime), Truth::default());
        // One process either freezes or has its wall clock stepped: a step back and a freeze of the same length leave no trace on any clock.
        let freezing = dice.roll(2) == 0;
        for _ in 0..200 {
            let by = seconds(1 + dice.roll(lifetime));
            match dice.roll(6) {
                0 if freezing => {
                    world.time.freeze(by * 2);
                    truth.now += by * 2;
                }
                0 => world.time.set_back(seconds(dice.roll(86_400))),
                1 if !freezing => world.time.freeze(seconds(dice.roll(86_400))),
                2 => {
                    world.time.advance(by);
                    truth.now += by;
                }
                3 => world.platform.then_refuse(PASSING),
                4 if dice.roll(10) == 0 => {
                    assert_ne!(world.cache.reject(world.cache.status().generation), Rejection::Futile);
                }
                _ => {
                    call(&world, &mut truth, lifetime).await;
                    calls += 1;
                }
            }
        }
    }
    println!("figure: {calls} calls, 0 expired tokens");
}

#[tokio::test]
async fn p16_an_outage_shorter_than_the_spare_lifetime_is_invisible() {
    let outages = if proving() { 100 } else { 10 };
    for lifetime in [300, 3600] {
        for seed in 0..outages {
            let (world, mut dice) = (world(lifetime), Dice(seed));
            let length = 1 + dice.roll(lifetime / 2 - 60 - 1);
            // Before its first token there is nothing to bridge with.
            let begin = 1 + dice.roll(2 * lifetime);
            let mut asked_before = 0;
            for second in 0..3 * lifetime {
                if second == begin {
                    asked_before = world.platform.requests();
                    (0..1000).for_each(|_| world.platform.then_refuse(PASSING));
                }
                if second == begin + length {
                    let asked = world.platform.requests() - asked_before;
                    assert!(asked as u64 <= 1 + length / 30, "{asked} tries in an outage of {length} s");
                    world.platform.forget_script();
                }
                assert!(world.cache.token().await.is_ok(), "outage {seed} at {second} s");
                world.settle().await;
                world.time.advance(seconds(1));
            }
        }
    }
    println!("figure: {} outages, 0 failed calls", 2 * outages);
}

#[tokio::test]
async fn p17_a_server_without_progress_is_asked_at_most_six_times_a_minute() {
    /// `expires_in` of an answer in a given second.
    type Server = fn(u64) -> Option<Duration>;
    let servers: [(&str, Server); 3] = [
        ("the same token, counted down", |second| Some(seconds(300 - second % 300))),
        ("no lifetime, or zero", |_| None),
        ("far too short a life", |_| Some(seconds(20))),
    ];
    let minutes = if proving() { 600 } else { 30 };
    for (what, server) in servers {
        let world = world(300);
        for minute in 0..minutes {
            let before = world.platform.requests();
            for second in 0..60 {
                world.platform.forget_script();
                let grant = Grant {
                    access_token: Secret::from("t"),
                    lifetime: server(minute * 60 + second),
                    scope: None,
                };
                world.platform.then(Ok(grant));
                assert!(world.cache.token().await.is_ok(), "{what}");
                world.settle().await;
                world.time.advance(seconds(1));
            }
            let asked = world.platform.requests() - before;
            assert!(asked <= 6, "{what}: {asked} requests in minute {minute}");
        }
    }
}

#[test]
fn p18_a_hundred_processes_started_together_do_not_refresh_together() {
    let start = Moment { wall: seconds(1_800_000_000), monotonic: Duration::ZERO };
    let mut worst = 0;
    for seed in 0..if proving() { 10_000 } else { 100 } {
        let mut dice = Dice(seed);
        let mut in_second: HashMap<u64, u32> = HashMap::new();
        for _ in 0..100 {
            let draw = dice.roll(1 << 20) as f64 / f64::from(1 << 20);
            let schedule = Schedule::plan(seconds(3600), start, draw);
            *in_second.entry(schedule.refresh_at.monotonic.as_secs()).or_default() += 1;
        }
        worst = worst.max(in_second.into_values().max().unwrap());
    }
    println!("figure: at most {worst} of 100 in one second");
    assert!(worst <= 5, "{worst}");
}

#[tokio::test]
async fn p19_with_the_platform_down_a_token_serves_to_its_end_and_calls_recover_within_five_seconds() {
    let world = world(300);
    world.generation().await;
    for second in 0..900 {
        world.platform.forget_script();
        world.platform.then_refuse(PASSING);
        let outcome = world.cache.token().await;
        assert_eq!(outcome.is_ok(), second < 300, "at {second} s");
        if let Err(fault) = outcome {
            assert_eq!(fault.code(), FaultCode::TokenUnavailable);
            assert!(fault.retry_after().is_some());
        }
        world.settle().await;
        world.time.advance(seconds(1));
    }
    world.platform.forget_script();
    let mut waited = 0;
    while world.cache.token().await.is_err() {
        world.time.advance(seconds(1));
        waited += 1;
    }
    println!("figure: recovered after {waited} s");
    assert!(waited <= 5, "{waited}");
}

#[tokio::test]
async fn p23_nobody_asks_before_the_time_that_retry_after_names() {
    for after in [1, 2, 17, 60, 119, 120] {
        let world = world(3600);
        world.platform.then_refuse(IssueVerdict::Throttled { retry_after: Some(seconds(after)) });
        world.fault().await;
        for _ in 0..after {
            assert_eq!(world.fault().await.code(), FaultCode::TokenThrottled);
            assert_eq!(world.platform.requests(), 1);
            world.time.advance(seconds(1));
        }
        assert_eq!(world.generation().await, 1, "after {after} s");
    }
}

#[tokio::test]
async fn p27_the_first_call_after_a_thaw_succeeds_with_at_most_one_request() {
    let cycles = if proving() { 100_000 } else { 1_000 };
    let (world, mut dice) = (world(3600), Dice(27));
    for _ in 0..cycles {
        let before = world.platform.requests();
        world.time.freeze(seconds(1 + dice.roll(48 * 3600)));
        let token = world.cache.token().await.unwrap();
        assert_ne!(token.judge(world.time.now()), Freshness::Expired);
        world.settle().await;
        assert!(world.platform.requests() - before <= 1);
        world.time.advance(seconds(dice.roll(10)));
    }
    println!("figure: {cycles} freezes, 0 expired tokens");
}

#[tokio::test]
async fn p14_dropping_any_caller_at_any_point_neither_cancels_nor_repeats_the_flight() {
    for seed in 0..if proving() { 20_000 } else { 300 } {
        let (time, counters, mut dice) = (ManualTime::default(), Arc::new(Counters::new()), Dice(seed));
        let mint = GatedMint::granting(&time);
        let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
        let callers: Vec<_> = (0..1 + dice.roll(8))
            .map(|_| {
                let cache = cache.clone();
                tokio::task::spawn(async move { cache.token().await.map(|token| token.generation()) })
            })
            .collect();
        for _ in 0..dice.roll(12) {
            tokio::task::yield_now().await;
        }
        for caller in &callers {
            if dice.roll(2) == 0 {
                caller.abort();
            }
        }
        let survivor = cache.token();
        mint.gate.add_permits(100);
        assert_eq!(survivor.await.unwrap().generation(), 1);
        for caller in callers {
            assert!(caller.await.is_err() || mint.requests() == 1);
        }
        until(|| mint.requests() == 1).await;
    }
}
