//! The seam: a place where words are put and read.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{BoxFuture, Fault};
use hallpass_lifecycle::rotation::Ack;
use hallpass_stores::{Reading, Reference, Scheme};

use super::Said;
use super::bearer::Bearer;
use super::entries::Entries;
use super::folder::Folder;
use super::receiver::Receiver;
use crate::assemble::Parts;
use crate::config::AckTarget;
use crate::on_record::on_record;
use crate::stores::Stores;

/// A place where words are put and read.
pub(crate) trait AckPlace: Send + Sync + fmt::Debug {
    /// Puts `said` there in the place of what the same consumer said before. Whoever reads sees the one or the other. Dropping the future leaves one of them; doing it
    /// twice is doing it once.
    ///
    /// # Errors
    /// What came in the way, naming the place. The caller tries again.
    fn put<'a>(&'a self, said: &'a Said) -> BoxFuture<'a, Result<(), Fault>>;

    /// What was said of `integration`: by those `registered`, and by strangers where the place can be listed. Who said nothing readable is not among them.
    ///
    /// # Errors
    /// What came in the way: then nobody knows what was said, and the old secret lives on.
    fn read<'a>(
        &'a self,
        integration: &'a str,
        registered: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<Vec<Ack>, Fault>>;

    /// The longest pause before a first try, of which each process draws a part: where processes that start together would otherwise all write.
    fn spread(&self) -> Duration {
        Duration::ZERO
    }
}

/// Opens the place that `target` names. Nothing is sent yet.
///
/// # Errors
/// `configuration-invalid` and `store-unwritable` where the store cannot be had.
pub(crate) fn open(target: &AckTarget, parts: &Parts, stores: &Stores) -> Result<Arc<dyn AckPlace>, Fault> {
    Ok(match target {
        AckTarget::Folder(folder) => Arc::new(Folder::at(folder.clone())),
        AckTarget::Receiver { address, bearer } => {
            let reading = Reading { entry: bearer.entry.clone(), integration: None, by: "acknowledgements" };
            let bearer = Bearer::from(on_record(stores.of(bearer)?, reading, parts), bearer);
            let machine = (Arc::clone(&parts.transport), Arc::clone(&parts.sleep));
            Arc::new(Receiver::at(address.clone(), bearer, machine))
        }
        AckTarget::Entries(base) => Arc::new(entries(base, parts, stores)?),
    })
}

fn entries(base: &Reference, parts: &Parts, stores: &Stores) -> Result<Entries, Fault> {
    if base.scheme == Scheme::Local {
        stores.make_local(&*parts.randomness)?;
    }
    Ok(Entries::below(base.clone(), stores.of(base)?))
}
