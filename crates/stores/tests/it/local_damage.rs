//! The encrypted file damaged in every way a disk, an editor or an attacker can think of.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use hallpass_core::{FaultCode, Store};
use hallpass_stores::LocalStore;
use sha2::{Digest, Sha256};

use crate::fakes::{Folder, named, promote, read};

/// What a handle says of these bytes.
async fn code(folder: &Folder, store: &LocalStore, bytes: &[u8]) -> Option<FaultCode> {
    fs::write(folder.path("store"), bytes).unwrap();
    read(store, "a").await.err().map(|fault| fault.code())
}

/// Both kinds of key, each with a small store in a folder of its own.
async fn samples() -> [(Folder, LocalStore, Vec<u8>); 2] {
    let (one, two) = (Folder::new(), Folder::new());
    let (by_file, by_passphrase) = (one.store(), two.store_with("correct horse"));
    promote(&by_file, "a", "value").await;
    promote(&by_passphrase, "a", "value").await;
    let (file, passphrase) = (fs::read(one.path("store")).unwrap(), fs::read(two.path("store")).unwrap());
    [(one, by_file, file), (two, by_passphrase, passphrase)]
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_damage() {
    for (folder, store, good) in samples().await {
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(code(&folder, &store, &bad).await, Some(FaultCode::StoreCorrupted), "bit {bit}");
        }
        assert_eq!(code(&folder, &store, &good).await, None, "the undamaged file still opens");
    }
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_damage() {
    for (folder, store, good) in samples().await {
        for length in 0..good.len() {
            let found = code(&folder, &store, &good[..length]).await;
            assert_eq!(found, Some(FaultCode::StoreCorrupted), "{length} bytes");
        }
    }
}

#[tokio::test]
async fn trailing_bytes_are_damage() {
    for (folder, store, good) in samples().await {
        for extra in [&b"\n"[..], b"\0", b"hallpass-store", &good] {
            let bad = [&good, extra].concat();
            assert_eq!(code(&folder, &store, &bad).await, Some(FaultCode::StoreCorrupted));
        }
    }
}

#[tokio::test]
async fn a_damaged_store_is_not_written_over() {
    let folder = Folder::new();
    let store = folder.store();
    promote(&store, "a", "value").await;
    let mut bad = fs::read(folder.path("store")).unwrap();
    *bad.last_mut().unwrap() ^= 1;
    fs::write(folder.path("store"), &bad).unwrap();
    let fault = store.put_pending(&named("b"), "x".into()).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreCorrupted);
    assert!(fault.detail().contains("store"), "the path is named: {fault}");
    assert_eq!(fs::read(folder.path("store")).unwrap(), bad);
}

#[tokio::test]
async fn a_newer_format_is_no_damage() {
    let folder = Folder::new();
    let store = folder.store();
    promote(&store, "a", "value").await;
    let mut newer = fs::read(folder.path("store")).unwrap();
    newer[15] = 9;
    let sum = Sha256::digest(&newer[..88]);
    newer[88..96].copy_from_slice(&sum[..8]);
    fs::write(folder.path("store"), &newer).unwrap();
    let fault = read(&store, "a").await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnreadable);
    assert!(fault.detail().contains("newer hallpass, in format 9"), "{fault}");
    assert!(store.put_pending(&named("b"), "x".into()).await.is_err());
    assert_eq!(fs::read(folder.path("store")).unwrap(), newer, "what we cannot read we do not write over");
}

#[tokio::test]
async fn a_header_of_another_store_does_not_fit() {
    let [(folder, store, good), (_, _, other)] = samples().await;
    let mixed = [&other[..96], &good[96..]].concat();
    assert_eq!(code(&folder, &store, &mixed).await, Some(FaultCode::StoreKeyWrong), "it wants a passphrase");
    let earlier = good.clone();
    assert_eq!(code(&folder, &store, &good).await, None);
    promote(&store, "a", "value").await;
    let later = fs::read(folder.path("store")).unwrap();
    let mixed = [&earlier[..96], &later[96..]].concat();
    assert_eq!(code(&folder, &store, &mixed).await, Some(FaultCode::StoreCorrupted), "the nonce is another");
}

#[tokio::test]
async fn what_is_at_the_path_must_be_a_closed_regular_file() {
    let folder = Folder::new();
    let store = folder.store();
    promote(&store, "a", "value").await;
    let path = folder.path("store");
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600, "a store is created for its owner only");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let fault = read(&store, "a").await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::PermissionsTooOpen);
    assert!(fault.detail().contains("0640"), "{fault}");
    assert_eq!(
        store.put_pending(&named("a"), "x".into()).await.unwrap_err().code(),
        FaultCode::PermissionsTooOpen
    );

    fs::remove_file(&path).unwrap();
    symlink("/dev/null", &path).unwrap();
    assert_eq!(read(&store, "a").await.unwrap_err().code(), FaultCode::StoreUnreadable);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(read(&store, "a").await.unwrap_err().code(), FaultCode::StoreUnreadable);
}

#[tokio::test]
async fn a_missing_file_is_an_empty_store_and_named() {
    let folder = Folder::new();
    let store = folder.store();
    let fault = read(&store, "a").await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::EntryNotFound);
    assert!(fault.hint().contains(&folder.path("store").display().to_string()), "{}", fault.hint());
    assert!(!folder.path("store").exists(), "reading creates nothing");
}
