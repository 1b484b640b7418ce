//! A secret in two regions.

use std::sync::Arc;

use hallpass_cloud_emulator::aws::Aws;
use hallpass_clouds::aws::{Replica, SecretsManager};
use hallpass_core::{FaultCode, Secret, Stage, Store, Version};
use serde_json::json;

use super::{Place, REGION, named, promoted, put, settings};

const OTHER: &str = "us-west-2";

/// A secret `a` with the value `one`, and a store in its primary region and one in its replica's.
async fn replicated() -> (Place, Place, SecretsManager, SecretsManager, Version) {
    let aws = Arc::new(Aws::new());
    let (primary, replica) = (Place::of(&aws, REGION).await, Place::of(&aws, OTHER).await);
    let here = primary.store();
    let one = promoted(&here, "a", "one", None).await;
    let regions = json!({ "SecretId": "a", "AddReplicaRegions": [{ "Region": OTHER }] });
    aws.operate(REGION, "ReplicateSecretToRegions", &regions).unwrap();
    let there = SecretsManager::open(settings(&replica.door.url(), OTHER, &[]));
    (primary, replica, here, there, one)
}

#[tokio::test]
async fn a_replica_is_read_and_says_where_it_is() {
    let (_primary, _replica, here, there, one) = replicated().await;
    let read = there.read(&named("a"), Stage::Current).await.unwrap();
    assert_eq!(
        (read.version, read.value == Secret::from("one")),
        (one, true),
        "versions are the same everywhere"
    );
    assert_eq!((here.place(), there.place()), (Some(REGION), Some(OTHER)));
    let in_sync = |in_sync| Replica { region: OTHER.to_owned(), in_sync };
    let kept = here.replication(&named("a")).await.unwrap();
    assert_eq!((&*kept.primary, &kept.replicas[..]), (REGION, &[in_sync(true)][..]));
    let seen_there = there.replication(&named("a")).await.unwrap();
    assert_eq!((&*seen_there.primary, seen_there.replicas.len()), (REGION, 0));
}

#[tokio::test]
async fn every_write_to_a_replica_is_refused_and_names_the_primary() {
    let (_primary, replica, here, there, one) = replicated().await;
    let a = named("a");
    let two = put(&here, "a", "two").await;
    let refusals = [
        there.put_pending(&a, Secret::from("three")).await.map(drop),
        there.promote(&a, &two, Some(&one)).await,
        there.discard(&a, &two).await,
    ];
    for refused in refusals {
        let fault = refused.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreReadOnly);
        assert!(
            fault.detail().contains(REGION) && fault.hint().contains(&format!("?region={REGION}")),
            "{fault}"
        );
    }
    let writes = replica.operations().into_iter().filter(|operation| operation != "DescribeSecret").count();
    assert_eq!(writes, 0, "nothing was even tried");
    here.promote(&a, &two, Some(&one)).await.expect("the primary takes writes as before");
}

#[tokio::test]
async fn a_replica_that_lags_serves_the_older_version_and_the_primary_the_newer() {
    let (primary, _replica, here, there, one) = replicated().await;
    let a = named("a");
    primary.aws.lag(OTHER, "a");
    let two = promoted(&here, "a", "two", Some(&one)).await;
    assert_eq!(there.read(&a, Stage::Current).await.unwrap().version, one);
    assert_eq!(here.read(&a, Stage::Current).await.unwrap().version, two);
    assert!(!here.replication(&a).await.unwrap().replicas[0].in_sync, "the lag shows");
    primary.aws.catch_up(OTHER, "a");
    assert_eq!(there.read(&a, Stage::Current).await.unwrap().version, two);
}
