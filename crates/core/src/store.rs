//! Where credentials rest: entries with staged versions.
//!
//! ```text
//!   put_pending ──▶ PENDING ──promote──▶ CURRENT ──(the next promote)──▶ PREVIOUS ──▶ gone
//!                      └──discard──▶ gone
//! ```
//!
//! PENDING is invisible to readers of CURRENT. Both writes are compare-and-set, so that a second writer loses cleanly; a store that cannot do that says so
//! ([`CompareAndSet`]).

use std::fmt;
use std::time::Duration;

use crate::credential::Credential;
use crate::fault::{Fault, FaultCode};
use crate::names::{EntryName, Version};
use crate::runtime::BoxFuture;
use crate::secret::Secret;
use crate::sync::Arc;

/// A place that keeps secret values under names, with versions.
///
/// A store that hallpass can only read leaves the three writing methods out: they refuse. A wrapper must not rely on that, and says
/// `#[deny(clippy::missing_trait_methods)]` on its implementation.
pub trait Store: Send + Sync + fmt::Debug {
    /// What this store can do.
    fn traits(&self) -> StoreTraits;

    /// Where it is, as an operator would say: a region, a vault's host, a project. `None` for a store of this machine.
    fn place(&self) -> Option<&str> {
        None
    }

    /// Gets ready for the first read: an identity, a connection. Reading without it works and takes that much longer. A store of this machine has
    /// nothing to do.
    ///
    /// # Errors
    /// `cloud-identity-missing` and `store-unreachable`; the next call tries again.
    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The value of `entry` at `stage`. Reads what is there now: no caching at this level.
    ///
    /// # Errors
    /// `entry-not-found` when there is no such entry or nothing at that stage; `store-*` when the store could not be read.
    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>>;

    /// Every entry, sorted by name, without values.
    ///
    /// # Errors
    /// `store-*` when the store could not be read.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>>;

    /// The names of the entries that there are, sorted, from the list alone: nothing is asked about each. `None` where the store cannot tell, because it answers
    /// only for what it is asked by name; an empty list is said by a store that looked and holds nothing. A name may be told whose versions are all disabled.
    ///
    /// # Errors
    /// `store-*` when the store could not be read.
    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// What [`Store::list`] says of one entry. A cloud asks for that entry alone, which needs a narrower permission.
    ///
    /// # Errors
    /// `entry-not-found`; `store-*` when the store could not be read.
    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        Box::pin(async move {
            let found = self.list().await?.into_iter().find(|info| info.name == *entry);
            found.ok_or_else(|| Fault::new(FaultCode::EntryNotFound, format!("`{entry}`")))
        })
    }

    /// Writes `value` as PENDING, replacing an earlier PENDING. The value is durable when this returns.
    ///
    /// If the process dies or the future is dropped, either the old or the new content is there, never a mixture. Calling twice leaves
    /// one pending version.
    ///
    /// # Errors
    /// `store-read-only`, `store-locked`, `store-unwritable`; the old content is intact then.
    fn put_pending<'a>(
        &'a self,
        _entry: &'a EntryName,
        _value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        refuse(self.traits())
    }

    /// Makes `pending` CURRENT and the old CURRENT PREVIOUS, in one step, if CURRENT is still `expected`
    /// (`None`: there is no CURRENT yet). Crash semantics as in [`Store::put_pending`]. Calling again after success succeeds.
    ///
    /// # Errors
    /// `version-conflict` when CURRENT or PENDING is another version by now.
    fn promote<'a>(
        &'a self,
        _entry: &'a EntryName,
        _pending: &'a Version,
        _expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        refuse(self.traits())
    }

    /// Removes PENDING or PREVIOUS of that version; never CURRENT. Removing what is gone already succeeds.
    ///
    /// # Errors
    /// `version-conflict` when that version is CURRENT.
    fn discard<'a>(
        &'a self,
        _entry: &'a EntryName,
        _version: &'a Version,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        refuse(self.traits())
    }
}

fn refuse<'a, T: Send + 'a>(traits: StoreTraits) -> BoxFuture<'a, Result<T, Fault>> {
    let fault = Fault::new(FaultCode::StoreReadOnly, format!("the scheme is `{}`", traits.scheme));
    Box::pin(std::future::ready(Err(fault)))
}

/// What a store can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTraits {
    /// Its scheme in references, such as `local`.
    pub scheme: &'static str,
    /// Whether hallpass can write it.
    pub writable: bool,
    /// What [`Store::promote`] is worth when somebody else writes at the same time.
    pub compare_and_set: CompareAndSet,
}

/// What keeps two writers of a store apart. Rotation needs one or the other: its lease and its checkpoints are replaced by compare-and-set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareAndSet {
    /// [`Store::promote`] compares and sets in one step. What rotations agree on can stand beside the secret.
    Own,
    /// [`Store::promote`] looks before it writes and again afterwards, and a second writer may come in between. What rotations agree on rests in
    /// another store ([`crate::DocumentStore`]), and a promotion is announced there first.
    ByDocument,
    /// Nothing does, or nothing can be written.
    None,
}

/// Which of an entry's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The one readers use.
    Current,
    /// The one before, kept for a while.
    Previous,
    /// The one being proved before promotion.
    Pending,
}

/// A value as read.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    /// The value, usually a JSON object (see [`Credential::parse`]).
    pub value: Secret,
    /// Its version.
    pub version: Version,
}

/// An entry without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryInfo {
    /// Its name.
    pub name: EntryName,
    /// The version at each stage, where there is one.
    pub current: Option<Version>,
    /// See [`Stage::Previous`].
    pub previous: Option<Version>,
    /// See [`Stage::Pending`].
    pub pending: Option<Version>,
    /// When CURRENT was written, since the Unix epoch, where the store knows.
    pub written: Option<Duration>,
}

/// How fresh a credential must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reread {
    /// What was read before will do.
    Cached,
    /// A token was rejected before its time, perhaps because its secret was replaced and revoked: look at the store first. What was read before will do if
    /// the store does not answer at once.
    Beside,
    /// The platform refused what we have: ask the primary store again, past every cache.
    Forced,
}

/// Where the token core gets its credential. Implementations read a [`Store`], check environment and members, and keep the last
/// good credential in memory.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// The present credential.
    ///
    /// # Errors
    /// What the store said, or `credential-malformed` and `environment-mismatch`.
    fn credential(&self, reread: Reread) -> BoxFuture<'_, Result<Arc<Credential>, Fault>>;

    /// The credential at another stage of the primary store, read now; `None` when it holds none. It is not kept in memory.
    ///
    /// # Errors
    /// As [`CredentialSource::credential`].
    fn at(&self, stage: Stage) -> BoxFuture<'_, Result<Option<Arc<Credential>>, Fault>>;
}
