//! One encrypted file with every entry: the store for machines without a cloud.
//!
//! ```text
//!   read:   read the file ─▶ header ─▶ key ─▶ open ─▶ entries            (no lock: a write replaces the file in one step)
//!   write:  lock ─▶ read again ─▶ change ─▶ seal with a fresh nonce ─▶ replace ─▶ unlock
//! ```
//!
//! A missing file is an empty store; the first write creates it with mode 0600. File work and key derivation run on tokio's blocking
//! threads, so a slow disk or Argon2id never holds up the thread that runs other futures; outside a runtime they run in place.
//!
//! # What it does not protect against
//!
//! Whoever can read both the file and its key, or the memory of the process. Whoever can write the file can put an older copy of it
//! back: a single file cannot tell that it is not the newest. Its length tells roughly how much it holds.

mod content;
mod header;
mod key;
mod lock;
mod seal;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hallpass_core::sync::Arc;
use hallpass_core::{
    BoxFuture, Clock, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Randomness, Secret, Sleep,
    Stage, Store, StoreTraits, StoredSecret, Version,
};

use tokio::sync::Semaphore;

pub use header::PassphraseCost;
pub use key::LocalKey;

use crate::blocking::off_thread;
use crate::owner_only::{self, shown};
use crate::shelf::{Change, Shelf};
use header::{Header, NONCE, Refusal, SALT};
use key::KeySource;
use lock::WriterLock;
use seal::Keys;
use write::RealDisk;

/// Keeps entries in one encrypted file. Any number of handles, in any number of processes, may share the file.
#[derive(Clone, Debug)]
pub struct LocalStore {
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    patience: Duration,
    cost: PassphraseCost,
    /// How many reads are under way.
    turns: Arc<Semaphore>,
}

impl LocalStore {
    /// The store in the file at `path`, which need not exist yet; its directory must. Nothing is read or written here.
    #[must_use]
    pub fn at(
        path: impl Into<PathBuf>,
        key: LocalKey,
        clock: Arc<dyn Clock>,
        sleep: Arc<dyn Sleep>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        let (path, key) = (path.into(), KeySource::new(key));
        let vault = Arc::new(Vault { path, key, randomness });
        let turns = Arc::new(Semaphore::new(READERS));
        Self { vault, clock, sleep, patience: PATIENCE, cost: PassphraseCost::DEFAULT, turns }
    }

    /// The same store, waiting at most `patience` for another writer instead of ten seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same store; if it is created with a passphrase, then at this cost. A store that exists keeps the cost it was created with.
    #[must_use]
    pub fn with_cost(self, cost: PassphraseCost) -> Self {
        Self { cost, ..self }
    }

    async fn reading<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Shelf, &Path) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        // The turn goes with the work: a future that is dropped leaves its thread busy to the end. Nobody closes the semaphore.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        let vault = Arc::clone(&self.vault);
        off_thread(move || {
            let _turn = turn;
            look(&vault.load()?.0, &vault.path)
        })
        .await
    }

    /// Once the lock is held the change runs to its end even if this future is dropped; the lock goes with it.
    async fn writing<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Shelf, &Vault) -> Result<(T, Change), Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let vault = Arc::clone(&self.vault);
        let path = off_thread(move || vault.real_path()).await?;
        let lock = WriterLock::acquire(&path, self.patience, &*self.clock, &*self.sleep).await?;
        let (vault, cost) = (Arc::clone(&self.vault), self.cost);
        off_thread(move || {
            let _held = lock;
            let (mut shelf, header) = vault.load()?;
            let (done, changed) = change(&mut shelf, &vault)?;
            if changed == Change::Made {
                vault.save(&path, &shelf, header, cost)?;
            }
            Ok(done)
        })
        .await
    }
}

impl Store for LocalStore {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "local", writable: true, compare_and_set: CompareAndSet::Own }
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        let entry = entry.clone();
        Box::pin(self.reading(move |shelf, path| {
            shelf.read(&entry, stage).map_err(|fault| {
                let hint = format!("store it with `hallpass secret put`; the store is {}", shown(path));
                fault.with_hint(hint)
            })
        }))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(self.reading(|shelf, _| Ok(shelf.list())))
    }

    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        Box::pin(self.reading(|shelf, _| Ok(Some(shelf.names()))))
    }

    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        let (entry, clock) = (entry.clone(), Arc::clone(&self.clock));
        Box::pin(self.writing(move |shelf, vault| {
            let mint = |count| vault.version(count);
            Ok((shelf.put_pending(&entry, value, clock.now().wall, mint), Change::Made))
        }))
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        let (entry, pending, expected) = (entry.clone(), pending.clone(), expected.cloned());
        Box::pin(self.writing(move |shelf, _| Ok(((), shelf.promote(&entry, &pending, expected.as_ref())?))))
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        let (entry, version) = (entry.clone(), version.clone());
        Box::pin(self.writing(move |shelf, _| Ok(((), shelf.discard(&entry, &version)?))))
    }
}

/// The file and what opens it. Everything here blocks.
#[derive(Debug)]
struct Vault {
    path: PathBuf,
    key: KeySource,
    randomness: Arc<dyn Randomness>,
}

impl Vault {
    /// What is there now. The header is `None` while there is no file.
    fn load(&self) -> Result<(Shelf, Option<Header>), Fault> {
        let Some(file) = owner_only::read(&self.path, LIMIT)? else { return Ok((Shelf::default(), None)) };
        let refused = |refusal| self.refused(refusal);
        let (header, body) = Header::parse(&file).map_err(refused)?;
        let root = self.key.root(&self.path, header.derivation, &header.salt)?;
        let plain = seal::open(&header, body, &Keys::expand(&root, &header.salt)).map_err(refused)?;
        Ok((content::decode(&plain).map_err(refused)?, Some(header)))
    }

    /// Replaces the file at `path`. Salt and derivation stay as they were, so that a passphrase is derived once per process.
    fn save(
        &self,
        path: &Path,
        shelf: &Shelf,
        before: Option<Header>,
        cost: PassphraseCost,
    ) -> Result<(), Fault> {
        let (derivation, salt) = match before {
            Some(header) => (header.derivation, header.salt),
            None => (self.key.derivation(cost), self.draw::<SALT>()),
        };
        let root = self.key.root(&self.path, derivation, &salt)?;
        let keys = Keys::expand(&root, &salt);
        let header = Header { derivation, salt, nonce: self.draw::<NONCE>(), check: keys.check() };
        let file = seal::seal(&header, &keys, &content::encode(shelf));
        if file.len() as u64 > LIMIT {
            let detail = format!("{} would grow beyond {LIMIT} bytes", shown(path));
            return Err(
                Fault::new(FaultCode::StoreUnwritable, detail).with_hint("remove entries or large values")
            );
        }
        write::replace(&RealDisk, path, &file)
    }

    /// Where the file really is: replacing a symbolic link would leave the file behind it as it was, and two names of one store
    /// would have two locks.
    fn real_path(&self) -> Result<PathBuf, Fault> {
        match self.path.canonicalize() {
            Ok(path) => Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.path.is_symlink() => {
                Ok(self.path.clone())
            }
            Err(error) => Err(Fault::new(FaultCode::StoreUnreadable, shown(&self.path)).with_source(error)),
        }
    }

    /// The count makes versions distinct; the random part keeps them so when a backup was put back and counted on.
    fn version(&self, count: u64) -> Version {
        let [a, b, c, d] = self.draw::<4>();
        Version::new(&format!("{count}-{a:02x}{b:02x}{c:02x}{d:02x}"))
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes);
        bytes
    }

    fn refused(&self, refusal: Refusal) -> Fault {
        let path = shown(&self.path);
        match refusal {
            Refusal::Damaged(why) => Fault::new(FaultCode::StoreCorrupted, format!("{path}: {why}")),
            Refusal::WrongKey(why) => Fault::new(FaultCode::StoreKeyWrong, format!("{path}: {why}")),
            Refusal::Newer(version) => {
                let detail = format!("{path} was written by a newer hallpass, in format {version}");
                Fault::new(FaultCode::StoreUnreadable, detail).with_hint("use that hallpass, or a newer one")
            }
        }
    }
}

/// How many reads are made at the same time. Each opens and decrypts the whole file, which is work for a processor; a gateway with hundreds of
/// integrations reads them all when it starts, and would otherwise have a thread for each.
const READERS: usize = 4;

/// For another writer, unless [`LocalStore::with_patience`] says otherwise: two writes over a slow network disk fit in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of the whole file, in bytes: room for eighty entries with three versions of the largest size that clouds take, and a bound on what
/// a wrong path can make us read.
const LIMIT: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{LocalKey, LocalStore, READERS};
    use hallpass_core::sync::Arc;
    use hallpass_core::test_support::{FixedRandomness, ManualTime};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_reads_at_once_take_a_few_threads() {
        let folder = tempfile::tempdir().unwrap();
        let time = Arc::new(ManualTime::starting_at(Duration::from_secs(1)));
        let path = folder.path().join("store");
        let key = LocalKey::File(folder.path().join("store.key"));
        let store = LocalStore::at(path, key, time.clone(), time, Arc::new(FixedRandomness(0.5)));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let reads: Vec<_> = (0..200)
            .map(|_| {
                let (store, running, most) = (store.clone(), Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(async move {
                    let look = move |_: &_, _: &_| {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    };
                    store.reading(look).await
                })
            })
            .collect();
        for read in reads {
            read.await.unwrap().unwrap();
        }
        assert!((1..=READERS).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    }
}
