//! What is written, in which order, and what is left when a write ends early.

use hallpass_cloud_emulator::{Behaviour, Reply};
use hallpass_core::{FaultCode, Secret, Stage, Store};

use super::{by_hand, entry, foreign, promoted, put, shown, value, world};

#[tokio::test]
async fn a_promotion_is_one_write() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = put(&store, "a", "two").await;
    let before = world.asked().len();
    store.promote(&entry("a"), &two, Some(&one)).await.expect("promoted");
    assert_eq!(world.asked()[before..], ["GET /secrets/a", "PATCH /secrets/a"]);
}

#[tokio::test]
async fn pending_is_invisible_also_to_readers_without_the_alias() {
    let world = world().await;
    foreign(&world, "a", &["theirs"]).await;
    let store = world.store();
    put(&store, "a", "ours").await;
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("theirs"));
    assert_eq!(value(&store, "a", Stage::Pending).await.as_deref(), Ok("ours"));
    // The alias was set before the version was added: in between, the newest enabled version was still theirs.
    let writes: Vec<_> = world.asked().into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    let expected = ["PATCH /secrets/a", "POST /secrets/a:addVersion", "PATCH /secrets/a"];
    assert_eq!(writes[2..], expected, "after making the secret and its version by hand");
}

#[tokio::test]
async fn a_put_that_dies_after_adding_the_version_is_seen_by_nobody() {
    let world = world().await;
    let store = world.store();
    // Look, make, add; then the look before the alias meets a broken connection, and so does its repetition.
    for _ in 0..3 {
        world.api.next(Behaviour::Truth);
    }
    world.api.next(Behaviour::Reset);
    world.api.next(Behaviour::Reset);
    let fault = store.put_pending(&entry("a"), Secret::from("canary")).await.expect_err("it broke off");
    assert_eq!(fault.code(), FaultCode::StoreUnreachable, "{fault}");
    for stage in [Stage::Current, Stage::Previous, Stage::Pending] {
        assert_eq!(value(&store, "a", stage).await, Err(FaultCode::EntryNotFound), "{stage:?}");
    }
    assert_eq!(store.list().await.expect("listed"), []);
    let again = promoted(&store, "a", "canary", None).await;
    assert_eq!(again.as_str(), "projects/acme-prod/secrets/a/versions/2");
}

#[tokio::test]
async fn a_promotion_whose_answer_was_lost_succeeds_when_repeated() {
    let world = world().await;
    let store = world.store();
    let one = put(&store, "a", "one").await;
    // The write happens, and its answer is lost: played by somebody else making the same write.
    by_hand(&world, "PATCH", "secrets/a?updateMask=versionAliases", r#"{"versionAliases":{"current":"1"}}"#)
        .await;
    store.promote(&entry("a"), &one, None).await.expect("it is so already");
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn a_lost_race_is_judged_anew_over_what_is_there() {
    let world = world().await;
    let store = world.store();
    let one = put(&store, "a", "one").await;
    // Somebody changes a label meanwhile: the etag is another one, and nothing that matters here is.
    world.api.next(Behaviour::Truth);
    world.api.next(Behaviour::Answer(etag_mismatch()));
    store.promote(&entry("a"), &one, None).await.expect("nothing that matters was changed");
    // A mismatch that never ends is a conflict.
    let two = put(&store, "a", "two").await;
    for _ in 0..3 {
        world.api.next(Behaviour::Truth);
        world.api.next(Behaviour::Answer(etag_mismatch()));
    }
    let fault = store.promote(&entry("a"), &two, Some(&one)).await.expect_err("never unchanged");
    assert_eq!(fault.code(), FaultCode::VersionConflict);
    store.promote(&entry("a"), &two, Some(&one)).await.expect("nothing was changed by the refused one");
}

#[tokio::test]
async fn of_two_promotions_one_wins_and_the_other_is_told() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = put(&store, "a", "two").await;
    let other = world.store();
    let three = put(&other, "a", "three").await;
    let lost = store.promote(&entry("a"), &two, Some(&one)).await.map_err(|fault| fault.code());
    assert_eq!(lost, Err(FaultCode::VersionConflict), "another one is pending");
    other.promote(&entry("a"), &three, Some(&one)).await.expect("this one is");
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("three"));
}

#[tokio::test]
async fn aliases_and_annotations_of_others_are_kept() {
    let world = world().await;
    foreign(&world, "a", &["one", "two"]).await;
    let theirs = r#"{"versionAliases":{"blue":"1"},"annotations":{"team":"routing"}}"#;
    by_hand(&world, "PATCH", "secrets/a?updateMask=versionAliases,annotations", theirs).await;
    let store = world.store();
    let two = store.read(&entry("a"), Stage::Current).await.expect("newest").version;
    let three = put(&store, "a", "three").await;
    store.promote(&entry("a"), &three, Some(&two)).await.expect("the version that was read without an alias");
    let kept = by_hand(&world, "GET", "secrets/a", "").await;
    for said in [r#""blue":"1""#, r#""team":"routing""#, r#""current":"3""#, r#""previous":"2""#] {
        assert!(kept.contains(said), "{said} in {kept}");
    }
    assert!(!kept.contains("pending"), "{kept}");
}

#[tokio::test]
async fn what_falls_off_is_disabled_and_not_destroyed() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = promoted(&store, "a", "two", Some(&one)).await;
    promoted(&store, "a", "three", Some(&two)).await;
    assert!(state_of(&world, 1).await.contains("DISABLED"), "it fell off by the second promotion after it");
    assert!(state_of(&world, 2).await.contains("ENABLED"), "previous stays readable");
    store.discard(&entry("a"), &two).await.expect("discarded");
    assert!(state_of(&world, 2).await.contains("DISABLED"));
    let four = put(&store, "a", "four").await;
    put(&store, "a", "five").await;
    assert!(state_of(&world, 4).await.contains("DISABLED"), "a replaced pending version");
    store.discard(&entry("a"), &four).await.expect("gone already");
    assert!(world.asked().iter().all(|asked| !asked.contains("destroy")));
}

#[tokio::test]
async fn a_version_that_cannot_be_disabled_does_not_undo_the_promotion() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = promoted(&store, "a", "two", Some(&one)).await;
    world.google.deny("secretmanager.versions.disable");
    promoted(&store, "a", "three", Some(&two)).await;
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("three"));
}

#[tokio::test]
async fn a_value_is_sent_with_its_checksum() {
    let world = world().await;
    put(&world.store(), "a", "one").await;
    assert!(state_of(&world, 1).await.contains(r#""clientSpecifiedPayloadChecksum":true"#));
}

#[tokio::test]
async fn values_of_no_byte_and_of_too_many_are_refused_before_anything_is_written() {
    let world = world().await;
    let store = world.store();
    for value in [Vec::new(), vec![b'x'; 64 * 1024 + 1]] {
        let fault = store.put_pending(&entry("a"), Secret::new(value)).await.expect_err("not of a size");
        assert_eq!(fault.code(), FaultCode::StoreUnwritable);
        assert!(fault.detail().contains("65536"), "{}", shown(&fault));
    }
    assert!(world.asked().is_empty());
}

async fn state_of(world: &super::World, number: u32) -> String {
    by_hand(world, "GET", &format!("secrets/a/versions/{number}"), "").await
}

fn etag_mismatch() -> Reply {
    let body = r#"{"error":{"code":400,"message":"etag canary","status":"FAILED_PRECONDITION"}}"#;
    Reply::bytes(400, body).with("content-type", "application/json")
}
