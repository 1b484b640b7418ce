//! The store of the simulation keeps what every store promises: else the drills would prove something about another store.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hallpass_core::Store;
use hallpass_core::test_support::store_contract;

use crate::world::{Shape, Sim, SimStore};

#[test]
fn the_store_of_the_simulation_passes_the_contract() {
    let make = async || {
        let sim = Sim::new(Shape::Overlap);
        sim.lock().shelf.entries.clear();
        Arc::new(SimStore::new(&sim)) as Arc<dyn Store>
    };
    let mut suite = pin!(store_contract::writable(make));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(()) = suite.as_mut().poll(&mut context) {
            return;
        }
    }
    panic!("the suite does not end");
}
