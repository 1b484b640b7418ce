//! Every store keeps the contract.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use hallpass_core::test_support::{ManualTime, store_contract};
use hallpass_core::{Secret, Store};
use hallpass_stores::{EnvStore, FileStore, MemoryStore};

use crate::fakes::{Folder, named};

const VALUE: &str = "a:b%25+ \n\u{1f511}\n";

#[tokio::test]
async fn memory_keeps_the_contract() {
    let make = async || Arc::new(MemoryStore::new(Arc::new(ManualTime::default()))) as Arc<dyn Store>;
    store_contract::writable(make).await;
}

#[tokio::test]
async fn local_with_a_key_file_keeps_the_contract() {
    let folders = Mutex::new(Vec::new());
    let make = async || {
        let folder = Folder::new();
        let store = folder.store();
        folders.lock().unwrap().push(folder);
        Arc::new(store) as Arc<dyn Store>
    };
    store_contract::writable(make).await;
}

#[tokio::test]
async fn local_with_a_passphrase_keeps_the_contract() {
    let folders = Mutex::new(Vec::new());
    let make = async || {
        let folder = Folder::new();
        let store = folder.store_with("correct horse");
        folders.lock().unwrap().push(folder);
        Arc::new(store) as Arc<dyn Store>
    };
    store_contract::writable(make).await;
}

#[tokio::test]
async fn env_keeps_the_contract() {
    let variables = |name: &str| (name == "QUEUE_SYNC").then(|| OsString::from(VALUE));
    let store = Arc::new(EnvStore::over(Arc::new(variables)));
    store_contract::read_only(store, &named("QUEUE_SYNC"), &Secret::from(VALUE)).await;
}

#[tokio::test]
async fn file_keeps_the_contract() {
    let folder = Folder::new();
    fs::write(folder.path("secret"), VALUE).unwrap();
    fs::set_permissions(folder.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let store = Arc::new(FileStore::relative_to(folder.path("")));
    store_contract::read_only(store, &named("secret"), &Secret::from(VALUE)).await;
}

#[test]
fn local_works_without_a_runtime() {
    use std::task::{Context, Poll, Waker};
    let folder = Folder::new();
    let store = folder.store();
    let entry = named("a");
    let mut future = store.list();
    let listed = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(listed, Poll::Ready(Ok(entries)) if entries.is_empty()));
    let mut future = store.put_pending(&entry, Secret::from("one"));
    assert!(matches!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(_))));
}
