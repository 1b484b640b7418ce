//! How often stores are read.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::test_support::{FixedRandomness, ScriptedPlatform};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{Counter, CredentialSource, FaultCode, IssueVerdict, Reread};
use hallpass_stores::StoreLimits;

use crate::regions::{Integration, Mode, Scene};

const LIMITS: StoreLimits = StoreLimits::DEFAULT;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The real token core over the integration's source.
fn tokens(scene: &Scene, integration: &Integration, platform: &ScriptedPlatform) -> TokenCache {
    let issuer = Issuer::new(IssuerParts {
        integration: "queue-sync".parse().unwrap(),
        credentials: Arc::clone(&integration.source) as _,
        fallback: vec![hallpass_core::Stage::Previous],
        platform: Arc::new(platform.clone()),
        clock: Arc::new(scene.time.clone()),
        meter: Arc::clone(&integration.counters) as _,
        audit: Arc::clone(&scene.audit) as _,
    });
    TokenCache::new(CacheParts {
        mint: Arc::new(issuer),
        clock: Arc::new(scene.time.clone()),
        sleep: Arc::new(scene.time.clone()),
        spawn: Arc::new(scene.time.clone()),
        randomness: Arc::new(FixedRandomness(1.0)),
        meter: Arc::clone(&integration.counters) as _,
    })
}

#[test]
fn reads_of_a_day_are_bounded_by_token_requests_and_by_twelve_an_hour() {
    for (lifetime, most_an_hour) in [(60, 12), (300, 12), (3600, 3), (86_400, 1)] {
        let scene = Scene::of(2, LIMITS);
        let (integration, platform) = (scene.integration("a"), ScriptedPlatform::granting(seconds(lifetime)));
        let cache = tokens(&scene, &integration, &platform);
        let mut worst = 0;
        for _ in 0..24 {
            for _ in 0..360 {
                scene.time.run(cache.token()).unwrap();
                scene.time.pass(seconds(10));
            }
            worst = worst.max(scene.asked().len());
        }
        assert!(worst <= most_an_hour, "{worst} reads in an hour with tokens of {lifetime} s");
        let reads = integration.counters.value(Counter::StoreReads);
        assert!(reads <= platform.requests() as u64, "{reads} reads");
        assert_eq!(integration.counters.value(Counter::StoreReadsHedged), 0);
    }
}

#[test]
fn a_replaced_secret_is_found_without_a_refusal() {
    let scene = Scene::of(1, LIMITS);
    let platform = ScriptedPlatform::granting(seconds(3600));
    let cache = tokens(&scene, &scene.integration("a"), &platform);
    scene.time.run(cache.token()).unwrap();
    scene.regions[0].receive(2, Duration::ZERO);
    for _ in 0..360 {
        scene.time.pass(seconds(10));
        scene.time.run(cache.token()).unwrap();
    }
    assert_eq!(platform.asked_with(), ["1", "2", "2"], "the first request after the change used what is new");
}

#[test]
fn a_storm_of_refusals_reads_a_place_within_its_budget() {
    let limits = StoreLimits { reads_per_minute: 8, ..LIMITS };
    let scene = Scene::of(1, limits);
    let platform = ScriptedPlatform::granting(seconds(3600));
    (0..10_000).for_each(|_| platform.then_refuse(IssueVerdict::CredentialRefused));
    // Six integrations with the same refused secret, each called ten times a second.
    let caches: Vec<_> =
        (0..6).map(|n| tokens(&scene, &scene.integration(&format!("a{n}")), &platform)).collect();
    for _ in 0..3_000 {
        for cache in &caches {
            scene.time.run(cache.token()).unwrap_err();
        }
        scene.time.pass(Duration::from_millis(100));
    }
    let asked = scene.log.lock().unwrap().asked.clone();
    for (index, (first, _)) in asked.iter().enumerate() {
        let in_minute = asked[index..].iter().filter(|(at, _)| *at < *first + seconds(60)).count();
        assert!(in_minute <= 8, "{in_minute} reads in a minute");
    }
    assert!(asked.len() > 20, "{} reads in five minutes: the test asks too little", asked.len());
}

#[test]
fn one_refused_integration_stays_far_below_the_default_budget() {
    let scene = Scene::of(1, LIMITS);
    let platform = ScriptedPlatform::granting(seconds(3600));
    (0..10_000).for_each(|_| platform.then_refuse(IssueVerdict::CredentialRefused));
    let cache = tokens(&scene, &scene.integration("a"), &platform);
    let mut worst = 0;
    for _ in 0..10 {
        for _ in 0..600 {
            scene.time.run(cache.token()).unwrap_err();
            scene.time.pass(Duration::from_millis(100));
        }
        worst = worst.max(scene.asked().len());
    }
    assert!(worst <= 16, "{worst} reads in a minute");
}

#[test]
fn a_spent_budget_says_when_and_what_is_held_goes_on() {
    let limits = StoreLimits { reads_per_minute: 4, ..LIMITS };
    let scene = Scene::of(1, limits);
    let integration = scene.integration("a");
    for _ in 0..4 {
        scene.read(&integration, Reread::Forced).0.unwrap();
    }
    let fault = scene.read(&integration, Reread::Forced).0.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreBudgetSpent);
    assert!(fault.retry_after().unwrap() > seconds(59), "{fault:?}");
    assert_eq!(scene.audit.lines.lock().unwrap().len(), 4, "what was not read is not on record");
    assert!(scene.read(&integration, Reread::Cached).0.is_ok());
    scene.time.pass(fault.retry_after().unwrap());
    scene.read(&integration, Reread::Forced).0.unwrap();
}

#[test]
fn ordinary_reads_leave_forced_ones_a_quarter() {
    let limits = StoreLimits { reads_per_minute: 8, reread_after: seconds(1), ..LIMITS };
    let scene = Scene::of(1, limits);
    let integration = scene.integration("a");
    for _ in 0..20 {
        scene.read(&integration, Reread::Cached).0.unwrap();
        scene.time.pass(seconds(1));
    }
    assert_eq!(scene.asked().len(), 6);
    scene.regions[0].receive(2, Duration::ZERO);
    assert_eq!(scene.read(&integration, Reread::Forced).0.unwrap().serial(), Some(2));
}

#[test]
fn sixty_four_cold_callers_of_one_integration_are_one_read_and_those_of_eight_as_well() {
    for integrations in [1, 8] {
        let scene = Scene::of(2, LIMITS);
        let sources: Vec<_> = (0..integrations).map(|n| scene.integration(&format!("a{n}")).source).collect();
        let callers: Vec<_> = (0..64)
            .map(|n: usize| {
                let source = Arc::clone(&sources[n % sources.len()]);
                let (tell, told) = tokio::sync::oneshot::channel();
                let call = async move { drop(tell.send(source.credential(Reread::Cached).await)) };
                hallpass_core::Spawn::spawn(&scene.time, Box::pin(call));
                told
            })
            .collect();
        for told in callers {
            assert_eq!(scene.time.run(told).unwrap().unwrap().serial(), Some(1));
        }
        assert_eq!(scene.asked(), [0], "{integrations} integrations");
        let recorded = scene.audit.lines.lock().unwrap().len();
        assert_eq!(recorded, integrations, "each has its own record");
    }
}

#[test]
fn a_shared_read_whose_reader_is_dropped_is_done_by_another() {
    let scene = Scene::of(1, LIMITS);
    let (one, two) = (scene.integration("a"), scene.integration("b"));
    let mut first = one.source.credential(Reread::Cached);
    let waker = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(first.as_mut().poll(&mut { waker }).is_pending());
    let mut second = two.source.credential(Reread::Cached);
    assert!(second.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
    assert_eq!(scene.asked(), [0]);
    drop(first);
    assert_eq!(scene.time.run(second).unwrap().serial(), Some(1));
    assert_eq!(scene.asked(), [0]);
}

#[test]
fn another_entry_or_another_store_is_another_place() {
    let scene = Scene::of(2, LIMITS);
    scene.regions[0].is(Mode::Hanging);
    scene.read(&scene.integration("a"), Reread::Cached).0.unwrap();
    let place = |rank: usize, entry: &str| {
        let store: Arc<dyn hallpass_core::Store> = Arc::clone(&scene.regions[rank]) as _;
        scene.places.of(store, entry.parse().unwrap())
    };
    assert!(Arc::ptr_eq(&place(0, "queue-sync"), &place(0, "queue-sync")));
    assert!(!Arc::ptr_eq(&place(0, "queue-sync"), &place(0, "other")));
    assert!(!Arc::ptr_eq(&place(0, "queue-sync"), &place(1, "queue-sync")));
    assert_eq!(format!("{:?}", place(0, "queue-sync")), "Place(\"`region` at here\")");
}
