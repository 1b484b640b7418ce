//! The token cache under a manual clock: what is served, what is asked for, and how often.

mod clones;
mod hit;
mod promises;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{CacheParts, Issuer, IssuerParts, Mint, MintFault, Minted, Occasion, Rejection, TokenCache};
use crate::audit::{JsonLines, NoAudit};
use crate::meter::{Counter, Counters};
use crate::platform::{Grant, IssueVerdict};
use crate::runtime::{BoxFuture, Spawn};
use crate::secret::Secret;
use crate::sync::Arc;
use crate::test_support::{FixedRandomness, ManualTime, ScriptedCredentials, ScriptedPlatform};
use crate::{CredentialSource as _, Fault, FaultCode, Stage};

#[derive(Debug)]
struct Tasks;

impl Spawn for Tasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(tokio::task::spawn(task));
    }
}

struct World {
    time: ManualTime,
    platform: ScriptedPlatform,
    credentials: ScriptedCredentials,
    counters: Arc<Counters>,
    cache: TokenCache,
}

fn world(lifetime: u64) -> World {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let platform = ScriptedPlatform::granting(seconds(lifetime));
    let credentials = ScriptedCredentials::new("id", "secret", "1");
    let issuer = Issuer::new(IssuerParts {
        integration: "queue-sync".parse().unwrap(),
        credentials: Arc::new(credentials.clone()),
        fallback: vec![Stage::Previous, Stage::Pending],
        platform: Arc::new(platform.clone()),
        clock: Arc::new(time.clone()),
        meter: Arc::clone(&counters) as _,
        audit: Arc::new(NoAudit),
    });
    let cache = cache_over(Arc::new(issuer), &time, &counters);
    World { time, platform, credentials, counters, cache }
}

fn cache_over(mint: Arc<dyn Mint>, time: &ManualTime, counters: &Arc<Counters>) -> TokenCache {
    TokenCache::new(CacheParts {
        mint,
        clock: Arc::new(time.clone()),
        sleep: Arc::new(time.clone()),
        spawn: Arc::new(Tasks),
        randomness: Arc::new(FixedRandomness(0.0)),
        meter: Arc::clone(counters) as _,
    })
}

impl World {
    async fn generation(&self) -> u64 {
        self.cache.token().await.unwrap().generation()
    }

    async fn fault(&self) -> Fault {
        self.cache.token().await.unwrap_err()
    }

    /// Lets background flights land.
    async fn settle(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const PASSING: IssueVerdict = IssueVerdict::Passing { retry_after: None };

/// Asks only when the gate opens, so that callers can pile up.
#[derive(Debug)]
struct GatedMint {
    time: ManualTime,
    gate: tokio::sync::Semaphore,
    requests: AtomicUsize,
    outcome: fn(usize) -> Result<Grant, MintFault>,
}

impl GatedMint {
    fn new(time: &ManualTime, outcome: fn(usize) -> Result<Grant, MintFault>) -> Arc<Self> {
        let gate = tokio::sync::Semaphore::new(0);
        Arc::new(Self { time: time.clone(), gate, requests: AtomicUsize::new(0), outcome })
    }

    fn granting(time: &ManualTime) -> Arc<Self> {
        Self::new(time, |count| {
            let access_token = Secret::from(format!("token-{count}"));
            Ok(Grant { access_token, lifetime: Some(seconds(3600)), scope: None })
        })
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Mint for GatedMint {
    fn mint(&self, _: Occasion) -> BoxFuture<'_, Result<Minted, MintFault>> {
        Box::pin(async move {
            let count = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
            let asked = crate::Clock::now(&self.time);
            self.gate.acquire().await.unwrap().forget();
            (self.outcome)(count).map(|grant| Minted { grant, asked })
        })
    }
}

#[tokio::test]
async fn a_fresh_token_is_served_without_asking_again() {
    let world = world(3600);
    assert_eq!(world.generation().await, 1);
    world.time.advance(seconds(1799));
    assert_eq!(world.generation().await, 1);
    assert_eq!(world.platform.requests(), 1);
}

#[tokio::test]
async fn a_due_token_is_served_while_one_flight_replaces_it() {
    let world = world(3600);
    world.generation().await;
    world.time.advance(seconds(1800));
    assert_eq!(world.generation().await, 1, "nobody waits for a refresh ahead");
    assert_eq!(world.generation().await, 1);
    world.settle().await;
    assert_eq!(world.generation().await, 2);
    assert_eq!(world.platform.requests(), 2);
}

#[tokio::test]
async fn inside_the_margin_callers_wait_and_a_passing_failure_serves_the_old_token() {
    let world = world(3600);
    world.generation().await;
    world.time.advance(seconds(3540));
    world.platform.then_refuse(PASSING);
    assert_eq!(world.generation().await, 1, "still valid, so still served");
    assert_eq!(world.counters.value(Counter::TokensServedStale), 1);
    world.time.advance(seconds(30));
    assert_eq!(world.generation().await, 2, "the last try falls before expiry");
}

#[tokio::test]
async fn an_expired_token_is_never_served() {
    let world = world(300);
    world.generation().await;
    world.time.advance(seconds(300));
    world.platform.then_refuse(PASSING);
    let fault = world.fault().await;
    assert_eq!(fault.code(), FaultCode::TokenUnavailable);
    assert_eq!(fault.retry_after(), Some(seconds(1)));
    world.time.advance(seconds(1));
    assert_eq!(world.generation().await, 2);
}

#[tokio::test]
async fn a_frozen_process_asks_once_and_serves_nothing_expired() {
    let world = world(3600);
    for cycle in 1..=50 {
        let token = world.cache.token().await.unwrap();
        assert!(!token.expiry().reached(crate::Clock::now(&world.time)));
        assert_eq!(world.platform.requests(), cycle);
        world.time.freeze(seconds(3600 * (1 + cycle as u64 % 48)));
    }
}

#[tokio::test]
async fn a_failure_is_shared_and_remembered_with_its_retry_after() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::Throttled { retry_after: Some(seconds(17)) });
    let fault = world.fault().await;
    assert_eq!((fault.code(), fault.retry_after()), (FaultCode::TokenThrottled, Some(seconds(17))));
    assert_eq!(world.credentials.rereads(), 0, "the credential was not what it was about");
    world.time.advance(seconds(7));
    assert_eq!(world.fault().await.retry_after(), Some(seconds(10)));
    assert_eq!(world.platform.requests(), 1, "nobody asks before the time given");
    world.time.advance(seconds(10));
    assert_eq!(world.generation().await, 1);
}

#[tokio::test]
async fn a_rejection_retires_that_generation_and_only_that() {
    let world = world(3600);
    assert_eq!(world.generation().await, 1);
    assert_eq!(world.cache.reject(1), Rejection::Retired);
    assert_eq!(world.generation().await, 2);
    assert_eq!(world.cache.reject(1), Rejection::Replaced, "a late 401 of an old token changes nothing");
    assert_eq!(world.generation().await, 2);
    assert_eq!((world.platform.requests(), world.counters.value(Counter::TokensRejected)), (2, 1));
}

#[tokio::test]
async fn calls_no_token_can_satisfy_cost_one_token_in_five_seconds() {
    let world = world(3600);
    let mut generation = world.generation().await;
    for _ in 0..100 {
        if world.cache.reject(generation) != Rejection::Futile {
            generation = world.generation().await;
            world.cache.replay_failed(generation);
        }
        world.time.advance(Duration::from_millis(100));
    }
    assert!(world.platform.requests() <= 4, "{}", world.platform.requests());
}

#[tokio::test]
async fn a_token_that_does_not_live_longer_is_a_failure_that_backs_off() {
    let world = world(300);
    world.generation().await;
    world.time.advance(seconds(160));
    let shorter = Grant { access_token: Secret::from("shorter"), lifetime: Some(seconds(60)), scope: None };
    world.platform.then(Ok(shorter));
    assert_eq!(world.generation().await, 1);
    world.settle().await;
    assert_eq!((world.generation().await, world.platform.requests()), (1, 2));
    assert_eq!(world.cache.pausing().unwrap().code(), FaultCode::TokenAnswerBad);
}

#[tokio::test]
async fn a_refused_credential_is_reread_once_and_a_new_version_earns_one_more_try() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    assert_eq!(world.fault().await.code(), FaultCode::CredentialRefused);
    assert_eq!(
        (world.platform.requests(), world.credentials.rereads()),
        (1, 1),
        "an unchanged secret is not tried again"
    );

    world.time.advance(seconds(30));
    world.credentials.store("id", "rotated", "2");
    assert_eq!(world.generation().await, 1);
    assert_eq!(world.platform.asked_with(), ["1", "2"], "the store is read again before the next try");
}

#[tokio::test]
async fn a_rotated_secret_heals_within_one_flight() {
    let world = world(300);
    world.generation().await;
    world.credentials.store("id", "rotated", "2");
    world.time.advance(seconds(301));
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    assert_eq!(world.generation().await, 2);
    assert_eq!(world.platform.asked_with(), ["1", "1", "2"]);
}

#[tokio::test]
async fn p20_a_bad_secret_costs_at_most_two_tries_a_minute() {
    let world = world(3600);
    for _ in 0..1000 {
        world.platform.then_refuse(IssueVerdict::CredentialRefused);
    }
    for _ in 0..600 {
        world.fault().await;
        world.time.advance(seconds(1));
    }
    assert!(world.platform.requests() <= 20, "{} in ten minutes", world.platform.requests());
}

/// Lets other tasks run until it is so; what never comes fails the test instead of hanging it.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came to that");
}

const SPARE: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p13_ten_thousand_callers_one_flight() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::granting(&time);
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    for (round, storm) in ["cold", "rejected", "expired"].into_iter().enumerate() {
        let before = mint.requests();
        let callers: Vec<_> = (0..10_000)
            .map(|_| {
                tokio::task::spawn({
                    let cache = cache.clone();
                    async move { cache.token().await.map(|token| token.generation()) }
                })
            })
            .collect();
        mint.gate.add_permits(SPARE);
        for caller in callers {
            assert_eq!(caller.await.unwrap().unwrap(), round as u64 + 1, "{storm}");
        }
        // More than one request must fail the test, not hang it; and the next round piles up again.
        mint.gate.forget_permits(SPARE);
        assert_eq!(mint.requests() - before, 1, "{storm}");
        println!("figure: 10000 callers, {storm}: 1 token request");
        match storm {
            "cold" => assert!((0..1000).all(|_| cache.reject(1) == Rejection::Retired)),
            _ => time.advance(seconds(3601)),
        }
    }
}

#[tokio::test]
async fn a_cancelled_caller_neither_ends_nor_repeats_the_flight() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::granting(&time);
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    let callers: Vec<_> = (0..8)
        .map(|_| {
            tokio::task::spawn({
                let cache = cache.clone();
                async move { cache.token().await.map(|token| token.generation()) }
            })
        })
        .collect();
    until(|| mint.requests() > 0).await;
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    for caller in callers {
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    mint.gate.add_permits(1);
    assert_eq!(cache.token().await.unwrap().generation(), 1);
    assert_eq!(mint.requests(), 1);
}

#[tokio::test]
async fn waiters_share_a_failure_instead_of_repeating_it() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::new(&time, |_| {
        let fault = Fault::new(FaultCode::TokenUnavailable, "down");
        Err(MintFault { fault, failure: super::Failure::Passing { retry_after: None } })
    });
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    let callers: Vec<_> = (0..64)
        .map(|_| {
            tokio::task::spawn({
                let cache = cache.clone();
                async move { cache.token().await.map(|token| token.generation()) }
            })
        })
        .collect();
    mint.gate.add_permits(100);
    for caller in callers {
        let fault = caller.await.unwrap().unwrap_err();
        assert_eq!(fault.retry_after(), Some(seconds(1)));
    }
    assert_eq!(mint.requests(), 1);
}

#[tokio::test]
async fn a_panic_in_the_flight_is_a_fault_and_not_a_hang() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::new(&time, |_| panic!("planted"));
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    mint.gate.add_permits(1);
    assert_eq!(cache.token().await.unwrap_err().code(), FaultCode::Internal);
    assert_eq!(
        cache.token().await.unwrap_err().retry_after(),
        Some(seconds(1)),
        "and the slot is free again"
    );
}

#[tokio::test]
async fn a_cold_caller_waits_at_most_eight_seconds_and_the_late_token_still_counts() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::granting(&time);
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    let caller = tokio::task::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(|token| token.generation()) }
    });
    until(|| mint.requests() > 0).await;
    time.advance(TokenCache::LONGEST_WAIT);
    assert_eq!(caller.await.unwrap().unwrap_err().code(), FaultCode::TokenUnavailable);
    mint.gate.add_permits(1);
    assert_eq!(cache.token().await.unwrap().generation(), 1);
    assert_eq!(mint.requests(), 1);
}

#[tokio::test]
async fn a_flight_from_before_a_freeze_is_given_up_and_its_late_token_does_not_win() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::granting(&time);
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    let early = tokio::task::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(|token| token.generation()) }
    });
    until(|| mint.requests() > 0).await;
    time.freeze(seconds(600));
    let late = tokio::task::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(|token| token.generation()) }
    });
    until(|| mint.requests() > 1).await;
    mint.gate.add_permits(2);
    drop((early.await, late.await));
    let token = cache.token().await.unwrap();
    let left = token.expiry().remaining(crate::Clock::now(&time));
    assert_eq!(left, seconds(3600), "the token asked for after the freeze is the one that stays");
}

#[tokio::test]
async fn what_is_not_a_header_is_not_a_token() {
    let world = world(3600);
    let odd =
        Grant { access_token: Secret::from("canary\r\nx: y"), lifetime: Some(seconds(60)), scope: None };
    world.platform.then(Ok(odd));
    let fault = world.fault().await;
    assert_eq!(fault.code(), FaultCode::TokenAnswerBad);
    assert!(!format!("{fault} {fault:?}").contains("canary"));
}

#[tokio::test]
async fn no_lifetime_counts_as_sixty_seconds() {
    let world = world(3600);
    world.platform.then(Ok(Grant { access_token: Secret::from("t"), lifetime: None, scope: None }));
    world.generation().await;
    assert_eq!(world.cache.status().expires_in_seconds, Some(60));
}

#[tokio::test]
async fn a_secret_that_is_replaced_during_the_pause_heals_at_once() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    world.fault().await;
    world.time.advance(seconds(4));
    assert_eq!((world.fault().await.retry_after(), world.credentials.rereads()), (Some(seconds(26)), 1));
    world.time.advance(seconds(1));
    assert_eq!(
        world.fault().await.code(),
        FaultCode::CredentialRefused,
        "nobody waits for a look into the store"
    );
    world.settle().await;
    assert_eq!(
        (world.platform.requests(), world.credentials.rereads()),
        (1, 2),
        "an unchanged secret is not tried"
    );
    world.credentials.store("id", "rotated", "2");
    world.time.advance(seconds(5));
    world.fault().await;
    world.settle().await;
    assert_eq!(world.generation().await, 1, "twenty seconds before the pause would have ended");
    assert_eq!(world.platform.asked_with(), ["1", "2"]);
}

#[tokio::test]
async fn a_new_secret_that_is_not_active_yet_is_bridged_by_the_previous_one() {
    let world = world(300);
    world.credentials.store_at(Stage::Previous, "id", "old", "0");
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    assert_eq!(world.generation().await, 1);
    assert_eq!(world.platform.asked_with(), ["1", "0"]);
    world.time.advance(seconds(301));
    assert_eq!(world.generation().await, 2);
    assert_eq!(world.platform.asked_with(), ["1", "0", "1"], "CURRENT comes first again");
}

#[tokio::test]
async fn every_other_version_is_tried_once_until_something_works() {
    let world = world(300);
    world.credentials.store_at(Stage::Previous, "id", "old", "0");
    world.credentials.store_at(Stage::Pending, "id", "next", "2");
    (0..5).for_each(|_| world.platform.then_refuse(IssueVerdict::CredentialRefused));
    world.fault().await;
    assert_eq!(world.platform.asked_with(), ["1", "0", "2"]);
    world.time.advance(seconds(30));
    world.fault().await;
    assert_eq!(world.platform.asked_with(), ["1", "0", "2", "1"]);
}

#[tokio::test]
async fn a_caller_that_looked_too_early_finds_the_token_under_the_lock() {
    let world = world(3600);
    world.generation().await;
    // As if this caller had seen no token, and the flight had landed before it came to the lock.
    let flight = world.cache.0.join().unwrap();
    assert_eq!(flight.wait().await.unwrap().generation(), 1);
    world.settle().await;
    assert_eq!(world.platform.requests(), 1);
}

#[tokio::test]
async fn the_last_try_falls_before_expiry() {
    let world = world(3600);
    world.generation().await;
    world.time.advance(seconds(3580));
    world.platform.then_refuse(PASSING);
    assert_eq!(world.generation().await, 1);
    world.time.advance(seconds(10));
    assert_eq!(
        world.generation().await,
        2,
        "a pause of thirty seconds would have ended after the token's life"
    );
}

/// A platform that grants one token of 300 seconds and is down from then on.
fn grants_once(time: &ManualTime) -> Arc<GatedMint> {
    GatedMint::new(time, |count| match count {
        1 => Ok(Grant { access_token: Secret::from("t"), lifetime: Some(seconds(300)), scope: None }),
        _ => {
            let fault = Fault::new(FaultCode::TokenUnavailable, "down");
            Err(MintFault { fault, failure: super::Failure::Passing { retry_after: None } })
        }
    })
}

#[tokio::test]
async fn a_token_that_expires_while_its_caller_waits_is_not_served_after_all() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = grants_once(&time);
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    mint.gate.add_permits(1);
    assert_eq!(cache.token().await.unwrap().generation(), 1);
    time.advance(seconds(295));
    let caller = tokio::task::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(|token| token.generation()) }
    });
    until(|| mint.requests() == 2).await;
    time.advance(seconds(5));
    mint.gate.add_permits(1);
    assert_eq!(caller.await.unwrap().unwrap_err().code(), FaultCode::TokenUnavailable);
}

#[tokio::test]
async fn a_token_that_is_rejected_while_its_caller_waits_is_not_served_after_all() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = grants_once(&time);
    let cache = cache_over(Arc::clone(&mint) as _, &time, &counters);
    mint.gate.add_permits(1);
    assert_eq!(cache.token().await.unwrap().generation(), 1);
    time.advance(seconds(250));
    let caller = tokio::task::spawn({
        let cache = cache.clone();
        async move { cache.token().await.map(|token| token.generation()) }
    });
    until(|| mint.requests() == 2).await;
    assert_eq!(cache.reject(1), Rejection::Retired);
    mint.gate.add_permits(1);
    assert_eq!(caller.await.unwrap().unwrap_err().code(), FaultCode::TokenUnavailable);
}

#[tokio::test]
async fn failed_flights_are_counted_and_looks_into_the_store_are_not() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    world.fault().await;
    assert_eq!(world.counters.value(Counter::TokenFailures), 1);
    world.time.advance(seconds(5));
    world.fault().await;
    world.settle().await;
    assert_eq!((world.credentials.rereads(), world.counters.value(Counter::TokenFailures)), (2, 1));
}

#[tokio::test]
async fn a_cache_prints_its_state_and_no_token() {
    let world = world(3600);
    world.generation().await;
    let text = format!("{:?}", world.cache);
    assert!(
        text.starts_with("TokenCache {") && text.contains("\"fresh\"") && !text.contains("token-1"),
        "{text}"
    );
}

/// Counts exact readings of the clocks.
#[derive(Debug)]
struct CountingClock {
    time: ManualTime,
    exact: AtomicUsize,
}

impl crate::Clock for CountingClock {
    fn now(&self) -> crate::Moment {
        self.exact.fetch_add(1, Ordering::SeqCst);
        crate::Clock::now(&self.time)
    }

    fn glance(&self) -> crate::Moment {
        crate::Clock::now(&self.time)
    }
}

#[tokio::test]
async fn a_hit_only_glances_at_the_clocks() {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let mint = GatedMint::granting(&time);
    let clock = Arc::new(CountingClock { time: time.clone(), exact: AtomicUsize::new(0) });
    let cache = TokenCache::new(CacheParts {
        mint: Arc::clone(&mint) as _,
        clock: Arc::clone(&clock) as _,
        sleep: Arc::new(time.clone()),
        spawn: Arc::new(Tasks),
        randomness: Arc::new(FixedRandomness(0.0)),
        meter: Arc::clone(&counters) as _,
    });
    mint.gate.add_permits(1);
    cache.token().await.unwrap();
    let before = clock.exact.load(Ordering::SeqCst);
    for _ in 0..100 {
        cache.token().await.unwrap();
    }
    assert_eq!(clock.exact.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn a_store_that_is_in_trouble_backs_off_like_a_platform_and_a_wrong_entry_does_not() {
    for (code, second_pause) in
        [(FaultCode::StoreLocked, 2), (FaultCode::StoreUnreadable, 2), (FaultCode::EntryNotFound, 1)]
    {
        let world = world(3600);
        world.credentials.fail(Fault::new(code, ""));
        assert_eq!(world.fault().await.retry_after(), Some(seconds(1)), "{code:?}");
        world.time.advance(seconds(1));
        assert_eq!(world.fault().await.retry_after(), Some(seconds(second_pause)), "{code:?}");
        assert_eq!(world.platform.requests(), 0);
    }
}

#[tokio::test]
async fn the_issuer_tells_which_credential_it_used_and_records_every_outcome() {
    let (time, written) = (ManualTime::default(), Written::default());
    let platform = ScriptedPlatform::granting(seconds(300));
    let issuer = Issuer::new(IssuerParts {
        integration: "queue-sync".parse().unwrap(),
        credentials: Arc::new(ScriptedCredentials::new("id", "secret", "7")),
        fallback: Vec::new(),
        platform: Arc::new(platform.clone()),
        clock: Arc::new(time),
        meter: Arc::new(Counters::new()),
        audit: Arc::new(JsonLines::new(written.clone())),
    });
    assert!(issuer.credential().is_none());
    assert!(issuer.mint(Occasion::Needed).await.is_ok());
    let used = issuer.credential().unwrap();
    assert_eq!((used.version.as_str(), used.fingerprint.len(), used.refused), ("7", 8, false));
    platform.then_refuse(IssueVerdict::CredentialRefused);
    assert!(issuer.mint(Occasion::Needed).await.is_err());
    assert!(issuer.credential().unwrap().refused);
    issuer.rejected(4);
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].contains("\"kind\":\"token-granted\"") && lines[0].contains("\"version\":\"7\""),
        "{text}"
    );
    assert!(
        lines[1].contains("\"kind\":\"token-refused\"") && lines[1].contains("credential-refused"),
        "{text}"
    );
    assert!(
        lines[2].contains("\"kind\":\"token-rejected\"") && lines[2].contains("\"generation\":\"4\""),
        "{text}"
    );
    assert!(!text.contains("secret\""), "{text}");
}

#[tokio::test]
async fn after_a_rejection_the_store_is_looked_at_before_the_old_secret_is_asked_with_again() {
    let credentials = ScriptedCredentials::new("id", "old", "1");
    let issuer = Issuer::new(IssuerParts {
        integration: "queue-sync".parse().unwrap(),
        credentials: Arc::new(credentials.clone()),
        fallback: Vec::new(),
        platform: Arc::new(ScriptedPlatform::granting(seconds(300))),
        clock: Arc::new(ManualTime::default()),
        meter: Arc::new(Counters::new()),
        audit: Arc::new(NoAudit),
    });
    let used = async || {
        assert!(issuer.mint(Occasion::Needed).await.is_ok());
        issuer.credential().unwrap().version
    };
    assert_eq!(used().await, "1");
    credentials.store("id", "new", "2");
    assert_eq!(used().await, "1", "nobody has a reason to look");
    issuer.rejected(2);
    assert_eq!(used().await, "2");
    credentials.store("id", "newer", "3");
    assert_eq!(used().await, "2", "one rejection is one look");
    assert_eq!(credentials.rereads(), 0, "a forced read has a budget of its own, which is for refusals");
}

#[derive(Clone, Default)]
struct Written(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn retry_after_is_rounded_up_so_that_nobody_comes_too_early() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::Throttled { retry_after: Some(seconds(17)) });
    world.fault().await;
    world.time.advance(Duration::from_millis(500));
    assert_eq!(world.fault().await.retry_after(), Some(seconds(17)));
    world.time.advance(Duration::from_millis(500));
    assert_eq!(world.fault().await.retry_after(), Some(seconds(16)));
}

#[tokio::test]
async fn a_pause_is_shortened_only_where_it_would_outlast_the_token_and_the_server_did_not_name_it() {
    let early = world(3600);
    early.generation().await;
    early.time.advance(seconds(1800));
    early.platform.then_refuse(PASSING);
    early.generation().await;
    early.settle().await;
    early.time.advance(seconds(30));
    early.generation().await;
    early.settle().await;
    assert_eq!(early.platform.requests(), 3, "half an hour before expiry the pause is thirty seconds");

    let told = world(3600);
    told.generation().await;
    told.time.advance(seconds(3540));
    told.platform.then_refuse(IssueVerdict::Throttled { retry_after: Some(seconds(90)) });
    told.generation().await;
    told.time.advance(seconds(45));
    assert_eq!(
        (told.generation().await, told.platform.requests()),
        (1, 2),
        "the server's own time is obeyed"
    );
}

#[tokio::test]
async fn a_futile_rejection_is_remembered_for_five_seconds_and_for_its_own_generation() {
    let world = world(3600);
    world.generation().await;
    world.cache.replay_failed(1);
    assert_eq!(world.cache.reject(1), Rejection::Futile);
    world.time.advance(seconds(5));
    assert_eq!(world.cache.reject(1), Rejection::Retired);
    assert_eq!(world.generation().await, 2);
    world.cache.replay_failed(1);
    assert_eq!(
        world.cache.reject(2),
        Rejection::Retired,
        "what was said of one generation says nothing of another"
    );
}

#[tokio::test]
async fn a_previous_version_in_trouble_does_not_hide_that_the_present_one_was_refused() {
    let world = world(3600);
    world.credentials.store_at(Stage::Previous, "id", "old", "0");
    for _ in 0..60 {
        world.platform.forget_script();
        world.platform.then_refuse(IssueVerdict::CredentialRefused);
        world.platform.then_refuse(PASSING);
        assert_eq!(world.fault().await.code(), FaultCode::CredentialRefused);
        world.settle().await;
        world.time.advance(seconds(1));
    }
    let asked = world.platform.asked_with();
    assert!(asked.iter().filter(|version| *version == "1").count() <= 2, "{asked:?}");
}

#[tokio::test]
async fn a_refused_credential_is_not_tried_more_often_because_a_token_expires() {
    let world = world(3600);
    world.generation().await;
    world.time.advance(seconds(3540));
    (0..20).for_each(|_| world.platform.then_refuse(IssueVerdict::CredentialRefused));
    for _ in 0..60 {
        drop(world.cache.token().await);
        world.settle().await;
        world.time.advance(seconds(1));
    }
    assert!(world.platform.requests() <= 3, "{}", world.platform.requests());
}

#[tokio::test]
async fn a_look_into_a_store_in_trouble_changes_nothing_about_the_pause() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    world.fault().await;
    world.credentials.fail(Fault::new(FaultCode::StoreUnreadable, ""));
    for second in 1..30 {
        world.time.advance(seconds(1));
        assert_eq!(world.fault().await.retry_after(), Some(seconds(30 - second)));
        world.settle().await;
    }
    assert_eq!(world.platform.requests(), 1);
}

#[tokio::test]
async fn the_same_secret_under_another_version_is_no_other_secret() {
    let world = world(3600);
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    world.credentials.credential(crate::Reread::Cached).await.unwrap();
    world.credentials.store("id", "secret", "elsewhere");
    world.fault().await;
    assert_eq!(world.platform.requests(), 1);
}

#[tokio::test]
async fn a_rejection_cuts_a_pause_that_was_made_while_a_token_was_held() {
    let world = world(3600);
    world.generation().await;
    world.time.advance(seconds(1800));
    world.platform.then_refuse(PASSING);
    world.generation().await;
    world.settle().await;
    assert_eq!(world.cache.reject(1), Rejection::Retired);
    assert_eq!(world.fault().await.retry_after(), Some(seconds(1)));
    world.time.advance(seconds(1));
    assert_eq!(world.generation().await, 2);
}

#[tokio::test]
async fn the_first_refusal_after_an_outage_pauses_as_a_first_refusal() {
    let world = world(3600);
    for _ in 0..4 {
        world.platform.then_refuse(PASSING);
        world.fault().await;
        world.time.advance(seconds(5));
    }
    world.platform.then_refuse(IssueVerdict::CredentialRefused);
    assert_eq!(world.fault().await.retry_after(), Some(seconds(30)));
}

#[tokio::test]
async fn a_rejection_cuts_no_pause_that_the_server_named_or_that_follows_a_refusal() {
    let told = IssueVerdict::Throttled { retry_after: Some(seconds(40)) };
    for verdict in [told, IssueVerdict::CredentialRefused] {
        let world = world(3600);
        world.generation().await;
        world.time.advance(seconds(1800));
        world.platform.then_refuse(verdict);
        world.generation().await;
        world.settle().await;
        assert_eq!(world.cache.reject(1), Rejection::Retired);
        assert!(world.fault().await.retry_after() >= Some(seconds(30)), "{verdict:?}");
    }
}
