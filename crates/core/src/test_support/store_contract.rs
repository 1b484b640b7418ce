//! What every store promises, as one suite that every implementation passes.
//!
//! It tests against the documentation of [`Store`] alone and needs no runtime: the caller's test awaits it. Every part gets a store of
//! its own, so that a failure in one leaves nothing behind for the next.

mod steps;

use crate::fault::FaultCode;
use crate::names::{EntryName, Version};
use crate::secret::Secret;
use crate::store::{Stage, Store};
use crate::sync::Arc;
use steps::{at, code_of_read, conflicts, named, promoted, put};

/// Runs the whole suite. `make` yields a new, empty, writable store at every call.
///
/// # Panics
/// When the store breaks a promise, with the promise in words.
pub async fn writable(make: impl AsyncFn() -> Arc<dyn Store>) {
    writable_up_to(Capacity { bytes: usize::MAX, text_only: false }, make).await;
}

/// What a store can hold that somebody else limits. Whatever is beyond it must be refused with `store-unwritable`.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// The longest value, in bytes.
    pub bytes: usize,
    /// Whether a value must be UTF-8.
    pub text_only: bool,
}

/// Runs the whole suite for a store of limited capacity.
///
/// # Panics
/// When the store breaks a promise, with the promise in words.
pub async fn writable_up_to(capacity: Capacity, make: impl AsyncFn() -> Arc<dyn Store>) {
    assert!(make().await.traits().writable, "a writable store says so");
    absent_entries_are_not_found(&*make().await).await;
    what_was_promoted_is_read(&*make().await).await;
    pending_is_invisible_until_promoted(&*make().await).await;
    promotion_keeps_one_earlier_version(&*make().await).await;
    promotion_with_a_wrong_expectation_changes_nothing(&*make().await).await;
    promoting_twice_is_promoting_once(&*make().await).await;
    putting_twice_leaves_one_pending(&*make().await).await;
    discarding_takes_everything_but_current(&*make().await).await;
    entries_are_listed_in_order_and_without_values(&*make().await).await;
    values_survive_byte_for_byte(&*make().await, capacity).await;
    distinct_puts_have_distinct_versions(&*make().await).await;
    entries_do_not_touch_each_other(&*make().await).await;
}

/// Runs what a store promises that hallpass cannot write. `entry` exists in it and holds `expected`; no entry named
/// `STORE_CONTRACT_ABSENT` does.
///
/// # Panics
/// When the store breaks a promise, with the promise in words.
pub async fn read_only(store: Arc<dyn Store>, entry: &EntryName, expected: &Secret) {
    assert!(!store.traits().writable, "a read-only store says so");
    let first = store.read(entry, Stage::Current).await.expect("the entry is there");
    let second = store.read(entry, Stage::Current).await.expect("and there again");
    assert!(first.value == *expected, "the value is read byte for byte");
    assert_eq!(first.version, second.version, "equal content has an equal version");
    for stage in [Stage::Previous, Stage::Pending] {
        assert_eq!(code_of_read(&*store, entry, stage).await, FaultCode::EntryNotFound, "{stage:?}");
    }
    let absent = named("STORE_CONTRACT_ABSENT");
    assert_eq!(code_of_read(&*store, &absent, Stage::Current).await, FaultCode::EntryNotFound);

    let put = store.put_pending(entry, Secret::from("never")).await;
    assert_eq!(put.map_err(|fault| fault.code()), Err(FaultCode::StoreReadOnly));
    let promoted = store.promote(entry, &first.version, Some(&first.version)).await;
    assert_eq!(promoted.map_err(|fault| fault.code()), Err(FaultCode::StoreReadOnly));
    let discarded = store.discard(entry, &first.version).await;
    assert_eq!(discarded.map_err(|fault| fault.code()), Err(FaultCode::StoreReadOnly));

    let listed = store.list().await.expect("listing works");
    assert!(listed.is_sorted_by(|one, next| one.name < next.name), "the list is sorted by name");
    let listed = listed.into_iter().find(|info| info.name == *entry);
    assert!(listed.is_none_or(|info| info.current == Some(first.version)), "what is listed is what is read");
    let names = store.names().await.expect("so do names");
    assert!(names.is_none_or(|names| names.contains(entry)), "a store that tells names tells all of them");
}

impl Capacity {
    fn holds(self, value: &[u8]) -> bool {
        value.len() <= self.bytes && (!self.text_only || std::str::from_utf8(value).is_ok())
    }
}

async fn absent_entries_are_not_found(store: &dyn Store) {
    let (a, version) = (named("a"), Version::new("1"));
    for stage in [Stage::Current, Stage::Previous, Stage::Pending] {
        assert_eq!(code_of_read(store, &a, stage).await, FaultCode::EntryNotFound, "{stage:?}");
    }
    let promoted = store.promote(&a, &version, None).await.map_err(|fault| fault.code());
    assert_eq!(promoted, Err(FaultCode::EntryNotFound), "nothing can be promoted in an absent entry");
    store.discard(&a, &version).await.expect("discarding what is gone already succeeds");
    assert_eq!(store.list().await.expect("an empty store can be listed"), []);
    let names = store.names().await.expect("its names, too");
    assert!(names.is_none_or(|names| names.is_empty()), "an empty store has none");
}

async fn what_was_promoted_is_read(store: &dyn Store) {
    let version = promoted(store, "a", "one", None).await;
    let read = store.read(&named("a"), Stage::Current).await.expect("it was promoted");
    assert!(read.value == Secret::from("one"));
    assert_eq!(read.version, version, "a put names the version that is read");
}

async fn pending_is_invisible_until_promoted(store: &dyn Store) {
    let one = put(store, "a", "one").await;
    assert_eq!(
        code_of_read(store, &named("a"), Stage::Current).await,
        FaultCode::EntryNotFound,
        "pending is not current"
    );
    assert_eq!(at(store, "a", Stage::Pending).await.as_deref(), Some("one"));
    store.promote(&named("a"), &one, None).await.expect("there is no current yet");
    assert_eq!(at(store, "a", Stage::Pending).await, None, "promotion empties pending");

    put(store, "a", "two").await;
    assert_eq!(at(store, "a", Stage::Current).await.as_deref(), Some("one"), "a put leaves current alone");
}

async fn promotion_keeps_one_earlier_version(store: &dyn Store) {
    let one = promoted(store, "a", "one", None).await;
    let two = promoted(store, "a", "two", Some(&one)).await;
    assert_eq!(at(store, "a", Stage::Current).await.as_deref(), Some("two"));
    assert_eq!(at(store, "a", Stage::Previous).await.as_deref(), Some("one"));

    promoted(store, "a", "three", Some(&two)).await;
    assert_eq!(
        at(store, "a", Stage::Previous).await.as_deref(),
        Some("two"),
        "only one earlier version is kept"
    );
}

async fn promotion_with_a_wrong_expectation_changes_nothing(store: &dyn Store) {
    let a = named("a");
    let one = put(store, "a", "one").await;
    let stranger = Version::new("stranger");
    conflicts(store, &one, Some(&stranger), "there is no current yet").await;
    conflicts(store, &stranger, None, "that version is not pending").await;
    store.promote(&a, &one, None).await.expect("the right expectation");

    let two = put(store, "a", "two").await;
    let before = store.list().await.expect("listed");
    conflicts(store, &two, None, "there is a current by now").await;
    conflicts(store, &two, Some(&stranger), "current is another").await;
    conflicts(store, &two, Some(&two), "current is not what is pending").await;
    conflicts(store, &stranger, Some(&one), "pending is another").await;
    assert_eq!(store.list().await.expect("listed"), before, "a refused promotion changes nothing");
    store.promote(&a, &two, Some(&one)).await.expect("the right expectation still works");
}

async fn promoting_twice_is_promoting_once(store: &dyn Store) {
    let a = named("a");
    let one = promoted(store, "a", "one", None).await;
    let two = promoted(store, "a", "two", Some(&one)).await;
    let before = store.list().await.expect("listed");
    store.promote(&a, &two, Some(&one)).await.expect("calling again after success succeeds");
    assert_eq!(store.list().await.expect("listed"), before);

    put(store, "a", "three").await;
    store.promote(&a, &two, Some(&one)).await.expect("also when something else is pending by now");
    assert_eq!(at(store, "a", Stage::Previous).await.as_deref(), Some("one"));
    assert_eq!(at(store, "a", Stage::Pending).await.as_deref(), Some("three"));
}

async fn putting_twice_leaves_one_pending(store: &dyn Store) {
    let first = put(store, "a", "one").await;
    let second = put(store, "a", "two").await;
    assert_eq!(at(store, "a", Stage::Pending).await.as_deref(), Some("two"));
    conflicts(store, &first, None, "the first pending was replaced").await;
    store.promote(&named("a"), &second, None).await.expect("the second is pending");
    assert_eq!(at(store, "a", Stage::Previous).await, None, "a replaced pending is not a previous version");
}

async fn discarding_takes_everything_but_current(store: &dyn Store) {
    let a = named("a");
    let one = promoted(store, "a", "one", None).await;
    let two = promoted(store, "a", "two", Some(&one)).await;
    let three = put(store, "a", "three").await;
    let refused = store.discard(&a, &two).await.map_err(|fault| fault.code());
    assert_eq!(refused, Err(FaultCode::VersionConflict), "current is never discarded");
    assert_eq!(at(store, "a", Stage::Current).await.as_deref(), Some("two"));

    for version in [&three, &three, &one, &one, &Version::new("stranger")] {
        store.discard(&a, version).await.expect("discarding, and discarding again, succeeds");
    }
    assert_eq!(at(store, "a", Stage::Pending).await, None);
    assert_eq!(at(store, "a", Stage::Previous).await, None);
    assert_eq!(at(store, "a", Stage::Current).await.as_deref(), Some("two"));

    let lone = put(store, "b", "lone").await;
    store.discard(&named("b"), &lone).await.expect("the only version may be pending");
    assert_eq!(code_of_read(store, &named("b"), Stage::Pending).await, FaultCode::EntryNotFound);
}

async fn entries_are_listed_in_order_and_without_values(store: &dyn Store) {
    let c = promoted(store, "c", "canary-c", None).await;
    let c2 = promoted(store, "c", "canary-c2", Some(&c)).await;
    let a = put(store, "a", "canary-a").await;
    let b = promoted(store, "b", "canary-b", None).await;
    let listed = store.list().await.expect("listed");
    let names: Vec<_> = listed.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"], "the list is sorted by name");
    if let Some(names) = store.names().await.expect("names are told") {
        assert_eq!(names, ["a", "b", "c"].map(named), "names alone are those of the list");
    }
    let stages: Vec<_> = listed.iter().map(|info| [&info.current, &info.previous, &info.pending]).collect();
    let expected = [[&None, &None, &Some(a)], [&Some(b), &None, &None], [&Some(c2), &Some(c), &None]];
    assert_eq!(stages, expected, "every stage names its version");
    assert_eq!(listed[0].written, None, "what was never promoted has no current to date");
    let text = format!("{listed:?} {store:?}");
    assert!(!text.contains("canary"), "neither the list nor the store prints a value");
}

async fn values_survive_byte_for_byte(store: &dyn Store, capacity: Capacity) {
    let large: Vec<u8> =
        (0..64 * 1024).map(|index: u32| index.to_le_bytes()[1] ^ index.to_le_bytes()[0]).collect();
    let values: [&[u8]; 10] = [
        b"id:secret",
        b"100%25%",
        b"a+b c&d=e",
        b"line\nend\r\n",
        "emoji \u{1f511} \u{fe0f}".as_bytes(),
        b"nul \0 inside\0",
        br#"{"client_id":"x","client_secret":"\"\\"}"#,
        b" ",
        &[0xff, 0xfe, 0x00, 0x80],
        &large,
    ];
    for (index, value) in values.into_iter().enumerate() {
        let name = format!("entry-{index}");
        let put = store.put_pending(&named(&name), Secret::new(value.to_vec())).await;
        if !capacity.holds(value) {
            let refused = put.map_err(|fault| fault.code());
            assert_eq!(refused, Err(FaultCode::StoreUnwritable), "value {index} is refused, not changed");
            continue;
        }
        let pending = put.expect("put");
        store.promote(&named(&name), &pending, None).await.expect("promoted");
    }
    for (index, value) in values.into_iter().enumerate() {
        let name = format!("entry-{index}");
        if !capacity.holds(value) {
            let nothing = code_of_read(store, &named(&name), Stage::Pending).await;
            assert_eq!(nothing, FaultCode::EntryNotFound, "nothing of value {index} is left behind");
            continue;
        }
        let read = store.read(&named(&name), Stage::Current).await.expect("promoted before");
        assert!(read.value.expose() == value, "value {index} survives byte for byte");
    }
}

async fn distinct_puts_have_distinct_versions(store: &dyn Store) {
    let mut versions = Vec::new();
    for name in ["a", "a", "b", "b", "a"] {
        versions.push(put(store, name, "the same value").await);
    }
    let discarded = versions.last().expect("five were put").clone();
    store.discard(&named("a"), &discarded).await.expect("discarded");
    versions.push(put(store, "a", "the same value").await);
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), 6, "every put has a version of its own");
}

async fn entries_do_not_touch_each_other(store: &dyn Store) {
    let a = promoted(store, "a", "one", None).await;
    let b = promoted(store, "b", "two", None).await;
    let pending = put(store, "a", "three").await;
    let foreign = store.promote(&named("b"), &pending, Some(&b)).await.map_err(|fault| fault.code());
    assert_eq!(foreign, Err(FaultCode::VersionConflict), "a version belongs to its entry");
    store.discard(&named("b"), &pending).await.expect("it is not there, so it is gone");
    store.promote(&named("a"), &pending, Some(&a)).await.expect("it is still pending here");
    assert_eq!(at(store, "b", Stage::Current).await.as_deref(), Some("two"));
}
