//! Key Vault as a [`Store`].

use std::sync::Arc;
use std::time::Duration;

use azure_core::time::OffsetDateTime;
use hallpass_core::{
    BoxFuture, Clock, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store,
    StoreTraits, StoredSecret, Version,
};

use super::client::{Connection, Settings};
use super::entry::{PENDING_ENDING, ends_as_pending, pending_of, secret_of};
use super::expiry::Lifetimes;
use super::stages::{Kept, stages};
use super::vault::{Got, Vault};

/// One Key Vault.
///
/// An entry is the secret of its name; its PENDING value lies in the secret `NAME-pending` ([`PENDING_ENDING`]), so that a plain, unversioned
/// read by anybody never meets it. How versions become stages is described beside the pure rules (module `stages`).
///
/// # What is atomic, and what is not
/// A write of one version is. Key Vault has no conditional write, so a promotion cannot be one compare-and-set:
///
/// 1. CURRENT and PENDING are read and judged; nothing is written if either is not as expected.
/// 2. The value is written as a new version of the entry. *This one write moves CURRENT.* Its tags say which version it is and what it
///    replaced, so PREVIOUS moves with it.
/// 3. The entry is read again. If somebody else's version is the newest now, this is `version-conflict`: theirs is CURRENT. A look that is merely
///    behind, and still sees the old version, is none.
/// 4. PENDING is emptied and what came before PREVIOUS is put out of use, by disabling the versions.
///
/// Two writers that both pass step 1 both write; the later one is CURRENT, and the earlier one is told so unless it had finished step 3 before.
/// `Ok` therefore means: it was CURRENT when it was looked at afterwards. Whoever must exclude a second writer altogether holds a lease. The
/// version that was overtaken stays enabled, and is reached by its id alone: disabling what may be CURRENT would leave readers with nothing.
///
/// A crash before step 2 leaves everything as it was. After step 2 CURRENT is the new version; the leftover in the pending secret is recognised
/// and not shown as PENDING. Repeating the promotion finishes step 4 in either case, and so does the next `discard`.
///
/// A single version cannot be deleted from a vault. `discard` disables it, after which nobody reads it; a secret as a whole is never deleted,
/// because its name would then be taken until it is purged.
#[derive(Debug)]
pub struct KeyVault {
    vault: Vault,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
}

impl KeyVault {
    /// The vault at `settings.origin`. No I/O: the first use connects, and fetches a token.
    ///
    /// # Errors
    /// `reference-malformed` when that is no `https://HOST`.
    pub fn open(settings: &Settings) -> Result<Self, Fault> {
        let vault = Vault::new(&settings.origin, Connection::new(settings))?;
        Ok(Self { vault, lifetimes: settings.lifetimes.clone(), clock: Arc::clone(&settings.clock) })
    }

    /// The vault at `origin` by a connection, and with an identity, that are there already. Nothing is written by it, so nothing expires.
    pub(super) fn over(origin: &str, connection: Arc<Connection>) -> Result<Self, Fault> {
        let clock = connection.clock();
        Ok(Self { vault: Vault::new(origin, connection)?, lifetimes: Lifetimes::default(), clock })
    }

    /// When a version of the secret `name` expires that is written now.
    pub(super) fn expiry(&self, name: &str) -> Option<OffsetDateTime> {
        self.lifetimes.expiry(name, self.clock.now().wall)
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// A version by the vault's own id, however it is staged.
    pub(super) async fn pinned(&self, name: &str, id: &str) -> Result<StoredSecret, Fault> {
        self.vault.get(name, Some(id)).await.map(stored)
    }

    async fn read_stage(&self, entry: &EntryName, stage: Stage) -> Result<StoredSecret, Fault> {
        let name = secret_of(entry)?;
        match stage {
            Stage::Current => self.vault.get(name, None).await.map(stored),
            Stage::Previous => {
                let versions = self.vault.versions(name).await?;
                let previous =
                    stages(&versions, &[]).previous.ok_or_else(|| nothing_at(entry, "previous"))?;
                self.vault.get(name, Some(&previous.id)).await.map(stored)
            }
            Stage::Pending => {
                let nothing = || nothing_at(entry, "pending");
                let got = match self.vault.get(&pending_of(name)?, None).await {
                    Ok(got) => got,
                    // A disabled one was promoted or discarded.
                    Err(fault) if is_absent(&fault) => return Err(nothing()),
                    Err(fault) => return Err(fault),
                };
                let versions = self.vault.versions(name).await?;
                let waiting = [got.kept.clone()];
                stages(&versions, &waiting).pending.ok_or_else(nothing)?;
                Ok(stored(got))
            }
        }
    }

    /// What entries are called, each once: a pending secret of ours belongs to its entry.
    async fn all_names(&self) -> Result<Vec<String>, Fault> {
        let mut names: Vec<String> = Vec::new();
        for (name, is_pending) in self.vault.names().await? {
            if is_pending && ends_as_pending(&name) {
                names.push(name[..name.len() - PENDING_ENDING.len()].to_owned());
            } else if !ends_as_pending(&name) {
                names.push(name);
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    async fn all(&self) -> Result<Vec<EntryInfo>, Fault> {
        let mut all = Vec::new();
        for name in self.all_names().await? {
            let entry: EntryName = name.parse()?;
            all.extend(self.info(&entry).await?);
        }
        Ok(all)
    }

    /// Two lists. Whoever may not see the pending secret is told that there is none: to a reader there is not.
    async fn info(&self, entry: &EntryName) -> Result<Option<EntryInfo>, Fault> {
        let name = secret_of(entry)?;
        let versions = self.vault.versions(name).await?;
        let waiting = match pending_of(name) {
            Ok(pending) => self.vault.versions(&pending).await.or_else(|fault| {
                if fault.code() == FaultCode::StoreDenied { Ok(Vec::new()) } else { Err(fault) }
            })?,
            Err(_) => Vec::new(),
        };
        let stages = stages(&versions, &waiting);
        let version = |kept: Option<&Kept>| kept.map(Kept::version);
        let info = EntryInfo {
            name: entry.clone(),
            current: version(stages.current),
            previous: version(stages.previous),
            pending: version(stages.pending),
            written: stages.current.map(|current| Duration::from_secs(current.created)),
        };
        let is_empty = info.current.is_none() && info.previous.is_none() && info.pending.is_none();
        Ok((!is_empty).then_some(info))
    }
}

impl Store for KeyVault {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "azure-kv", writable: true, compare_and_set: CompareAndSet::ByDocument }
    }

    fn place(&self) -> Option<&str> {
        Some(self.vault.host())
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.vault.connect())
    }

    /// CURRENT is one request; PREVIOUS and PENDING need a list as well.
    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(self.read_stage(entry, stage))
    }

    /// Every secret of the vault, hallpass's or not: one request per 25 of them and two for each, one after the other.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(self.all())
    }

    /// One list. Secrets that belong to certificates are none of anybody's to write, and left out.
    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        Box::pin(async move {
            let names = self.all_names().await?;
            names.iter().map(|name| name.parse()).collect::<Result<_, _>>().map(Some)
        })
    }

    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        Box::pin(async move {
            let found = self.info(entry).await?;
            found.ok_or_else(|| {
                Fault::new(FaultCode::EntryNotFound, format!("`{entry}` in `{}`", self.vault.host()))
            })
        })
    }

    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(async move { self.put(entry, &value).await })
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.promote_to(entry, pending, expected))
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.drop_version(entry, version))
    }
}

fn stored(got: Got) -> StoredSecret {
    StoredSecret { version: got.kept.version(), value: got.value }
}

fn is_absent(fault: &Fault) -> bool {
    matches!(fault.code(), FaultCode::EntryNotFound | FaultCode::StoreVersionUnusable)
}

fn nothing_at(entry: &EntryName, stage: &str) -> Fault {
    Fault::new(FaultCode::EntryNotFound, format!("`{entry}` has no {stage} version"))
}
