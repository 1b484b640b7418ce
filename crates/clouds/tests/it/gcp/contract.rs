//! The suite that every store passes.

use std::sync::{Arc, Mutex};

use hallpass_core::Store;
use hallpass_core::test_support::store_contract;

use super::{World, world};

#[tokio::test]
async fn a_project_keeps_what_every_store_promises() {
    passes("projects/acme-prod").await;
}

#[tokio::test]
async fn a_location_of_a_project_keeps_what_every_store_promises() {
    passes("projects/acme-prod/locations/europe-west3").await;
}

async fn passes(place: &str) {
    // Every store gets a world of its own, which has to live as long as the store.
    let worlds: Mutex<Vec<World>> = Mutex::default();
    store_contract::writable(async || {
        let world = world().await;
        let store: Arc<dyn Store> = Arc::new(world.store_at(place));
        worlds.lock().expect("nobody panicked").push(world);
        store
    })
    .await;
}
