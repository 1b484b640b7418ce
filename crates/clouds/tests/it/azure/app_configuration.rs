use std::sync::Arc;

use hallpass_cloud_emulator::azure::KEY_VAULT_REFERENCE;
use hallpass_core::test_support::store_contract;
use hallpass_core::{FaultCode, Secret, Stage, Store};

use super::{Scene, at, named, promoted};

const VALUE: &str = "{\"client_id\":\"a\",\"client_secret\":\"b:%+= \u{1f511}\\n\"}";

#[tokio::test]
async fn app_configuration_keeps_the_promises_of_a_store_that_is_only_read() {
    let scene = Scene::start().await;
    scene.azure.world.write_key_value("queue-sync", None, VALUE, None);
    let store = Arc::new(scene.configuration(None));
    store_contract::read_only(store, &named("queue-sync"), &Secret::from(VALUE)).await;
}

#[tokio::test]
async fn a_reference_keeps_the_same_promises() {
    let scene = Scene::start().await;
    promoted(&scene.vault(), "real", VALUE, None).await;
    refer(&scene, "queue-sync", &format!("{}/secrets/real", scene.azure.vault.url()));
    let store = Arc::new(scene.configuration(None));
    store_contract::read_only(store, &named("queue-sync"), &Secret::from(VALUE)).await;
}

#[tokio::test]
async fn a_references_version_is_the_one_behind_it() {
    let scene = Scene::start().await;
    let vault = scene.vault();
    let one = promoted(&vault, "real", "one", None).await;
    refer(&scene, "plain", &format!("{}/secrets/real", scene.azure.vault.url()));
    let store = scene.configuration(None);
    assert_eq!(store.read(&named("plain"), Stage::Current).await.unwrap().version, one);
    let two = promoted(&vault, "real", "two", Some(&one)).await;
    let read = store.read(&named("plain"), Stage::Current).await.unwrap();
    assert!(read.value == Secret::from("two"));
    assert_eq!(read.version, two, "the key-value did not change, the secret did");
}

#[tokio::test]
async fn a_pinned_reference_stays_at_its_version() {
    let scene = Scene::start().await;
    scene.azure.world.plant("real", "one");
    let vault = scene.vault();
    let one = vault.read(&named("real"), Stage::Current).await.unwrap().version;
    refer(&scene, "pinned", &format!("{}/secrets/real/{one}", scene.azure.vault.url()));
    scene.azure.world.advance(1);
    scene.azure.world.plant("real", "two");
    let store = scene.configuration(None);
    assert_eq!(at(&store, "pinned", Stage::Current).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_reference_to_a_host_that_is_no_vault_gets_no_token() {
    let scene = Scene::start().await;
    let stranger = Scene::start().await;
    refer(&scene, "a", &format!("{}/secrets/real", stranger.azure.vault.url()));
    let fault = scene.configuration(None).read(&named("a"), Stage::Current).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::ReferenceMalformed);
    assert_eq!(stranger.azure.vault.seen(), []);
}

#[tokio::test]
async fn labels_and_special_keys_are_kept_apart() {
    let scene = Scene::start().await;
    let world = &scene.azure.world;
    let key = "prod/queue sync:%+&?#\u{1f511}";
    world.write_key_value(key, None, "none", None);
    world.write_key_value(key, Some("eu west&1"), "europe", None);
    let labelled = scene.configuration(Some("eu west&1"));
    assert_eq!(at(&scene.configuration(None), key, Stage::Current).await.as_deref(), Some("none"));
    assert_eq!(at(&labelled, key, Stage::Current).await.as_deref(), Some("europe"));
    assert_eq!(at(&scene.configuration(Some("us")), key, Stage::Current).await, None);
    assert_eq!(labelled.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_goes_through_all_pages_and_loads_no_plain_value() {
    let scene = Scene::start().await;
    for index in 0..210 {
        scene.azure.world.write_key_value(&format!("many/{index:03}"), None, "canary", None);
    }
    let store = scene.configuration(None);
    let listed = store.list().await.unwrap();
    assert_eq!(listed.len(), 210);
    assert!(listed.iter().all(|info| info.current.is_some() && info.written.is_some()));
    assert!(scene.azure.config.seen().iter().all(|it| it.path == "/kv"), "pages only");
    assert_eq!(scene.azure.world.listed_values(), 0);
    let info = store.describe(&named("many/007")).await.unwrap();
    assert_eq!(info, listed[7]);
}

fn refer(scene: &Scene, key: &str, uri: &str) {
    let value = serde_json::json!({ "uri": uri }).to_string();
    scene.azure.world.write_key_value(key, None, &value, Some(KEY_VAULT_REFERENCE));
}
