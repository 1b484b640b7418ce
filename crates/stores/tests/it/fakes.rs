//! Time, sleep and randomness that tests hold in their hands.

use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditSink};
use hallpass_core::test_support::ManualTime;
use hallpass_core::{BoxFuture, EntryName, Fault, Randomness, Secret, Sleep, Store, Version};
use hallpass_stores::{LocalKey, LocalStore, PassphraseCost};
use tempfile::TempDir;

/// Ends every sleep at once, lets others run meanwhile, and lets no time pass.
#[derive(Debug)]
pub(crate) struct Yielding;

impl Sleep for Yielding {
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

/// Ends every sleep at once after moving the clock by it; `then` hears how many there were.
pub(crate) struct Stepping<F>(pub(crate) ManualTime, pub(crate) AtomicU64, pub(crate) F);

impl<F> std::fmt::Debug for Stepping<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stepping")
    }
}

impl<F: Fn(u64) + Send + Sync> Sleep for Stepping<F> {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        assert!(!duration.is_zero(), "a sleep of nothing is a busy loop");
        self.0.advance(duration);
        (self.2)(self.1.fetch_add(1, Ordering::SeqCst) + 1);
        Box::pin(ready(()))
    }
}

/// Bytes that never repeat in this process, and are fit for nothing but tests.
#[derive(Debug)]
pub(crate) struct Counting;

impl Randomness for Counting {
    fn unit(&self) -> f64 {
        0.5
    }

    fn fill(&self, bytes: &mut [u8]) {
        static DRAWS: AtomicU64 = AtomicU64::new(0);
        for chunk in bytes.chunks_mut(8) {
            let mut mixed =
                DRAWS.fetch_add(1, Ordering::SeqCst).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Keeps the lines, or refuses them.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) refuses: std::sync::atomic::AtomicBool,
}

impl AuditSink for Collected {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(Fault::new(hallpass_core::FaultCode::AuditUnwritable, ""));
        }
        self.lines.lock().unwrap().push(event.line());
        Ok(())
    }
}

/// A folder with a key file and room for a store.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        LocalKey::create_file(&folder.path("key"), &Counting).unwrap();
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A new handle on the store, opened with the key file.
    pub(crate) fn store(&self) -> LocalStore {
        store_at(&self.path("store"), LocalKey::File(self.path("key")))
    }

    /// A new handle on the store, opened with this passphrase.
    pub(crate) fn store_with(&self, passphrase: &str) -> LocalStore {
        store_at(&self.path("store"), LocalKey::Passphrase(Secret::from(passphrase)))
    }
}

/// A handle whose waits take no time.
pub(crate) fn store_at(path: &Path, key: LocalKey) -> LocalStore {
    let cheap = PassphraseCost::new(7 * 1024, 1, 1).unwrap();
    LocalStore::at(path, key, Arc::new(ManualTime::default()), Arc::new(Yielding), Arc::new(Counting))
        .with_cost(cheap)
}

pub(crate) fn named(name: &str) -> EntryName {
    name.parse().unwrap()
}

/// Puts `value` and makes it CURRENT, whatever was.
pub(crate) async fn promote(store: &dyn Store, name: &str, value: &str) -> Version {
    let current =
        store.read(&named(name), hallpass_core::Stage::Current).await.ok().map(|stored| stored.version);
    let pending = store.put_pending(&named(name), Secret::from(value)).await.unwrap();
    store.promote(&named(name), &pending, current.as_ref()).await.unwrap();
    pending
}

/// The text of an entry's CURRENT.
pub(crate) async fn read(store: &dyn Store, name: &str) -> Result<String, Fault> {
    let stored = store.read(&named(name), hallpass_core::Stage::Current).await?;
    Ok(stored.value.expose_str().unwrap().to_owned())
}

/// Everything a fault can be made to say.
pub(crate) fn said(fault: &Fault) -> String {
    let mut text = format!("{fault} {fault:?} {}", fault.hint());
    let mut source = std::error::Error::source(fault);
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}
