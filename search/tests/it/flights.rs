//! One flight, many callers.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::FaultCode;
use hallpass_core::token::Rejection;
use shuttle::future::block_on;

use crate::world::{Answer, LIFETIME, World};

/// Of callers that find nothing exactly one starts the request, and all get what it brings. One that looked before the landing and joins
/// after it must not ask again: that is the second look under the lock.
pub fn the_first_call_starts_the_flight_and_waiters_share_its_result() {
    let world = World::answering([]);
    let callers: Vec<_> = (0..3).map(|_| world.caller()).collect();
    for caller in callers {
        assert_eq!(caller.join().unwrap().unwrap().generation(), 1);
    }
    assert_eq!(world.platform.requests(), 1);
}

/// A failure belongs to everybody who waits, and to those who come right after.
pub fn waiters_share_the_error() {
    let world = World::answering([Answer::Fail]);
    let callers: Vec<_> = (0..3).map(|_| world.caller()).collect();
    for caller in callers {
        let fault = caller.join().unwrap().unwrap_err();
        assert_eq!(fault.code(), FaultCode::TokenUnavailable);
        assert!(fault.retry_after().is_some());
    }
    assert_eq!(world.platform.requests(), 1);
}

/// A caller that goes away takes nothing with it.
pub fn a_cancelled_caller_changes_nothing() {
    let world = World::answering([]);
    let (cancelled, other) = (world.task(), world.caller());
    cancelled.abort();
    assert_eq!(other.join().unwrap().unwrap().generation(), 1);
    if let Ok(served) = block_on(cancelled) {
        assert_eq!(served.unwrap().generation(), 1);
    }
    assert_eq!(world.platform.requests(), 1);
}

/// With nobody left the flight lands all the same, and its place is empty afterwards: a later need is a new request.
pub fn when_all_callers_are_cancelled_the_flight_lands_and_leaves_its_slot_empty() {
    let world = World::answering([]);
    let callers: Vec<_> = (0..2).map(|_| world.task()).collect();
    for caller in &callers {
        caller.abort();
    }
    for caller in callers {
        drop(block_on(caller));
    }
    assert_eq!(world.generation(), 1);
    assert_eq!(world.platform.requests(), 1);
    assert_eq!(world.cache.reject(1), Rejection::Retired);
    assert_eq!(world.generation(), 2);
    assert_eq!(world.platform.requests(), 2);
}

/// A due token is served to everybody while one flight replaces it.
pub fn a_due_token_is_replaced_by_one_flight_in_the_background() {
    let world = World::warm([]);
    world.time.advance(LIFETIME / 2);
    let callers: Vec<_> = (0..3).map(|_| world.caller()).collect();
    for caller in callers {
        assert!((1..=2).contains(&caller.join().unwrap().unwrap().generation()));
    }
    world.runtime.settle();
    assert_eq!(world.generation(), 2);
    assert_eq!(world.platform.requests(), 2);
}

/// A flight given up after a freeze and the one that replaces it may land in either order: the token that lives longer stays, and nobody
/// who waited for either goes away without one.
pub fn of_a_late_flight_and_a_new_one_the_token_that_lives_longer_stays() {
    let world = World::answering([]);
    let early = world.caller();
    let freezer = shuttle::thread::spawn({
        let time = Arc::clone(&world.time);
        move || time.freeze(Duration::from_secs(600))
    });
    let late = world.caller();
    for caller in [early, late] {
        assert!(caller.join().unwrap().is_ok());
    }
    freezer.join().unwrap();
    world.runtime.settle();
    assert!(world.platform.requests() <= 2);
    let expiry = world.call().unwrap().expiry();
    assert_eq!(expiry, world.platform.last_asked().deadline(LIFETIME));
}

/// A flight given up after a freeze fails late: the flight that replaced it keeps its place, so nobody asks a third time.
pub fn a_late_failure_does_not_free_the_slot_of_the_flight_that_replaced_it() {
    let world = World::answering([Answer::Fail]);
    let early = world.task();
    shuttle::thread::yield_now();
    world.time.freeze(Duration::from_secs(600));
    let callers = [world.caller(), world.caller()];
    drop(block_on(early));
    for caller in callers {
        drop(caller.join().unwrap());
    }
    assert!(world.platform.requests() <= 2, "{}", world.platform.requests());
}
