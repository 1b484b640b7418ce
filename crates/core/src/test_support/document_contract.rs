//! What every [`DocumentStore`] promises, as one suite that every implementation passes. It needs no runtime: the caller's test awaits it.

use crate::document_store::DocumentStore;
use crate::fault::FaultCode;
use crate::names::Version;
use crate::secret::Secret;
use crate::sync::Arc;

/// Runs the whole suite. `make` yields a new, empty place at every call.
///
/// # Panics
/// When a promise is broken, with the promise in words.
pub async fn replaceable(make: impl AsyncFn() -> Arc<dyn DocumentStore>) {
    what_was_written_is_read(&*make().await).await;
    a_wrong_expectation_changes_nothing(&*make().await).await;
    a_value_that_comes_back_has_another_version(&*make().await).await;
    values_survive_byte_for_byte(&*make().await).await;
}

async fn what_was_written_is_read(place: &dyn DocumentStore) {
    assert!(place.read().await.expect("an empty place is read").is_none(), "nothing is there at first");
    let one = replaced(place, "one", None).await;
    assert_eq!(
        read(place).await,
        ("one".to_owned(), one.clone()),
        "what was written is read, at its version"
    );
    let two = replaced(place, "two", Some(&one)).await;
    assert_ne!(one, two, "every write has a version of its own");
    assert_eq!(read(place).await, ("two".to_owned(), two), "the later write is read");
}

async fn a_wrong_expectation_changes_nothing(place: &dyn DocumentStore) {
    conflicts(place, Some(&Version::new("1"))).await;
    assert!(place.read().await.expect("it is read").is_none(), "a conflict makes nothing");
    let one = replaced(place, "one", None).await;
    conflicts(place, None).await;
    let two = replaced(place, "two", Some(&one)).await;
    conflicts(place, Some(&one)).await;
    conflicts(place, None).await;
    assert_eq!(read(place).await, ("two".to_owned(), two), "a conflict changes nothing");
}

async fn a_value_that_comes_back_has_another_version(place: &dyn DocumentStore) {
    let first = replaced(place, "one", None).await;
    let between = replaced(place, "two", Some(&first)).await;
    let again = replaced(place, "one", Some(&between)).await;
    assert_ne!(first, again, "a value that comes back is not mistaken for one that stayed");
    conflicts(place, Some(&first)).await;
    conflicts(place, Some(&between)).await;
}

async fn values_survive_byte_for_byte(place: &dyn DocumentStore) {
    let value = "{\"a\":\"b:%+= \u{1f511}\\n\\u0000\",\"c\":[1,null]}\r\n";
    let version = replaced(place, value, None).await;
    assert_eq!(read(place).await, (value.to_owned(), version), "bytes are kept as they are");
}

async fn replaced(place: &dyn DocumentStore, value: &str, expected: Option<&Version>) -> Version {
    place.replace(Secret::from(value), expected).await.expect("it is still as expected")
}

async fn conflicts(place: &dyn DocumentStore, expected: Option<&Version>) {
    let refused = place.replace(Secret::from("late"), expected).await;
    let code = refused.err().map(|fault| fault.code());
    assert_eq!(code, Some(FaultCode::VersionConflict), "expected {expected:?}: whoever is late loses");
}

async fn read(place: &dyn DocumentStore) -> (String, Version) {
    let stored = place.read().await.expect("it is read").expect("something is there");
    let text = stored.value.expose_str().expect("the suite writes text");
    (text.to_owned(), stored.version)
}
