//! The staged versions of every entry, and the rules by which they move.
//!
//! Pure: no file, no clock, no randomness. The memory store keeps one shelf, the encrypted file is one shelf at rest.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, StoredSecret, Version};

/// All entries of a store.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// How many values were ever put, so that no version is named twice.
    pub(crate) count: u64,
    /// The entries. None of them is empty.
    pub(crate) entries: BTreeMap<EntryName, Entry>,
}

/// One entry.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// What readers use.
    pub(crate) current: Option<Held>,
    /// What was CURRENT before.
    pub(crate) previous: Option<Held>,
    /// What may become CURRENT.
    pub(crate) pending: Option<Held>,
}

/// One value at one stage.
#[derive(Debug)]
pub(crate) struct Held {
    /// The value.
    pub(crate) value: Secret,
    /// Its version.
    pub(crate) version: Version,
    /// When it was put, since the Unix epoch.
    pub(crate) written: Duration,
}

/// Whether a change changed anything: what did not need not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It did.
    Made,
    /// Everything was so already.
    None,
}

impl Shelf {
    /// What [`hallpass_core::Store::read`] promises.
    pub(crate) fn read(&self, name: &EntryName, stage: Stage) -> Result<StoredSecret, Fault> {
        let entry = self.entries.get(name).ok_or_else(|| no_entry(name))?;
        let held = match stage {
            Stage::Current => &entry.current,
            Stage::Previous => &entry.previous,
            Stage::Pending => &entry.pending,
        };
        match held {
            Some(held) => Ok(StoredSecret { value: held.value.clone(), version: held.version.clone() }),
            None => Err(Fault::new(FaultCode::EntryNotFound, format!("`{name}` has no {}", in_words(stage)))),
        }
    }

    /// What [`hallpass_core::Store::list`] promises.
    pub(crate) fn list(&self) -> Vec<EntryInfo> {
        let version = |held: &Option<Held>| held.as_ref().map(|held| held.version.clone());
        let info = |(name, entry): (&EntryName, &Entry)| EntryInfo {
            name: name.clone(),
            current: version(&entry.current),
            previous: version(&entry.previous),
            pending: version(&entry.pending),
            written: entry.current.as_ref().map(|held| held.written),
        };
        self.entries.iter().map(info).collect()
    }

    pub(crate) fn names(&self) -> Vec<EntryName> {
        self.entries.keys().cloned().collect()
    }

    /// What [`hallpass_core::Store::put_pending`] promises. `mint` names the version from the count of values ever put.
    pub(crate) fn put_pending(
        &mut self,
        name: &EntryName,
        value: Secret,
        written: Duration,
        mint: impl FnOnce(u64) -> Version,
    ) -> Version {
        self.count += 1;
        let version = mint(self.count);
        let held = Held { value, version: version.clone(), written };
        self.entries.entry(name.clone()).or_default().pending = Some(held);
        version
    }

    /// What [`hallpass_core::Store::promote`] promises.
    pub(crate) fn promote(
        &mut self,
        name: &EntryName,
        pending: &Version,
        expected: Option<&Version>,
    ) -> Result<Change, Fault> {
        let entry = self.entries.get_mut(name).ok_or_else(|| no_entry(name))?;
        if is(&entry.current, pending) {
            return Ok(Change::None);
        }
        if !is(&entry.pending, pending) {
            return Err(conflict(name, "its pending version is another by now"));
        }
        if entry.current.as_ref().map(|held| &held.version) != expected {
            return Err(conflict(name, "its current version is another by now"));
        }
        let promoted = entry.pending.take();
        let replaced = std::mem::replace(&mut entry.current, promoted);
        // The first promotion replaces nothing, and then there is no PREVIOUS to lose either.
        entry.previous = replaced;
        Ok(Change::Made)
    }

    /// What [`hallpass_core::Store::discard`] promises. An entry without any version is gone.
    pub(crate) fn discard(&mut self, name: &EntryName, version: &Version) -> Result<Change, Fault> {
        let Some(entry) = self.entries.get_mut(name) else { return Ok(Change::None) };
        if is(&entry.current, version) {
            return Err(conflict(name, "that version is current"));
        }
        let gone = [&mut entry.previous, &mut entry.pending].into_iter().find(|held| is(held, version));
        let Some(gone) = gone else { return Ok(Change::None) };
        *gone = None;
        if entry.is_empty() {
            self.entries.remove(name);
        }
        Ok(Change::Made)
    }
}

impl Entry {
    /// Whether nothing is at any stage.
    pub(crate) fn is_empty(&self) -> bool {
        self.current.is_none() && self.previous.is_none() && self.pending.is_none()
    }
}

fn is(held: &Option<Held>, version: &Version) -> bool {
    held.as_ref().is_some_and(|held| held.version == *version)
}

fn no_entry(name: &EntryName) -> Fault {
    Fault::new(FaultCode::EntryNotFound, format!("`{name}`"))
}

fn conflict(name: &EntryName, why: &str) -> Fault {
    Fault::new(FaultCode::VersionConflict, format!("`{name}`: {why}"))
}

fn in_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Current => "current version",
        Stage::Previous => "previous version",
        Stage::Pending => "pending version",
    }
}
