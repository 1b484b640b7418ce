//! The store of the simulation keeps what every store promises: else the drills would prove something about another store.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use hallpass_core::Store;
use hallpass_core::test_support::{document_contract, store_contract};

use crate::world::{Shape, Sim, SimDocument, SimStore};

fn carried_out(suite: impl Future<Output = ()>) {
    let mut suite = pin!(suite);
    let mut context = Context::from_waker(Waker::noop());
    let ended = (0..100_000).any(|_| suite.as_mut().poll(&mut context).is_ready());
    assert!(ended, "the suite does not end");
}

#[test]
fn a_store_that_cannot_compare_passes_it_too_and_so_does_the_document_apart() {
    carried_out(store_contract::writable(async || {
        let sim = Sim::new(Shape::TwoClientsInVault);
        sim.lock().shelf.entries.clear();
        Arc::new(SimStore::new(&sim)) as Arc<dyn Store>
    }));
    carried_out(document_contract::replaceable(async || {
        SimDocument::of(&Sim::new(Shape::TwoClientsInVault)).unwrap()
    }));
    assert!(SimDocument::of(&Sim::new(Shape::TwoClients)).is_none());
}

#[test]
fn the_store_of_the_simulation_passes_the_contract() {
    let make = async || {
        let sim = Sim::new(Shape::Overlap);
        sim.lock().shelf.entries.clear();
        Arc::new(SimStore::new(&sim)) as Arc<dyn Store>
    };
    carried_out(store_contract::writable(make));
}
