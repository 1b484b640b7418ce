//! The store: staged versions, with a history for replicas that lag.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits,
    StoredSecret, Version,
};
use hallpass_lifecycle::rotation::Document;

use super::Sim;

type Held = Option<(u64, Vec<u8>)>;

/// Where the document rests: beside the secret, or apart.
pub(super) const DOCUMENT: &str = "queue-sync.rotation";

/// One entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) current: Held,
    pub(crate) previous: Held,
    pub(crate) pending: Held,
    pub(crate) written: Duration,
}

/// All entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) entries: BTreeMap<String, Entry>,
    count: u64,
    /// For how long a look at CURRENT is behind a write of a vault.
    pub(crate) lag: Duration,
    /// What such a look sees, and until when.
    late: Option<(Duration, Held)>,
    /// What was CURRENT of the secret from when on.
    history: Vec<(Duration, Vec<u8>)>,
}

impl Shelf {
    pub(super) fn start_with(&mut self, name: &str, value: Vec<u8>, at: Duration) {
        let version = self.put(name, value);
        self.promote(name, version, None, at).unwrap();
    }

    /// What a replica shows that is as far behind as that.
    pub(super) fn current_at(&self, at: Duration) -> Option<&[u8]> {
        let past = self.history.iter().rev().find(|(from, _)| *from <= at);
        past.or(self.history.first()).map(|(_, value)| value.as_slice())
    }

    /// Somebody stores a value by hand.
    pub(crate) fn put_by_hand(&mut self, name: &str, value: Vec<u8>, at: Duration) {
        let version = self.put(name, value);
        let expected = self.entries[name].current.as_ref().map(|(version, _)| *version);
        self.promote(name, version, expected, at).unwrap();
    }

    /// Somebody leaves a value at PENDING.
    pub(crate) fn pend(&mut self, name: &str, value: Vec<u8>) {
        self.put(name, value);
    }

    /// The version of the secret that is CURRENT.
    pub(crate) fn current_version(&self) -> Option<Version> {
        let (version, _) = self.entries.get("queue-sync")?.current.as_ref()?;
        Some(Version::new(&version.to_string()))
    }

    pub(crate) fn document(&self) -> Option<Document> {
        let (_, value) = self.entries.get(DOCUMENT)?.current.as_ref()?;
        Some(Document::parse(&Secret::new(value.clone())).unwrap())
    }

    /// Changes the document behind everybody's back.
    pub(crate) fn edit_document(&mut self, edit: impl FnOnce(&mut Document)) {
        let fresh = || Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap());
        let mut document = self.document().unwrap_or_else(fresh);
        edit(&mut document);
        self.put_document(document.stored().expose().to_vec());
    }

    pub(crate) fn put_document(&mut self, value: Vec<u8>) {
        let version = self.put(DOCUMENT, value);
        let expected = self.entries[DOCUMENT].current.as_ref().map(|(version, _)| *version);
        self.promote(DOCUMENT, version, expected, Duration::ZERO).unwrap();
    }

    fn put(&mut self, name: &str, value: Vec<u8>) -> u64 {
        self.count += 1;
        self.entries.entry(name.to_owned()).or_default().pending = Some((self.count, value));
        self.count
    }

    fn promote(
        &mut self,
        name: &str,
        pending: u64,
        expected: Option<u64>,
        at: Duration,
    ) -> Result<(), FaultCode> {
        let entry = self.entries.get_mut(name).ok_or(FaultCode::EntryNotFound)?;
        let current = entry.current.as_ref().map(|(version, _)| *version);
        if current == Some(pending) {
            return Ok(());
        }
        if entry.pending.as_ref().map(|(version, _)| *version) != Some(pending) || current != expected {
            return Err(FaultCode::VersionConflict);
        }
        entry.previous = std::mem::replace(&mut entry.current, entry.pending.take());
        entry.written = at;
        if let (false, Some((_, value))) = (name.ends_with(".rotation"), &entry.current) {
            self.history.push((at, value.clone()));
        }
        Ok(())
    }

    /// Replaces a value that has no stages.
    pub(super) fn replace(
        &mut self,
        name: &str,
        value: Vec<u8>,
        expected: Option<u64>,
    ) -> Result<u64, FaultCode> {
        let current = self.entries.get(name).and_then(|entry| Some(entry.current.as_ref()?.0));
        if current != expected {
            return Err(FaultCode::VersionConflict);
        }
        let version = self.put(name, value);
        self.promote(name, version, expected, Duration::ZERO).map(|()| version)
    }

    /// What a vault's write does: it compares nothing. What was judged to be CURRENT becomes PREVIOUS, whatever else was written since.
    fn overwrite(&mut self, name: &str, pending: u64, judged: &Held, value: Vec<u8>, at: Duration) {
        let entry = self.entries.entry(name.to_owned()).or_default();
        entry.previous.clone_from(judged);
        self.late = Some((at + self.lag, entry.current.clone()));
        entry.current = Some((pending, value.clone()));
        entry.written = at;
        self.history.push((at, value));
    }

    fn discard(&mut self, name: &str, version: u64) -> Result<(), FaultCode> {
        let Some(entry) = self.entries.get_mut(name) else { return Ok(()) };
        let is = |held: &Held| held.as_ref().is_some_and(|(held, _)| *held == version);
        if is(&entry.current) {
            return Err(FaultCode::VersionConflict);
        }
        for held in [&mut entry.previous, &mut entry.pending] {
            if is(held) {
                *held = None;
            }
        }
        // What an interrupted promotion left of a version that is CURRENT by now.
        let current = entry.current.as_ref().map(|(version, _)| *version);
        entry.pending.take_if(|(version, _)| current == Some(*version));
        if entry.current.is_none() && entry.previous.is_none() && entry.pending.is_none() {
            self.entries.remove(name);
        }
        Ok(())
    }
}

/// The store of a [`Sim`].
#[derive(Clone)]
pub(crate) struct SimStore {
    pub(crate) sim: Sim,
    pub(crate) traits: StoreTraits,
}

impl std::fmt::Debug for SimStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimStore")
    }
}

impl SimStore {
    pub(crate) fn new(sim: &Sim) -> Self {
        let compare_and_set = sim.lock().platform.shape.compare_and_set();
        let traits = StoreTraits { scheme: "memory", writable: true, compare_and_set };
        Self { sim: sim.clone(), traits }
    }
}

pub(super) fn number(version: &Version) -> u64 {
    version.as_str().parse().unwrap_or(0)
}

fn fault(code: FaultCode, entry: &EntryName) -> Fault {
    Fault::new(code, format!("`{entry}`"))
}

impl Store for SimStore {
    fn traits(&self) -> StoreTraits {
        self.traits
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            let is_document = entry.as_str() == DOCUMENT;
            let held = self.sim.repeatable(|world| {
                let entry = world.shelf.entries.get(entry.as_str())?;
                let late = world.shelf.late.as_ref().filter(|(until, _)| !is_document && world.now < *until);
                match stage {
                    Stage::Current => late.map_or_else(|| entry.current.clone(), |(_, held)| held.clone()),
                    Stage::Previous => entry.previous.clone(),
                    // What a promotion left behind that died before it emptied PENDING is not pending any more.
                    Stage::Pending => entry.pending.clone().filter(|(version, _)| {
                        entry.current.as_ref().is_none_or(|(current, _)| current != version)
                    }),
                }
            });
            let (version, value) = held.await.ok_or_else(|| fault(FaultCode::EntryNotFound, entry))?;
            Ok(StoredSecret { value: Secret::new(value), version: Version::new(&version.to_string()) })
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async move {
            let version = |held: &Held| held.as_ref().map(|(version, _)| Version::new(&version.to_string()));
            let listed = self.sim.repeatable(|world| {
                let info = |(name, entry): (&String, &Entry)| EntryInfo {
                    name: name.parse().unwrap(),
                    current: version(&entry.current),
                    previous: version(&entry.previous),
                    pending: version(&entry.pending),
                    written: entry.current.as_ref().map(|_| entry.written),
                };
                world.shelf.entries.iter().map(info).collect()
            });
            Ok(listed.await)
        })
    }

    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(async move {
            let put = self.sim.repeatable(|world| world.shelf.put(entry.as_str(), value.expose().to_vec()));
            Ok(Version::new(&put.await.to_string()))
        })
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            if self.traits.compare_and_set == CompareAndSet::ByDocument {
                return self.promote_in_steps(entry, number(pending), expected.map(number)).await;
            }
            let promoted = self.sim.repeatable(|world| {
                let now = world.now;
                world.shelf.promote(entry.as_str(), number(pending), expected.map(number), now)
            });
            promoted.await.map_err(|code| fault(code, entry))
        })
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let discarded = self.sim.repeatable(|world| world.shelf.discard(entry.as_str(), number(version)));
            discarded.await.map_err(|code| fault(code, entry))
        })
    }
}

impl SimStore {
    /// A promotion as a vault can do it: look, write, look again, empty PENDING; anything may happen in between.
    async fn promote_in_steps(
        &self,
        entry: &EntryName,
        pending: u64,
        expected: Option<u64>,
    ) -> Result<(), Fault> {
        let name = entry.as_str();
        let (current, waiting) = self
            .sim
            .repeatable(|world| {
                let entry = world.shelf.entries.get(name);
                (entry.and_then(|entry| entry.current.clone()), entry.and_then(|entry| entry.pending.clone()))
            })
            .await;
        let version = |held: &Held| held.as_ref().map(|(version, _)| *version);
        if version(&current) != Some(pending) {
            if current.is_none() && waiting.is_none() {
                return Err(fault(FaultCode::EntryNotFound, entry));
            }
            let waits = version(&waiting) == Some(pending);
            let (true, Some((_, value))) = (waits && version(&current) == expected, waiting) else {
                return Err(fault(FaultCode::VersionConflict, entry));
            };
            self.sim
                .repeatable(|world| {
                    let now = world.now;
                    world.shelf.overwrite(name, pending, &current, value.clone(), now);
                })
                .await;
            let now = self.sim.repeatable(|world| version(&world.shelf.entries[name].current)).await;
            if now != Some(pending) {
                return Err(fault(FaultCode::VersionConflict, entry));
            }
        }
        self.sim
            .repeatable(|world| {
                let entry = world.shelf.entries.get_mut(name).expect("it was there");
                entry.pending.take_if(|(version, _)| *version == pending);
            })
            .await;
        Ok(())
    }
}
