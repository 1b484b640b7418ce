//! Where a rotation's document rests if it does not stand beside the secret: one value, replaced by compare-and-set.

use std::fmt;

use crate::fault::Fault;
use crate::names::Version;
use crate::runtime::BoxFuture;
use crate::secret::Secret;
use crate::store::StoredSecret;

/// One value with a version, for secrets whose own store cannot compare ([`crate::CompareAndSet::ByDocument`]).
pub trait DocumentStore: Send + Sync + fmt::Debug {
    /// What is there now, with its version; `None` where nothing is. No caching: a lease is judged by it.
    ///
    /// # Errors
    /// `store-*` when it could not be read.
    fn read(&self) -> BoxFuture<'_, Result<Option<StoredSecret>, Fault>>;

    /// Replaces what is there by `value`, in one step, if it is still `expected` (`None`: if nothing is there yet). Yields the new version.
    ///
    /// If the process dies or the future is dropped, either the old or the new value is there, never a mixture. Calling again after success is a
    /// conflict, because the version is another by then: whoever does not know what became of a call reads.
    ///
    /// # Errors
    /// `version-conflict` when something else is there by now; `store-*` when it could not be written, and then nobody knows.
    fn replace<'a>(
        &'a self,
        value: Secret,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, Fault>>;
}
