//! Where a client's secret comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::clouds::Clouds;
use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Fingerprint, Secret, Stage, Store,
    StoreTraits, StoredSecret, Version,
};
use hallpass_outbound::{OsRandomness, SystemClock, TokioSleep};
use hallpass_stores::{EnvStore, FileStore, LocalKey, LocalStore, Reference, Scheme};

/// One place of a secret, as it was described.
#[derive(Clone)]
pub(super) enum SecretSource {
    /// A reference such as `env:QUEUE_SYNC`.
    Reference(String),
    /// An entry of a store.
    In(Arc<dyn Store>, String),
    /// The stored value itself.
    Value(Secret),
}

/// What references are relative to.
pub(super) struct Surroundings<'a> {
    pub(super) local: Option<&'a Arc<dyn Store>>,
    pub(super) folder: &'a Path,
    pub(super) clouds: &'a Clouds,
}

impl SecretSource {
    /// The store and the entry in it.
    pub(super) fn open(&self, around: &Surroundings<'_>) -> Result<(Arc<dyn Store>, EntryName), Fault> {
        match self {
            Self::In(store, entry) => Ok((Arc::clone(store), entry.parse()?)),
            Self::Value(value) => Ok((Arc::new(Given(value.clone())), "given".parse()?)),
            Self::Reference(text) => {
                let reference = Reference::parse(text)?;
                Ok((store_of(&reference, around)?, reference.entry))
            }
        }
    }

    /// Whether both mean the same place. Stores are the same when they are one: two handles may hold different things.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Reference(one), Self::Reference(two)) => one == two,
            (Self::In(store, entry), Self::In(other, its)) => {
                std::ptr::addr_eq(Arc::as_ptr(store), Arc::as_ptr(other)) && entry == its
            }
            (Self::Value(one), Self::Value(two)) => one == two,
            _ => false,
        }
    }
}

fn store_of(reference: &Reference, around: &Surroundings<'_>) -> Result<Arc<dyn Store>, Fault> {
    match reference.scheme {
        Scheme::Env => Ok(Arc::new(EnvStore::over(Arc::new(variable)))),
        Scheme::File => Ok(Arc::new(FileStore::relative_to(around.folder))),
        Scheme::Local => around.local.cloned().ok_or_else(|| {
            Fault::new(FaultCode::ConfigurationInvalid, "a `local:` reference without a local store")
                .with_hint("name the encrypted file with `local_store`")
        }),
        _ => around.clouds.of(reference),
    }
}

/// The environment of the process.
#[expect(
    clippy::disallowed_methods,
    reason = "only what a reference names is read, and what a cloud says of itself"
)]
pub(super) fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The encrypted file at `path`, opened with `key`. Nothing is read before it is needed; the file is shared with the `hallpass` command.
#[must_use]
pub fn local_store(path: impl AsRef<Path>, key: LocalKey) -> Arc<dyn Store> {
    let (clock, sleep) = (Arc::new(SystemClock::start()), Arc::new(TokioSleep));
    Arc::new(LocalStore::at(path.as_ref(), key, clock, sleep, Arc::new(OsRandomness)))
}

impl fmt::Debug for SecretSource {
    /// Nothing of a reference is printed: a secret pasted where a reference belongs is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reference(_) => "Reference",
            Self::In(..) => "In",
            Self::Value(_) => "Value",
        })
    }
}

/// A store of one value that never changes. Its version is the value's fingerprint.
#[derive(Debug)]
struct Given(Secret);

impl Store for Given {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "given", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            if stage != Stage::Current {
                return Err(Fault::new(FaultCode::EntryNotFound, "a given value has no other stage"));
            }
            let version = Fingerprint::of(entry.as_str().as_bytes(), self.0.expose()).to_string();
            Ok(StoredSecret { value: self.0.clone(), version: Version::new(&version) })
        })
    }

    /// Always empty: what is given has no name.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
