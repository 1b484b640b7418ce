//! What the suite does again and again.

use crate::fault::FaultCode;
use crate::names::{EntryName, Version};
use crate::secret::Secret;
use crate::store::{Stage, Store};

pub(super) async fn conflicts(store: &dyn Store, pending: &Version, expected: Option<&Version>, why: &str) {
    let refused = store.promote(&named("a"), pending, expected).await.map_err(|fault| fault.code());
    assert_eq!(refused, Err(FaultCode::VersionConflict), "{why}");
}

pub(super) async fn promoted(
    store: &dyn Store,
    name: &str,
    value: &str,
    expected: Option<&Version>,
) -> Version {
    let pending = put(store, name, value).await;
    store.promote(&named(name), &pending, expected).await.expect("the right expectation");
    pending
}

pub(super) async fn put(store: &dyn Store, name: &str, value: &str) -> Version {
    store.put_pending(&named(name), Secret::from(value)).await.expect("a writable store takes a value")
}

pub(super) async fn at(store: &dyn Store, name: &str, stage: Stage) -> Option<String> {
    let read = store.read(&named(name), stage).await.ok()?;
    Some(read.value.expose_str().expect("the suite put text").to_owned())
}

pub(super) async fn code_of_read(store: &dyn Store, entry: &EntryName, stage: Stage) -> FaultCode {
    store.read(entry, stage).await.expect_err("there is nothing to read").code()
}

pub(super) fn named(name: &str) -> EntryName {
    name.parse().expect("the suite's names are entry names")
}
