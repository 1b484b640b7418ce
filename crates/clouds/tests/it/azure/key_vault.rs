use std::sync::{Arc, Mutex};

use hallpass_cloud_emulator::Seen;
use hallpass_clouds::azure::{KeyVault, MOST_BYTES};
use hallpass_core::test_support::store_contract::{self, Capacity};
use hallpass_core::{FaultCode, Secret, Stage, Store};

use super::{Scene, at, named, promoted};

#[tokio::test]
async fn a_key_vault_keeps_the_stores_promises() {
    // Each store gets a vault of its own; all of them live until the suite is done.
    let scenes = Mutex::new(Vec::new());
    let make = async || {
        let scene = Scene::start().await;
        let store: Arc<dyn Store> = Arc::new(scene.vault());
        scenes.lock().unwrap().push(scene);
        store
    };
    store_contract::writable_up_to(Capacity { bytes: MOST_BYTES, text_only: true }, make).await;
}

#[tokio::test]
async fn opening_asks_nobody_and_the_first_read_is_one_of_a_value() {
    let scene = Scene::start().await;
    let writer = scene.vault();
    promoted(&writer, "queue-sync", "one", None).await;
    let before = scene.azure.vault.seen().len();
    let reader = scene.vault();
    assert_eq!(reader.place(), Some(scene.azure.vault.url().trim_start_matches("https://")));
    assert_eq!(scene.azure.vault.seen().len(), before, "opening does no I/O");

    assert_eq!(at(&reader, "queue-sync", Stage::Current).await.as_deref(), Some("one"));
    let seen = scene.azure.vault.seen().split_off(before);
    let get = Seen { method: "GET".into(), path: "/secrets/queue-sync/".into(), operation: None };
    assert_eq!(seen, [get.clone(), get.clone()], "a challenge and its answer");
    at(&reader, "queue-sync", Stage::Current).await;
    assert_eq!(scene.azure.vault.seen().len(), before + 3, "from then on one request per read");
}

#[tokio::test]
async fn pending_is_invisible_to_a_plain_read_by_somebody_else() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "queue-sync", "one", None).await;
    store.put_pending(&named("queue-sync"), Secret::from("two")).await.unwrap();

    let somebody = scene.vault();
    let read = somebody.read(&named("queue-sync"), Stage::Current).await.unwrap();
    assert!(read.value == Secret::from("one") && read.version == one);
    let seen = scene.azure.vault.seen();
    assert!(seen.iter().any(|it| it.method == "PUT" && it.path == "/secrets/queue-sync-pending"));
    assert_eq!(seen.iter().filter(|it| it.method == "PUT" && it.path == "/secrets/queue-sync").count(), 1);
}

#[tokio::test]
async fn what_was_put_out_of_use_cannot_be_read_any_more() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "canary-one", None).await;
    let two = promoted(&store, "a", "canary-two", Some(&one)).await;
    promoted(&store, "a", "canary-three", Some(&two)).await;
    let first = store.put_pending(&named("a"), Secret::from("canary-four")).await.unwrap();
    store.put_pending(&named("a"), Secret::from("canary-five")).await.unwrap();
    let enabled = |value: &str| scene.azure.world.enabled_holding(value);
    assert_eq!(enabled("canary-one"), 0, "neither promoted, pending nor previous");
    assert_eq!(enabled("canary-two"), 1, "previous");
    assert_eq!(enabled("canary-three"), 1, "current, and no longer pending");
    assert_eq!((enabled("canary-four"), enabled("canary-five")), (0, 1), "one pending");
    store.discard(&named("a"), &first).await.expect("it is gone already");
    store.discard(&named("a"), &two).await.unwrap();
    assert_eq!(enabled("canary-two"), 0);
}

#[tokio::test]
async fn a_list_goes_through_all_pages_and_asks_for_no_value() {
    let scene = Scene::start().await;
    let store = scene.vault();
    for index in 0..30 {
        store.put_pending(&named(&format!("entry-{index:02}")), Secret::from("canary")).await.unwrap();
    }
    let before = scene.azure.vault.seen().len();
    let listed = store.list().await.unwrap();
    assert_eq!(listed.len(), 30);
    assert!(listed.is_sorted_by(|one, next| one.name < next.name));
    assert!(listed.iter().all(|info| info.pending.is_some() && info.current.is_none()));
    let seen = scene.azure.vault.seen().split_off(before);
    assert_eq!(seen.iter().filter(|it| it.path == "/secrets").count(), 2, "25 at once");
    let is_list = |it: &Seen| it.path == "/secrets" || it.path.ends_with("/versions");
    assert!(seen.iter().all(is_list), "{seen:?}");
}

#[tokio::test]
async fn describing_asks_for_that_entry_alone() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    promoted(&store, "b", "two", None).await;
    let before = scene.azure.vault.seen().len();
    let info = store.describe(&named("a")).await.unwrap();
    assert_eq!((info.current, info.previous, info.pending), (Some(one), None, None));
    assert!(info.written.is_some());
    let paths: Vec<_> = scene.azure.vault.seen().split_off(before).into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["/secrets/a/versions", "/secrets/a-pending/versions"]);
    let absent = store.describe(&named("absent")).await.unwrap_err();
    assert_eq!(absent.code(), FaultCode::EntryNotFound);
}

#[tokio::test]
async fn the_limit_is_25_kib_and_a_value_at_it_survives() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let value = "\u{1f511}".repeat(MOST_BYTES / 4);
    assert_eq!(value.len(), MOST_BYTES);
    promoted(&store, "a", &value, None).await;
    assert_eq!(at(&store, "a", Stage::Current).await, Some(value.clone()));
    let before = scene.azure.vault.seen().len();
    let refused = store.put_pending(&named("a"), Secret::from(value + "x")).await.unwrap_err();
    assert_eq!(refused.code(), FaultCode::StoreUnwritable);
    assert_eq!(scene.azure.vault.seen().len(), before, "nobody was asked");
}

#[tokio::test]
async fn names_that_key_vault_refuses_are_told_before_it_is_asked() {
    let scene = Scene::start().await;
    let store = scene.vault();
    for name in ["prod/queue-sync", "queue_sync", "queue-sync-pending"] {
        let fault = store.read(&named(name), Stage::Current).await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::ReferenceMalformed, "{name}");
        let put = store.put_pending(&named(name), Secret::from("x")).await.unwrap_err();
        assert_eq!(put.code(), FaultCode::ReferenceMalformed, "{name}");
    }
    assert_eq!(scene.azure.vault.seen(), []);
}

#[tokio::test]
async fn many_cold_callers_fetch_one_token() {
    let scene = Scene::start().await;
    promoted(&scene.vault(), "a", "one", None).await;
    for variables in [scene.app_service(), scene.application()] {
        let before = scene.azure.world.token_requests();
        let store = Arc::new(scene.vault_as(&variables));
        store.connect().await.unwrap();
        assert_eq!(scene.azure.world.token_requests() - before, 1, "connecting fetches what reading needs");
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let store: Arc<KeyVault> = Arc::clone(&store);
            callers.spawn(async move { at(&*store, "a", Stage::Current).await });
        }
        while let Some(read) = callers.join_next().await {
            assert_eq!(read.unwrap().as_deref(), Some("one"));
        }
        assert_eq!(scene.azure.world.token_requests() - before, 1);
    }
}
