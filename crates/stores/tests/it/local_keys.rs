//! Right keys, wrong keys, and keys that are none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use hallpass_core::{FaultCode, Secret, Store};
use hallpass_stores::{LocalKey, LocalStore};

use crate::fakes::{Counting, Folder, named, promote, read, said, store_at};

async fn code(store: &LocalStore) -> Option<FaultCode> {
    read(store, "a").await.err().map(|fault| fault.code())
}

#[tokio::test]
async fn a_wrong_key_is_told_from_damage() {
    let folder = Folder::new();
    promote(&folder.store(), "a", "value").await;
    LocalKey::create_file(&folder.path("other"), &Counting).unwrap();
    let other = store_at(&folder.path("store"), LocalKey::File(folder.path("other")));
    assert_eq!(code(&other).await, Some(FaultCode::StoreKeyWrong));
    assert_eq!(
        code(&folder.store_with("correct horse")).await,
        Some(FaultCode::StoreKeyWrong),
        "the other kind"
    );
    assert_eq!(code(&folder.store()).await, None);
}

#[tokio::test]
async fn a_wrong_passphrase_is_told_from_damage() {
    let folder = Folder::new();
    promote(&folder.store_with("correct horse"), "a", "value").await;
    for wrong in ["correct horse ", "Correct horse", "x", ""] {
        let store = folder.store_with(wrong);
        assert_eq!(code(&store).await, Some(FaultCode::StoreKeyWrong), "{wrong:?}");
    }
    assert_eq!(code(&folder.store()).await, Some(FaultCode::StoreKeyWrong), "the other kind");
    assert_eq!(code(&folder.store_with("correct horse")).await, None);
}

#[tokio::test]
async fn a_wrong_key_writes_nothing() {
    let folder = Folder::new();
    promote(&folder.store_with("correct horse"), "a", "value").await;
    let before = fs::read(folder.path("store")).unwrap();
    let wrong = folder.store_with("wrong");
    let fault = wrong.put_pending(&named("a"), Secret::from("x")).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreKeyWrong);
    assert_eq!(fs::read(folder.path("store")).unwrap(), before);
}

#[tokio::test]
async fn the_default_cost_opens_what_it_wrote_and_any_cost_opens_it_later() {
    let folder = Folder::new();
    let time = hallpass_core::test_support::ManualTime::default();
    let store = LocalStore::at(
        folder.path("store"),
        LocalKey::Passphrase(Secret::from("correct horse")),
        std::sync::Arc::new(time.clone()),
        std::sync::Arc::new(time),
        std::sync::Arc::new(Counting),
    );
    promote(&store, "a", "value").await;
    let header = fs::read(folder.path("store")).unwrap();
    assert_eq!(header[18..32], [2, 0, 0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1], "64 MiB, three passes, one lane");
    assert_eq!(read(&folder.store_with("correct horse"), "a").await.unwrap(), "value");
}

#[test]
fn a_key_file_is_created_once_and_for_its_owner_only() {
    let folder = Folder::new();
    let path = folder.path("key");
    let (key, mode) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions().mode());
    assert_eq!((key.len(), mode & 0o7777), (32, 0o600));
    let fault = LocalKey::create_file(&path, &Counting).unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnwritable);
    assert!(said(&fault).contains("exists"), "{}", said(&fault));
    assert_eq!(fs::read(&path).unwrap(), key, "the first key is still there");
    let fault = LocalKey::create_file(&folder.path("no/where"), &Counting).unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnwritable);
}

#[tokio::test]
async fn a_key_file_must_be_closed_whole_and_there() {
    let folder = Folder::new();
    let (store, path) = (folder.store(), folder.path("key"));
    promote(&store, "a", "value").await;
    let key = fs::read(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let fault = read(&store, "a").await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::PermissionsTooOpen);
    assert!(fault.detail().contains("key") && fault.detail().contains("0644"), "{fault}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for wrong in [&key[..31], &[&key[..], b"\n"].concat(), b""] {
        fs::write(&path, wrong).unwrap();
        let fault = read(&store, "a").await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreKeyWrong);
        assert!(fault.detail().contains("instead of 32"), "{fault}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(code(&store).await, Some(FaultCode::StoreUnreadable));
    fs::write(&path, &key).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(code(&store).await, None);
}

#[tokio::test]
async fn every_write_has_a_nonce_of_its_own_and_the_salt_stays() {
    let folder = Folder::new();
    let mut nonces = std::collections::BTreeSet::new();
    let mut salts = std::collections::BTreeSet::new();
    for round in 0..20 {
        promote(&folder.store(), "a", &round.to_string()).await;
        let file = fs::read(folder.path("store")).unwrap();
        salts.insert(file[32..48].to_vec());
        nonces.insert(file[48..72].to_vec());
    }
    assert_eq!((nonces.len(), salts.len()), (20, 1));
}
