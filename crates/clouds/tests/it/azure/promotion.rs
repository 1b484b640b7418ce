//! The steps of a promotion, of which each may be the last one that happens.

use hallpass_cloud_emulator::azure::{SET, UPDATE};
use hallpass_cloud_emulator::{Behaviour, Reply};
use hallpass_core::{FaultCode, Secret, Stage, Store};

use super::{Scene, at, named, promoted};

fn truths(count: usize) -> impl Iterator<Item = Behaviour> {
    std::iter::repeat_n(Behaviour::Truth, count)
}

#[tokio::test]
async fn a_crash_after_any_request_is_mended_by_repeating() {
    // As many requests as a promotion makes, and more.
    let mut survived = 0;
    for answered in 0.. {
        let scene = Scene::start().await;
        let store = scene.vault();
        let a = named("a");
        let one = promoted(&store, "a", "one", None).await;
        let two = promoted(&store, "a", "two", Some(&one)).await;
        let three = store.put_pending(&a, Secret::from("three")).await.unwrap();
        truths(answered).for_each(|truth| scene.azure.vault.next(truth));
        scene.azure.vault.always(Some(Behaviour::Reset));
        let first = store.promote(&a, &three, Some(&two)).await;
        scene.azure.vault.always(None);

        // Whatever happened, nobody reads anything but the old or the new value, and each with its own version.
        let read = store.read(&a, Stage::Current).await.unwrap();
        let expected = if read.version == three { "three" } else { "two" };
        assert!(read.value == Secret::from(expected), "after {answered} answers");
        let pending = at(&store, "a", Stage::Pending).await;
        assert_eq!(pending.is_some(), read.version == two, "it waits exactly until it is current");

        store.promote(&a, &three, Some(&two)).await.expect("repeating finishes it");
        assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("three"));
        assert_eq!(at(&store, "a", Stage::Previous).await.as_deref(), Some("two"));
        assert_eq!(at(&store, "a", Stage::Pending).await, None);
        let enabled = |value: &str| scene.azure.world.enabled_holding(value);
        assert_eq!([enabled("one"), enabled("two"), enabled("three")], [0, 1, 1]);
        if first.is_ok() {
            break;
        }
        survived += 1;
    }
    assert!(survived >= 8, "a promotion is {survived} requests");
}

#[tokio::test]
async fn what_an_interrupted_promotion_left_goes_with_the_next_discard() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    let two = store.put_pending(&named("a"), Secret::from("two")).await.unwrap();
    // List, read, read pending, write; then it dies, before PENDING is emptied.
    truths(4).for_each(|truth| scene.azure.vault.next(truth));
    scene.azure.vault.always(Some(Behaviour::Reset));
    store.promote(&named("a"), &two, Some(&one)).await.unwrap_err();
    scene.azure.vault.always(None);
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("two"));
    assert_eq!(scene.azure.world.enabled_holding("two"), 2, "CURRENT, and the copy that was pending");
    store.discard(&named("a"), &one).await.unwrap();
    assert_eq!(scene.azure.world.enabled_holding("two"), 1);
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("two"));
    assert_eq!(at(&store, "a", Stage::Previous).await, None);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_made_twice() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    let pending = store.put_pending(&named("a"), Secret::from("two")).await.unwrap();
    // List, read, read pending: then the write, which happens and whose answer says nothing of it.
    truths(3).for_each(|truth| scene.azure.vault.next(truth));
    scene.azure.vault.next(Behaviour::Answer(Reply::bytes(503, "")));
    let fault = store.promote(&named("a"), &pending, Some(&one)).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnreachable);
    let puts =
        scene.azure.vault.seen().iter().filter(|it| it.method == "PUT" && it.path == "/secrets/a").count();
    assert_eq!(puts, 2, "one for each promotion, and no repetition of its own");
}

#[tokio::test]
async fn who_is_overtaken_between_two_looks_is_told() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let a = named("a");
    let one = promoted(&store, "a", "one", None).await;
    let two = store.put_pending(&a, Secret::from("two")).await.unwrap();
    scene.azure.world.follow("a", "theirs");
    let fault = store.promote(&a, &two, Some(&one)).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::VersionConflict);
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("theirs"));
    assert_eq!(at(&store, "a", Stage::Pending).await.as_deref(), Some("two"), "it still waits");
}

#[tokio::test]
async fn a_look_that_is_behind_before_the_write_refuses_it_and_one_after_it_does_not() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let a = named("a");
    let one = promoted(&store, "a", "one", None).await;
    let two = promoted(&store, "a", "two", Some(&one)).await;
    let three = store.put_pending(&a, Secret::from("three")).await.unwrap();
    scene.azure.world.lag(1);
    let refused = store.promote(&a, &three, Some(&two)).await.unwrap_err();
    assert_eq!(refused.code(), FaultCode::VersionConflict);
    scene.azure.world.lag_after_write(1);
    store.promote(&a, &three, Some(&two)).await.expect("the write was acknowledged");
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("three"));
}

#[tokio::test]
async fn whoever_may_not_write_changes_nothing_and_learns_which_permission_it_takes() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    let two = store.put_pending(&named("a"), Secret::from("two")).await.unwrap();
    for action in [SET, UPDATE] {
        scene.azure.world.deny(action, hallpass_cloud_emulator::azure::Denial::Rbac);
        let fault = store.promote(&named("a"), &two, Some(&one)).await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreDenied);
        assert!(fault.detail().contains(action), "{fault}");
        scene.azure.world.allow_all();
    }
    store.promote(&named("a"), &two, Some(&one)).await.expect("half done before, finished now");
    assert_eq!(at(&store, "a", Stage::Previous).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_strangers_secret_under_the_pending_name_is_left_alone() {
    let scene = Scene::start().await;
    let store = scene.vault();
    scene.azure.world.plant("a-pending", "theirs");
    let fault = store.put_pending(&named("a"), Secret::from("mine")).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnwritable);
    assert_eq!(at(&store, "a", Stage::Pending).await, None);
    assert_eq!(scene.azure.world.enabled_holding("theirs"), 1);
    assert_eq!(store.list().await.unwrap(), [], "and it is no entry of ours");
}

#[tokio::test]
async fn a_strangers_new_version_is_current_and_can_be_built_upon() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    scene.azure.world.advance(1);
    scene.azure.world.plant("a", "theirs");
    let theirs = store.read(&named("a"), Stage::Current).await.unwrap();
    assert!(theirs.value == Secret::from("theirs") && theirs.version != one);
    assert_eq!(at(&store, "a", Stage::Previous).await.as_deref(), Some("one"));
    let two = store.put_pending(&named("a"), Secret::from("two")).await.unwrap();
    let stale = store.promote(&named("a"), &two, Some(&one)).await.unwrap_err();
    assert_eq!(stale.code(), FaultCode::VersionConflict);
    store.promote(&named("a"), &two, Some(&theirs.version)).await.unwrap();
    assert_eq!(at(&store, "a", Stage::Previous).await.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_look_that_is_behind_never_lets_current_be_discarded() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    let two = promoted(&store, "a", "two", Some(&one)).await;
    scene.azure.world.lag(1);
    let fault = store.discard(&named("a"), &two).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::VersionConflict);
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("two"));
}
