//! Variables that are missing, odd or not variables at all.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use hallpass_core::{Fault, FaultCode, Stage, Store};
use hallpass_stores::EnvStore;

use crate::fakes::{named, said};

async fn refused(name: &str, value: Option<&[u8]>) -> Fault {
    let value = value.map(|bytes| OsString::from_vec(bytes.to_vec()));
    let store = EnvStore::over(Arc::new(move |_: &str| value.clone()));
    store.read(&named(name), Stage::Current).await.unwrap_err()
}

#[tokio::test]
async fn each_way_of_having_no_value_has_its_own_words() {
    let unset = refused("QUEUE_SYNC", None).await;
    assert_eq!(unset.code(), FaultCode::EntryNotFound);
    assert!(unset.detail().contains("`QUEUE_SYNC` is not set"), "{unset}");
    let empty = refused("QUEUE_SYNC", Some(b"")).await;
    assert_eq!(empty.code(), FaultCode::CredentialMalformed);
    assert!(empty.detail().contains("empty"), "{empty}");
    let bytes = refused("QUEUE_SYNC", Some(b"canary\xff")).await;
    assert_eq!(bytes.code(), FaultCode::CredentialMalformed);
    assert!(bytes.detail().contains("UTF-8") && !said(&bytes).contains("canary"), "{bytes}");
}

#[tokio::test]
async fn what_is_no_variables_name_is_not_echoed() {
    for name in ["canary-7f!", "7canary", "a=canary", "caf\u{e9}canary"] {
        let fault = refused(name, Some(b"x")).await;
        assert_eq!(fault.code(), FaultCode::ReferenceMalformed);
        assert!(!said(&fault).contains("canary"), "{fault}");
    }
}

#[tokio::test]
async fn the_variable_is_asked_at_every_read() {
    let count = std::sync::atomic::AtomicU64::new(0);
    let variables = move |_: &str| {
        Some(OsString::from(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst).to_string()))
    };
    let store = EnvStore::over(Arc::new(variables));
    let first = store.read(&named("A"), Stage::Current).await.unwrap();
    let second = store.read(&named("A"), Stage::Current).await.unwrap();
    assert_ne!(first.value, second.value);
    assert_ne!(first.version, second.version, "other content is another version");
}
