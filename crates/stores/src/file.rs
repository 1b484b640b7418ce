//! Secrets in files of their own, where an orchestrator has mounted them.

use std::path::{Path, PathBuf};

use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits,
    StoredSecret,
};

use crate::blocking::off_thread;
use crate::env::{content_version, current_only};
use crate::owner_only;

/// Reads entries from files: the entry's name is the path. Read-only, and CURRENT only.
///
/// A file must be a regular one of at most 64 KiB that group and others cannot touch. Symbolic links are followed, because that
/// is how mounted secrets are swapped; the file at their end is the one that must pass.
#[derive(Debug)]
pub struct FileStore {
    directory: PathBuf,
}

impl FileStore {
    /// A store whose relative paths begin at `directory`, which is the one of the configuration file.
    #[must_use]
    pub fn relative_to(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }
}

impl Store for FileStore {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "file", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            if stage != Stage::Current {
                return Err(current_only("file"));
            }
            let (path, entry) = (self.directory.join(entry.as_str()), entry.clone());
            off_thread(move || value(&path, &entry)).await
        })
    }

    /// Always empty: a directory does not say which of its files are secrets.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn value(path: &Path, entry: &EntryName) -> Result<StoredSecret, Fault> {
    let Some(bytes) = owner_only::read(path, LIMIT)? else {
        let detail = format!("there is no file {}", owner_only::shown(path));
        return Err(Fault::new(FaultCode::EntryNotFound, detail)
            .with_hint("mount the file, or correct its path: it is relative to the configuration file"));
    };
    if bytes.is_empty() {
        let detail = format!("the file {} is empty", owner_only::shown(path));
        return Err(Fault::new(FaultCode::CredentialMalformed, detail));
    }
    let value = Secret::new(bytes.to_vec());
    let version = content_version(entry, &value);
    Ok(StoredSecret { value, version })
}

/// What the clouds take for one secret; whatever is larger is not one.
const LIMIT: u64 = 64 * 1024;
