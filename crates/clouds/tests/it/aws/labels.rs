//! What hallpass does to the labels at AWS, as an operator would see them.

use hallpass_cloud_emulator::{Behaviour, Reply, aws};
use hallpass_core::{Fault, FaultCode, Secret, Stage, Store, Version};
use serde_json::json;

use super::{Place, REGION, named, promoted, put};

fn labels(place: &Place, name: &str) -> Vec<(String, Vec<String>)> {
    let labels = place.aws.labels(REGION, name);
    labels.into_iter().map(|(id, labels)| (id, labels.into_iter().collect())).collect()
}

fn of(place: &Place, name: &str, id: &str) -> Vec<String> {
    labels(place, name)
        .into_iter()
        .find(|(version, _)| version == id)
        .map(|(_, labels)| labels)
        .unwrap_or_default()
}

#[tokio::test]
async fn a_first_value_is_pending_although_aws_makes_a_first_version_current() {
    let place = Place::new().await;
    let store = place.store();
    let one = put(&store, "a", "one").await;
    assert_eq!(of(&place, "a", one.as_str()), ["AWSPENDING"]);
    let refused = store.read(&named("a"), Stage::Current).await.unwrap_err();
    assert_eq!(refused.code(), FaultCode::EntryNotFound);
    store.promote(&named("a"), &one, None).await.unwrap();
    assert_eq!(of(&place, "a", one.as_str()), ["AWSCURRENT"], "AWSPENDING is taken off");
    assert!(
        store.read(&named("a"), Stage::Previous).await.is_err(),
        "the placeholder is no previous version"
    );
}

#[tokio::test]
async fn a_secret_that_somebody_made_without_a_value_is_written_like_a_new_one() {
    let place = Place::new().await;
    place.aws.operate(REGION, "CreateSecret", &json!({ "Name": "a" })).unwrap();
    let store = place.store();
    let one = put(&store, "a", "one").await;
    assert_eq!(of(&place, "a", one.as_str()), ["AWSPENDING"]);
    store.promote(&named("a"), &one, None).await.unwrap();
    assert!(store.read(&named("a"), Stage::Current).await.unwrap().value == Secret::from("one"));
}

#[tokio::test]
async fn a_secret_with_a_value_of_somebody_else_is_promoted_over_it() {
    let place = Place::new().await;
    let theirs = json!({ "Name": "a", "SecretString": "theirs", "ClientRequestToken": THEIRS });
    place.aws.operate(REGION, "CreateSecret", &theirs).unwrap();
    let store = place.store();
    let first = store.read(&named("a"), Stage::Current).await.unwrap();
    assert_eq!((first.version.as_str(), first.value == Secret::from("theirs")), (THEIRS, true));
    let two = promoted(&store, "a", "ours", Some(&first.version)).await;
    assert_eq!(of(&place, "a", THEIRS), ["AWSPREVIOUS"]);
    assert_eq!(of(&place, "a", two.as_str()), ["AWSCURRENT"]);
    assert_eq!(labels(&place, "a").len(), 2, "no placeholder where there is a version");
}

#[tokio::test]
async fn a_promotion_that_died_half_way_is_finished_by_the_next_call() {
    let place = Place::new().await;
    let store = place.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = put(&store, "a", "two").await;
    died_half_way(&place, &one, &two);
    let refused = store.read(&named("a"), Stage::Pending).await.unwrap_err();
    assert_eq!(refused.code(), FaultCode::EntryNotFound, "what is current is not pending");
    assert_eq!(store.describe(&named("a")).await.unwrap().pending, None);
    store.promote(&named("a"), &two, Some(&one)).await.unwrap();
    assert_eq!(of(&place, "a", two.as_str()), ["AWSCURRENT"]);
}

#[tokio::test]
async fn a_label_that_a_dead_promotion_left_goes_with_the_version_before() {
    let place = Place::new().await;
    let store = place.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = put(&store, "a", "two").await;
    died_half_way(&place, &one, &two);
    // Nobody promotes what is current. What was current is discarded once nobody needs it.
    store.discard(&named("a"), &one).await.unwrap();
    assert_eq!(of(&place, "a", two.as_str()), ["AWSCURRENT"]);
    assert_eq!(of(&place, "a", one.as_str()), [""; 0]);
}

/// AWSCURRENT was moved from `one` to `two`, and then the process died.
fn died_half_way(place: &Place, one: &Version, two: &Version) {
    let moved = json!({
        "SecretId": "a",
        "VersionStage": "AWSCURRENT",
        "RemoveFromVersionId": one.as_str(),
        "MoveToVersionId": two.as_str(),
    });
    place.aws.operate(REGION, "UpdateSecretVersionStage", &moved).unwrap();
    assert_eq!(of(place, "a", two.as_str()), ["AWSCURRENT", "AWSPENDING"]);
}

#[tokio::test]
async fn two_promotions_of_the_same_version_both_succeed() {
    let place = Place::new().await;
    let (here, there) = (place.store(), place.store());
    let one = promoted(&here, "a", "one", None).await;
    let two = put(&here, "a", "two").await;
    let a = named("a");
    let (first, second) =
        tokio::join!(here.promote(&a, &two, Some(&one)), there.promote(&a, &two, Some(&one)));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(of(&place, "a", two.as_str()), ["AWSCURRENT"]);
}

/// A store whose first look at `a` shows what was before: `one` current, `two` pending. `meanwhile` has happened since.
async fn looked_too_early(meanwhile: impl AsyncFn(&dyn Store, &Version, &Version)) -> Result<(), Fault> {
    let place = Place::new().await;
    let store = place.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = put(&store, "a", "two").await;
    let before = place.aws.operate(REGION, "DescribeSecret", &json!({ "SecretId": "a" })).unwrap();
    meanwhile(&store, &one, &two).await;
    place.door.next(Behaviour::Answer(Reply::json(200, &before)));
    store.promote(&named("a"), &two, Some(&one)).await
}

#[tokio::test]
async fn a_lost_race_is_a_conflict_and_changes_nothing() {
    let outcome = looked_too_early(async |store, one, _| {
        promoted(store, "a", "three", Some(one)).await;
    });
    assert_eq!(outcome.await.unwrap_err().code(), FaultCode::VersionConflict);
}

#[tokio::test]
async fn a_race_that_another_won_for_the_same_version_is_a_success() {
    let outcome = looked_too_early(async |store, one, two| {
        store.promote(&named("a"), two, Some(one)).await.unwrap();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn a_secret_that_another_creates_meanwhile_is_written_all_the_same() {
    let place = Place::new().await;
    let theirs = json!({ "Name": "a", "SecretString": "theirs", "ClientRequestToken": THEIRS });
    place.aws.operate(REGION, "CreateSecret", &theirs).unwrap();
    // The first look came before that.
    place.door.next(Behaviour::Answer(aws::refusal(400, "ResourceNotFoundException", "")));
    let store = place.store();
    let two = put(&store, "a", "two").await;
    assert_eq!(of(&place, "a", two.as_str()), ["AWSPENDING"]);
    assert_eq!(of(&place, "a", THEIRS), ["AWSCURRENT"], "theirs stays what readers get");
}

#[tokio::test]
async fn a_value_put_behind_a_late_placeholder_stays_current() {
    let place = Place::new().await;
    place.aws.operate(REGION, "CreateSecret", &json!({ "Name": "a" })).unwrap();
    let empty = place.aws.operate(REGION, "DescribeSecret", &json!({ "SecretId": "a" })).unwrap();
    let theirs = json!({ "SecretId": "a", "SecretString": "theirs", "ClientRequestToken": THEIRS });
    place.aws.operate(REGION, "PutSecretValue", &theirs).unwrap();
    place.door.next(Behaviour::Answer(Reply::json(200, &empty)));
    let two = put(&place.store(), "a", "two").await;
    assert_eq!(of(&place, "a", THEIRS), ["AWSCURRENT"]);
    assert_eq!(of(&place, "a", two.as_str()), ["AWSPENDING"]);
}

const THEIRS: &str = "00000000-0000-4000-8000-000000000001";
