//! What opens the store: a key file or a passphrase.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use hallpass_core::sync::{Mutex, lock};
use hallpass_core::{Fault, FaultCode, Randomness, Secret};
use zeroize::Zeroizing;

use super::header::{Derivation, PassphraseCost, SALT};
use crate::owner_only::{self, shown};

/// Where the key of a [`super::LocalStore`] comes from.
#[derive(Debug)]
#[non_exhaustive]
pub enum LocalKey {
    /// A file of exactly 32 random bytes that only its owner may touch: see [`LocalKey::create_file`]. Quick to open.
    File(PathBuf),
    /// A passphrase. Slow to open on purpose, once per process.
    Passphrase(Secret),
}

impl LocalKey {
    /// Creates a key file with mode 0600 and returns once it is durable. An existing file is never overwritten: the stores it
    /// opens would be lost.
    ///
    /// If the process dies meanwhile a shorter file may stay behind, which no store accepts as a key; remove it and call again.
    ///
    /// # Errors
    /// `store-unwritable`, naming the path.
    pub fn create_file(path: &Path, randomness: &dyn Randomness) -> Result<(), Fault> {
        let unwritable = |error| {
            Fault::new(FaultCode::StoreUnwritable, format!("the key file {}", shown(path)))
                .with_hint("choose a path in a directory that exists, where no file is yet")
                .with_source(error)
        };
        let mut key = Zeroizing::new([0; ROOT]);
        randomness.fill(&mut *key);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unwritable)?;
        let written = file.write_all(&*key).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // What is left is useless, and in the way of a second attempt; that it stays is no further harm.
            drop(std::fs::remove_file(path));
            return Err(unwritable(error));
        }
        super::write::sync_parent(path).map_err(unwritable)
    }
}

/// A key source together with the one derivation it remembers.
#[derive(Debug)]
pub(super) struct KeySource {
    key: LocalKey,
    derived: Mutex<Option<Derived>>,
}

/// The 32 bytes from which a store's keys are expanded.
pub(super) type Root = Zeroizing<[u8; ROOT]>;

impl KeySource {
    /// A source over `key`.
    pub(super) fn new(key: LocalKey) -> Self {
        Self { key, derived: Mutex::default() }
    }

    /// How a store that is created now derives its key.
    pub(super) fn derivation(&self, cost: PassphraseCost) -> Derivation {
        match self.key {
            LocalKey::File(_) => Derivation::KeyFile,
            LocalKey::Passphrase(_) => Derivation::Passphrase(cost),
        }
    }

    /// The root for a store with this header. Blocks: it reads a file or runs Argon2id.
    ///
    /// # Errors
    /// `store-key-wrong` when the store wants the other kind of key; what the key file says otherwise.
    pub(super) fn root(
        &self,
        store: &Path,
        derivation: Derivation,
        salt: &[u8; SALT],
    ) -> Result<Root, Fault> {
        match (&self.key, derivation) {
            (LocalKey::File(path), Derivation::KeyFile) => read_key_file(path),
            (LocalKey::Passphrase(passphrase), Derivation::Passphrase(cost)) => {
                self.remembered(passphrase, cost, salt)
            }
            (LocalKey::File(_), Derivation::Passphrase(_)) => {
                Err(wrong_kind(store, "a passphrase", "a key file"))
            }
            (LocalKey::Passphrase(_), Derivation::KeyFile) => {
                Err(wrong_kind(store, "a key file", "a passphrase"))
            }
        }
    }

    /// The lock is held while deriving, so that readers who come together pay once, and once is all the memory there is.
    fn remembered(
        &self,
        passphrase: &Secret,
        cost: PassphraseCost,
        salt: &[u8; SALT],
    ) -> Result<Root, Fault> {
        let mut derived = lock(&self.derived);
        if let Some(known) = derived.as_ref().filter(|known| (known.cost, &known.salt) == (cost, salt)) {
            return Ok(known.root.clone());
        }
        let root = derive(passphrase, cost, salt)?;
        *derived = Some(Derived { cost, salt: *salt, root: root.clone() });
        Ok(root)
    }
}

struct Derived {
    cost: PassphraseCost,
    salt: [u8; SALT],
    root: Root,
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derived").field("cost", &self.cost).finish_non_exhaustive()
    }
}

fn read_key_file(path: &Path) -> Result<Root, Fault> {
    let Some(bytes) = owner_only::read(path, 4096)? else {
        let detail = format!("there is no key file {}", shown(path));
        return Err(Fault::new(FaultCode::StoreUnreadable, detail)
            .with_hint("restore the key file: a new one does not open a store that exists"));
    };
    let Ok(root) = <[u8; ROOT]>::try_from(bytes.as_slice()) else {
        let detail = format!("the key file {} has {} bytes instead of {ROOT}", shown(path), bytes.len());
        return Err(Fault::new(FaultCode::StoreKeyWrong, detail));
    };
    Ok(Zeroizing::new(root))
}

fn derive(passphrase: &Secret, cost: PassphraseCost, salt: &[u8; SALT]) -> Result<Root, Fault> {
    if passphrase.is_empty() {
        return Err(Fault::new(FaultCode::StoreKeyWrong, "the passphrase is empty"));
    }
    let params = Params::new(cost.memory_kib(), cost.passes(), cost.lanes(), Some(ROOT))
        .expect("the bounds of a passphrase's cost lie within those of Argon2");
    let mut root = Zeroizing::new([0; ROOT]);
    let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        passphrase.expose(),
        salt,
        &mut *root,
    );
    match done {
        Ok(()) => Ok(root),
        // With bounds and lengths settled, memory is all that can be missing.
        Err(_) => {
            let detail = format!("no {} KiB of memory to derive its key", cost.memory_kib());
            Err(Fault::new(FaultCode::StoreUnreadable, detail)
                .with_hint("use a key file where memory is scarce"))
        }
    }
}

fn wrong_kind(store: &Path, wanted: &str, given: &str) -> Fault {
    let detail = format!("{} opens with {wanted}, and {given} is configured", shown(store));
    Fault::new(FaultCode::StoreKeyWrong, detail)
}

/// Of a root, in bytes.
const ROOT: usize = 32;
