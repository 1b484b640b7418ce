//! One writer at a time, over all processes of the machine.
//!
//! The lock is an advisory one (`flock`) on a sibling file, because the store's own file is replaced at every write and a lock on
//! the old one would guard nothing. The sibling is never removed: between removing and creating it two writers could each hold
//! a lock of their own. The kernel releases the lock when its holder dies, however it dies.
//!
//! There is no lock with a deadline in the operating system, and one that waits without is a thread that nobody can stop. So the
//! lock is tried, and tried again after a short sleep of the caller's own kind, until the deadline.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hallpass_core::{Clock, Fault, FaultCode, Sleep};
use rustix::fs::OFlags;

use crate::blocking::off_thread;
use crate::owner_only::{adopt_owner, shown};

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(super) struct WriterLock {
    /// Closing it is what releases the lock.
    _file: File,
}

impl WriterLock {
    /// Waits at most `patience` for the lock that guards `store`. Dropping the future gives up the wait and holds nothing.
    ///
    /// # Errors
    /// `store-locked`, naming the lock file, at the deadline; `store-unwritable` when there is no place for the lock file.
    pub(super) async fn acquire(
        store: &Path,
        patience: Duration,
        clock: &dyn Clock,
        sleep: &dyn Sleep,
    ) -> Result<Self, Fault> {
        let deadline = clock.now().deadline(patience);
        loop {
            let store = store.to_owned();
            let attempt = off_thread(move || attempt(&store)).await?;
            let path = match attempt {
                Attempt::Locked(file) => return Ok(Self { _file: file }),
                Attempt::Busy(path) => path,
            };
            let now = clock.now();
            if deadline.reached(now) {
                let detail = format!("{} is still held by another writer", shown(&path));
                return Err(Fault::new(FaultCode::StoreLocked, detail).with_retry_after(patience));
            }
            sleep.sleep(PAUSE.min(deadline.remaining(now))).await;
        }
    }
}

/// The lock file of the store at `store`.
pub(super) fn path_beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

enum Attempt {
    Locked(File),
    Busy(PathBuf),
}

fn attempt(store: &Path) -> Result<Attempt, Fault> {
    let path = path_beside(store);
    let unwritable = |error| {
        Fault::new(FaultCode::StoreUnwritable, format!("the lock file {}", shown(&path))).with_source(error)
    };
    // A link in the lock's place would create a file wherever it points.
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).expect("the flag is one of the lowest 31 bits");
    let open =
        OpenOptions::new().read(true).write(true).create(true).mode(0o600).custom_flags(flags).open(&path);
    let file = open.and_then(|file| adopt_owner(&file, store).map(|()| file)).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(Attempt::Locked(file)),
        Err(TryLockError::WouldBlock) => Ok(Attempt::Busy(path)),
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

/// Between two attempts. A write holds the lock for a few milliseconds, and a person waits for the command that needs it.
const PAUSE: Duration = Duration::from_millis(25);
