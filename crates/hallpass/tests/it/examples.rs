//! Every example does what it says, against the emulated platform. The one that is itself a unit test is run here as well.

use crate::stage::{QUEUES, Stage, stored};

#[path = "../../examples/client.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run --example`")]
mod client;
#[path = "../../examples/reqwest_middleware.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run --example`")]
mod reqwest_middleware_example;
#[path = "../../examples/token_cache.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run --example`")]
mod token_cache;
#[path = "../../examples/tower_layer.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run --example`")]
mod tower_layer_example;
#[path = "../../examples/unit_test_of_yours.rs"]
#[expect(dead_code, reason = "`main` is for `cargo run --example`")]
mod unit_test_of_yours;

#[tokio::test]
async fn the_client_lists_queues() {
    let stage = Stage::set().await;
    let queues = client::queues(described(&stage)).await.unwrap();
    assert!(queues.contains("Sales"), "{queues}");
}

#[tokio::test]
async fn the_token_cache_serves_another_http_client() {
    let stage = Stage::set().await;
    let url = format!("{}{QUEUES}", stage.emulator.api_url());
    assert_eq!(token_cache::status(described(&stage), &url).await.unwrap(), 200);
}

#[tokio::test]
async fn the_tower_layer_serves_a_service() {
    let stage = Stage::set().await;
    assert_eq!(tower_layer_example::status(described(&stage)).await.unwrap(), 200);
}

#[tokio::test]
async fn the_middleware_serves_reqwest() {
    let stage = Stage::set().await;
    let api = stage.emulator.api_url();
    assert_eq!(reqwest_middleware_example::status(described(&stage), &api).await.unwrap(), 200);
}

fn described(stage: &Stage) -> hallpass::ClientBuilder {
    stage.described().secret_value(stored(&stage.id, "sesame", None))
}
