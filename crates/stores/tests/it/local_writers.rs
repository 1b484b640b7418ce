//! Several writers on one encrypted file, writers that were interrupted, and places that cannot be written.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_core::test_support::ManualTime;
use hallpass_core::{FaultCode, Secret, Stage, Store};
use hallpass_stores::{LocalKey, LocalStore};

use crate::fakes::{Counting, Folder, Stepping, named, promote, read, store_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_lose_no_entry() {
    let folder = Arc::new(Folder::new());
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = folder.store();
            tokio::spawn(async move {
                for round in 0..5 {
                    promote(&store, &format!("entry-{writer}"), &format!("{writer}-{round}")).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let store = folder.store();
    assert_eq!(store.list().await.unwrap().len(), 8);
    for writer in 0..8 {
        let name = format!("entry-{writer}");
        assert_eq!(read(&store, &name).await.unwrap(), format!("{writer}-4"));
        let previous = store.read(&named(&name), Stage::Previous).await.unwrap();
        assert_eq!(previous.value, Secret::from(format!("{writer}-3")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_eight_writers_of_one_entry_exactly_one_wins() {
    let folder = Arc::new(Folder::new());
    let current = promote(&folder.store(), "a", "first").await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (store, current) = (folder.store(), current.clone());
            tokio::spawn(async move {
                let pending = store.put_pending(&named("a"), Secret::from(writer.to_string())).await.unwrap();
                store.promote(&named("a"), &pending, Some(&current)).await.map_err(|fault| fault.code())
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(()) => won += 1,
            Err(code) => assert_eq!(code, FaultCode::VersionConflict),
        }
    }
    assert_eq!(won, 1);
    let previous = folder.store().read(&named("a"), Stage::Previous).await.unwrap();
    assert_eq!(previous.version, current);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_never_see_half_a_write() {
    let folder = Arc::new(Folder::new());
    promote(&folder.store(), "a", &"0".repeat(5000)).await;
    let (writer, reader) = (folder.store(), folder.store());
    let writing = tokio::spawn(async move {
        for round in 1..40 {
            promote(&writer, "a", &round.to_string().repeat(5000)).await;
        }
    });
    while !writing.is_finished() {
        let value = read(&reader, "a").await.unwrap();
        let (digits, rest) = value.split_at(value.len() / 5000);
        assert!(rest.len() % 4999 == 0 && value == digits.repeat(5000));
    }
    writing.await.unwrap();
}

#[tokio::test]
async fn a_handle_sees_what_others_wrote() {
    let folder = Folder::new();
    let (one, two) = (folder.store_with("correct horse"), folder.store_with("correct horse"));
    promote(&one, "a", "1").await;
    promote(&two, "a", "2").await;
    promote(&one, "b", "3").await;
    assert_eq!(read(&one, "a").await.unwrap(), "2");
    assert_eq!(read(&two, "b").await.unwrap(), "3");
}

#[tokio::test]
async fn a_writer_who_waits_too_long_is_told_whom_to_look_for() {
    let folder = Folder::new();
    let (store, time, sleeps) = impatient(&folder, |_| ());
    let held = held(&folder.path("store.lock"));
    let fault = store.put_pending(&named("a"), Secret::from("x")).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreLocked);
    assert!(fault.detail().contains("store.lock"), "{fault}");
    let waited = hallpass_core::Clock::now(&time).monotonic;
    assert_eq!(waited, Duration::from_secs(1), "no longer than the patience, and no shorter");
    assert!(*sleeps.lock().unwrap() <= 50, "it sleeps between attempts");
    assert!(
        read(&store, "a").await.is_err_and(|fault| fault.code() == FaultCode::EntryNotFound),
        "readers do not wait"
    );
    drop(held);
    store.put_pending(&named("a"), Secret::from("x")).await.unwrap();
}

#[tokio::test]
async fn a_writer_goes_on_once_the_other_is_done() {
    let folder = Folder::new();
    let lock = Mutex::new(Some(held(&folder.path("store.lock"))));
    let (store, _, sleeps) = impatient(&folder, move |sleeps| {
        if sleeps == 3 {
            drop(lock.lock().unwrap().take());
        }
    });
    store.put_pending(&named("a"), Secret::from("x")).await.unwrap();
    assert_eq!(*sleeps.lock().unwrap(), 3);
}

#[tokio::test]
async fn another_process_holds_the_lock_too() {
    let folder = Folder::new();
    File::create(folder.path("store.lock")).unwrap();
    // `flock` of util-linux takes the lock, says so, and keeps it until its input ends.
    let mut other = std::process::Command::new("flock")
        .arg(folder.path("store.lock"))
        .args(["sh", "-c", "echo held; read line"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(other.stdout.take().unwrap()), &mut line)
        .unwrap();
    assert_eq!(line, "held\n");
    let (store, _, _) = impatient(&folder, |_| ());
    let fault = store.put_pending(&named("a"), Secret::from("x")).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreLocked);
    other.kill().unwrap();
    drop(other.stdin.take());
    other.wait().unwrap();
}

#[tokio::test]
async fn p30_leftovers_of_a_torn_write_are_neither_read_nor_in_the_way() {
    let folder = Folder::new();
    let store = folder.store();
    promote(&store, "a", "old").await;
    let old = fs::read(folder.path("store")).unwrap();
    store.put_pending(&named("a"), Secret::from("new")).await.unwrap();
    let new = fs::read(folder.path("store")).unwrap();
    for length in 0..=new.len() {
        fs::write(folder.path("store"), &old).unwrap();
        fs::write(folder.path("store.hallpass-new"), &new[..length]).unwrap();
        assert_eq!(read(&store, "a").await.unwrap(), "old", "{length} bytes");
        assert_eq!(store.list().await.unwrap()[0].pending, None);
        store.put_pending(&named("a"), Secret::from("next")).await.unwrap();
        assert!(!folder.path("store.hallpass-new").exists());
    }
}

#[tokio::test]
async fn a_dropped_writer_leaves_the_old_or_the_new_content_and_no_lock() {
    let folder = Folder::new();
    let store = folder.store();
    promote(&store, "a", "old").await;
    for polls in 0..12 {
        let entry = named("a");
        let mut writing = store.put_pending(&entry, Secret::from("new"));
        for _ in 0..polls {
            let waker = std::task::Context::from_waker(std::task::Waker::noop());
            if Future::poll(writing.as_mut(), &mut { waker }).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(writing);
        promote(&store, "b", "after").await;
        assert_eq!(read(&store, "a").await.unwrap(), "old");
    }
}

#[tokio::test]
async fn a_store_behind_a_link_stays_behind_it_and_has_one_lock() {
    let folder = Folder::new();
    fs::create_dir(folder.path("real")).unwrap();
    promote(&folder.store(), "a", "1").await;
    fs::rename(folder.path("store"), folder.path("real/store")).unwrap();
    symlink("real/store", folder.path("store")).unwrap();
    promote(&folder.store(), "a", "2").await;
    assert!(folder.path("store").is_symlink());
    assert!(folder.path("real/store.lock").exists());
    assert_eq!(fs::metadata(folder.path("real/store")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(read(&folder.store(), "a").await.unwrap(), "2");

    fs::remove_file(folder.path("real/store")).unwrap();
    let fault = folder.store().put_pending(&named("a"), Secret::from("x")).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnreadable, "a link to nothing is not replaced");
    assert!(folder.path("store").is_symlink());
}

#[tokio::test]
async fn where_nothing_can_be_created_the_store_is_unwritable() {
    let folder = Folder::new();
    fs::write(folder.path("file"), b"").unwrap();
    // Root may write into a directory of mode 0500, so these are places where not even root can create a file.
    let absent =
        [folder.path("no/store"), folder.path("file/store"), Path::new("/proc/hallpass-store").to_owned()];
    for path in absent {
        let store = store_at(&path, LocalKey::File(folder.path("key")));
        let fault = store.put_pending(&named("a"), Secret::from("x")).await.unwrap_err();
        let code = fault.code();
        assert!(
            matches!(code, FaultCode::StoreUnwritable | FaultCode::StoreUnreadable),
            "{}: {code:?}",
            path.display()
        );
        assert!(fault.detail().contains(path.to_str().unwrap()), "{fault}");
    }
}

#[tokio::test]
async fn a_store_keeps_its_owner_when_root_writes_it() {
    let folder = Folder::new();
    let path = folder.path("store");
    promote(&folder.store(), "a", "1").await;
    if std::os::unix::fs::chown(&path, Some(4321), Some(4322)).is_err() {
        // Only root can give files away, and only then is there anything to keep.
        return;
    }
    promote(&folder.store(), "a", "2").await;
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o777), (4321, 4322, 0o600));
}

#[tokio::test]
async fn a_store_does_not_grow_beyond_its_limit() {
    let folder = Folder::new();
    let store = folder.store();
    promote(&store, "a", "small").await;
    let large = Secret::new(vec![7; 16 * 1024 * 1024]);
    let fault = store.put_pending(&named("a"), large).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnwritable);
    assert_eq!(read(&store, "a").await.unwrap(), "small");
}

/// A handle that waits one second by a clock of its own, and how often it slept.
fn impatient(
    folder: &Folder,
    then: impl Fn(u64) + Send + Sync + 'static,
) -> (LocalStore, ManualTime, Arc<Mutex<u64>>) {
    let (time, sleeps) = (ManualTime::default(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&sleeps);
    let heard = move |count| {
        *counted.lock().unwrap() = count;
        then(count);
    };
    let sleep = Stepping(time.clone(), AtomicU64::new(0), heard);
    let key = LocalKey::File(folder.path("key"));
    let store = LocalStore::at(
        folder.path("store"),
        key,
        Arc::new(time.clone()),
        Arc::new(sleep),
        Arc::new(Counting),
    );
    (store.with_patience(Duration::from_secs(1)), time, sleeps)
}

/// The lock as another writer holds it: locks belong to the open file, so one process can be both.
fn held(path: &Path) -> File {
    let file = File::create(path).unwrap();
    file.lock().unwrap();
    file
}
