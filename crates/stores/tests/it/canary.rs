//! What is secret appears nowhere but where it belongs.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use hallpass_core::test_support::ManualTime;
use hallpass_core::{Fault, Secret, Stage, Store};
use hallpass_stores::{EnvStore, FileStore, LocalKey, MemoryStore};

use crate::fakes::{Folder, named, promote, read, said};

const CANARY: &str = "canary-7f3a";

#[tokio::test]
async fn no_file_of_the_store_holds_a_secret_or_a_name() {
    let folder = Folder::new();
    let store = folder.store_with(CANARY);
    promote(&store, "the-name-of-the-entry", CANARY).await;
    promote(&store, "the-name-of-the-entry", &format!("{CANARY}-2")).await;
    store.put_pending(&named("the-name-of-the-entry"), Secret::from(CANARY)).await.unwrap();
    let mut files = 0;
    for file in fs::read_dir(folder.path("")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for needle in [CANARY.as_bytes(), b"the-name-of-the-entry"] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
        files += 1;
    }
    assert_eq!(files, 3, "the key file of the folder, the store and its lock");
}

#[tokio::test]
async fn no_store_prints_a_secret() {
    let folder = Folder::new();
    let local = folder.store_with(CANARY);
    promote(&local, "a", CANARY).await;
    read(&local, "a").await.unwrap();
    let memory = MemoryStore::new(Arc::new(ManualTime::default()));
    promote(&memory, "a", CANARY).await;
    let env = EnvStore::over(Arc::new(|_: &str| Some(OsString::from(CANARY))));
    fs::write(folder.path("file"), CANARY).unwrap();
    fs::set_permissions(folder.path("file"), fs::Permissions::from_mode(0o600)).unwrap();
    let file = FileStore::relative_to(folder.path(""));
    let stores: [(&dyn Store, &str); 4] = [(&local, "a"), (&memory, "a"), (&env, "A"), (&file, "file")];
    for (store, entry) in stores {
        let stored = store.read(&named(entry), Stage::Current).await.unwrap();
        assert_eq!(stored.value, Secret::from(CANARY));
        let text = format!("{store:?} {store:#?} {stored:?} {:?}", store.list().await.unwrap());
        assert!(!text.contains(CANARY), "{text}");
    }
    let key = LocalKey::Passphrase(Secret::from(CANARY));
    assert!(!format!("{key:?} {local:#?}").contains(CANARY));
}

#[tokio::test]
async fn no_fault_says_a_secret() {
    let folder = Folder::new();
    let store = folder.store_with(CANARY);
    promote(&store, "a", CANARY).await;
    let good = fs::read(folder.path("store")).unwrap();
    let mut faults: Vec<Fault> = Vec::new();
    for position in [0, 15, 20, 40, 60, 80, 90, 100, good.len() - 1] {
        let mut bad = good.clone();
        bad[position] ^= 0xff;
        fs::write(folder.path("store"), bad).unwrap();
        faults.extend(read(&store, "a").await.err());
    }
    fs::write(folder.path("store"), &good).unwrap();
    faults.extend(read(&folder.store_with(&format!("{CANARY}-wrong")), "a").await.err());
    faults.extend(read(&store, "b").await.err());
    let pending = store.put_pending(&named("a"), Secret::from(CANARY)).await.unwrap();
    faults.extend(store.promote(&named("a"), &pending, None).await.err());
    assert_eq!(faults.len(), 12);
    for fault in faults {
        assert!(!said(&fault).contains(CANARY), "{}", said(&fault));
    }
}
