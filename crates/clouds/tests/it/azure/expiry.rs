//! What is written says when it expires, so that Event Grid speaks up when it is due.

use std::sync::Arc;
use std::time::Duration;

use hallpass_clouds::azure::{KeyVault, Lifetimes, NEAR};
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Secret, Stage, Store};

use super::{Scene, at, named, promoted};

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;

#[tokio::test]
async fn a_promoted_version_expires_thirty_days_after_it_is_due() {
    let scene = Scene::start().await;
    let time = ManualTime::starting_at(Duration::from_secs(NOW));
    let variables = scene.app_service();
    let borrowed: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut settings = scene.settings(&scene.azure.vault.url(), &borrowed);
    settings.clock = Arc::new(time.clone());
    settings.lifetimes = Lifetimes::new([("Queue-Sync".to_owned(), Duration::from_secs(90 * DAY))]);
    let store = KeyVault::open(&settings).unwrap();

    let one = promoted(&store, "queue-sync", "one", None).await;
    assert_eq!(scene.azure.world.expiry("queue-sync"), Some(NOW + 90 * DAY + NEAR.as_secs()));
    store.put_pending(&named("queue-sync"), Secret::from("two")).await.unwrap();
    assert_eq!(scene.azure.world.expiry("queue-sync-pending"), None, "what is pending is nobody's news");
    promoted(&store, "other", "x", None).await;
    assert_eq!(scene.azure.world.expiry("other"), None, "nobody said how often it is rotated");

    time.advance(Duration::from_secs(90 * DAY));
    promoted(&store, "queue-sync", "three", Some(&one)).await;
    assert_eq!(
        scene.azure.world.expiry("queue-sync"),
        Some(NOW + 210 * DAY),
        "each version counts from its own day"
    );
    time.advance(Duration::from_secs(500 * DAY));
    assert_eq!(
        at(&store, "queue-sync", Stage::Current).await.as_deref(),
        Some("three"),
        "an expired secret is read"
    );
}
