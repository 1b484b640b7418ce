//! Tokens that the platform rejects, while others are asked for.

use std::time::Duration;

use hallpass_core::token::Rejection;
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread;

use crate::world::{Answer, LIFETIME, World};

/// A late 401 of the old token during the flight that replaces it neither ends nor repeats that flight.
pub fn a_rejection_during_a_flight_changes_nothing() {
    let world = World::warm([]);
    assert_eq!(world.cache.reject(1), Rejection::Retired);
    let callers = [world.caller(), world.caller()];
    assert_ne!(world.cache.reject(1), Rejection::Futile);
    for caller in callers {
        assert_eq!(caller.join().unwrap().unwrap().generation(), 2);
    }
    assert_eq!(world.platform.requests(), 2);
}

/// Two calls of one generation are answered 401 at the same time: one new token.
pub fn two_rejections_of_one_generation_cost_one_request() {
    let world = World::warm([]);
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let cache = world.cache.clone();
            thread::spawn(move || {
                assert_ne!(cache.reject(1), Rejection::Futile);
                block_on(cache.token()).unwrap().generation()
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.join().unwrap(), 2);
    }
    assert_eq!(world.platform.requests(), 2);
}

/// Whatever is installed meanwhile: a call that begins after `reject` has returned is never served what was rejected.
pub fn no_rejected_token_is_served_once_reject_has_returned() {
    let world = World::warm([]);
    world.time.advance(LIFETIME / 2);
    let background = world.caller();
    let rejecting: Vec<_> = (0..2)
        .map(|_| {
            let cache = world.cache.clone();
            thread::spawn(move || {
                let generation = block_on(cache.token()).unwrap().generation();
                assert_ne!(cache.reject(generation), Rejection::Futile);
                let next = block_on(cache.token()).unwrap().generation();
                assert!(next > generation, "{generation} was served again as {next}");
            })
        })
        .collect();
    for call in rejecting {
        call.join().unwrap();
    }
    assert!(background.join().unwrap().is_ok());
    world.runtime.settle();
    // Due: one. Rejected, twice at most, each generation once: two more.
    assert!(world.platform.requests() <= 4, "{}", world.platform.requests());
}

/// Inside the blocking margin a failed flight falls back to the valid token, but never to one that was rejected before the call began.
pub fn a_failed_flight_does_not_bring_a_rejected_token_back() {
    let world = World::warm([Answer::Fail, Answer::Fail]);
    world.time.advance(LIFETIME - Duration::from_secs(30));
    let waiting = world.caller();
    let rejecting = thread::spawn({
        let cache = world.cache.clone();
        move || {
            assert_eq!(cache.reject(1), Rejection::Retired);
            assert!(block_on(cache.token()).is_err(), "there is nothing but the rejected one");
        }
    });
    rejecting.join().unwrap();
    drop(waiting.join().unwrap());
}

/// A call that began before the rejection and waits for a flight that fails after it goes away without a token.
pub fn a_rejection_while_a_call_waits_takes_away_what_it_would_fall_back_to() {
    let world = World::warm([Answer::FailWhenTold]);
    world.time.advance(LIFETIME - Duration::from_secs(30));
    let waiting = world.caller();
    assert_eq!(world.cache.reject(1), Rejection::Retired);
    world.platform.let_fail();
    assert!(waiting.join().unwrap().is_err());
}

/// Every thread keeps the token it was lent last. Whoever could know that it was replaced is not lent it again. It takes tens of thousands of schedules
/// to see that broken, which is the size of `prove`.
pub fn a_thread_told_of_a_new_token_is_not_lent_the_old_one_that_it_keeps() {
    let world = World::warm([]);
    world.time.advance(LIFETIME / 2);
    drop(world.call());
    let told = std::sync::Arc::new(AtomicU64::new(0));
    // A thread that keeps nothing yet may find the new token first, and says so.
    let telling = thread::spawn({
        let (cache, told) = (world.cache.clone(), std::sync::Arc::clone(&told));
        move || told.store(block_on(cache.token()).unwrap().generation(), Ordering::Release)
    });
    for _ in 0..3 {
        let known = told.load(Ordering::Acquire);
        let lent = world.generation();
        assert!(lent >= known, "{lent} after {known}");
    }
    telling.join().unwrap();
    world.runtime.settle();
    assert_eq!(world.generation(), 2);
}

/// After a freeze the refresh of a held token is drawn again, and the token put back with it: never one that was rejected meanwhile.
pub fn a_draw_after_a_freeze_does_not_bring_a_rejected_token_back() {
    let world = World::warm([]);
    world.time.freeze(Duration::from_secs(60));
    let drawing = [world.caller(), world.caller()];
    let rejecting = thread::spawn({
        let cache = world.cache.clone();
        move || {
            assert_eq!(cache.reject(1), Rejection::Retired);
            assert_eq!(block_on(cache.token()).unwrap().generation(), 2);
        }
    });
    rejecting.join().unwrap();
    for caller in drawing {
        assert!((1..=2).contains(&caller.join().unwrap().unwrap().generation()));
    }
    assert_eq!(world.generation(), 2);
    assert_eq!(world.platform.requests(), 2);
}

/// A late 401 of generation 1 leaves generation 2 alone, whenever that arrives.
pub fn a_late_rejection_leaves_the_successor_alone() {
    let world = World::warm([]);
    world.time.advance(LIFETIME / 2);
    let refreshing = world.caller();
    let late = thread::spawn({
        let cache = world.cache.clone();
        move || cache.reject(1)
    });
    let told = late.join().unwrap();
    assert!(refreshing.join().unwrap().is_ok());
    world.runtime.settle();
    let before = world.platform.requests();
    let generation = world.generation();
    assert!(generation >= 2 || told == Rejection::Futile);
    assert_eq!(world.cache.reject(1), Rejection::Replaced);
    assert_eq!(world.generation(), generation);
    assert_eq!(world.platform.requests(), before.max(2));
}

/// The state behind a status page is read while everything moves; it must come to an end and tell a generation that exists.
pub fn a_status_page_read_at_any_time_is_whole() {
    let world = World::warm([]);
    let reading = thread::spawn({
        let cache = world.cache.clone();
        move || cache.status()
    });
    let rejecting = thread::spawn({
        let cache = world.cache.clone();
        move || cache.reject(1)
    });
    let caller = world.caller();
    assert!((1..=2).contains(&reading.join().unwrap().generation));
    assert_eq!(rejecting.join().unwrap(), Rejection::Retired);
    assert!(caller.join().unwrap().is_ok());
}
