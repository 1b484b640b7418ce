//! Flights that end without an answer.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::FaultCode;
use shuttle::thread;

use crate::world::{Answer, World};

/// A panic in the flight is an error for those who wait, not a hang, and the next need is a new request.
pub fn a_panic_in_the_flight_is_an_error_and_not_a_hang() {
    let world = World::answering([Answer::Panic]);
    let callers = [world.caller(), world.caller()];
    for caller in callers {
        assert_eq!(caller.join().unwrap().unwrap_err().code(), FaultCode::Internal);
    }
    assert_eq!(world.platform.requests(), 1);
    world.time.advance(Duration::from_secs(5));
    assert_eq!(world.generation(), 1);
    assert_eq!(world.platform.requests(), 2);
}

/// A runtime that is dropped while a flight is on its way: everybody is told, nobody waits for ever.
pub fn a_runtime_dropped_in_mid_flight_leaves_nobody_waiting() {
    let world = World::answering([]);
    let callers = [world.caller(), world.caller()];
    let ending = thread::spawn({
        let runtime = Arc::clone(&world.runtime);
        move || runtime.shut_down()
    });
    for caller in callers {
        match caller.join().unwrap() {
            Ok(token) => assert_eq!(token.generation(), 1),
            Err(fault) => assert_eq!(fault.code(), FaultCode::Internal),
        }
    }
    ending.join().unwrap();
    assert!(world.platform.requests() <= 1);
}

/// The same when the last caller and the cache itself are gone first.
pub fn a_cache_dropped_in_mid_flight_ends_quietly() {
    let world = World::answering([]);
    let caller = world.task();
    caller.abort();
    let (platform, runtime) = (Arc::clone(&world.platform), Arc::clone(&world.runtime));
    drop(world);
    drop(shuttle::future::block_on(caller));
    runtime.settle();
    assert!(platform.requests() <= 1);
}
