//! A secret store: each consumer has an entry of its own for each integration, and a right to that one alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hallpass_core::{BoxFuture, Fault, FaultCode, Secret, Stage, Store, Version};
use hallpass_lifecycle::rotation::Ack;
use hallpass_stores::Reference;
use tokio::task::JoinSet;

use super::said::{GOOD_FOR, entry_of};
use super::{AckPlace, Said};

/// Entries below one reference.
#[derive(Debug)]
pub(super) struct Entries {
    base: Reference,
    store: Arc<dyn Store>,
    /// What this process saw standing there or wrote itself, by integration and consumer.
    settled: Mutex<BTreeMap<(String, String), Said>>,
}

impl Entries {
    pub(super) fn below(base: Reference, store: Arc<dyn Store>) -> Self {
        Self { base, store, settled: Mutex::default() }
    }

    /// One read, and one write where another secret or environment stands there or what stands there is a day old; nothing at all where this process
    /// saw to the same less than a day ago.
    async fn settle(&self, said: &Said) -> Result<(), Fault> {
        if self.is_settled(said) {
            return Ok(());
        }
        let found = self.look(said).await?;
        if said.must_replace(found.as_ref().and_then(|(_, found)| found.as_ref())) {
            let expected = found.map(|(version, _)| version);
            match self.write(said, expected.as_ref()).await {
                // Another process of this consumer was quicker. If it said the same there is nothing left to say.
                Err(fault) if fault.code() == FaultCode::VersionConflict => {
                    let now = self.look(said).await?;
                    if said.must_replace(now.as_ref().and_then(|(_, found)| found.as_ref())) {
                        return Err(fault);
                    }
                }
                written => written?,
            }
        }
        self.remembered().insert(key(said), said.clone());
        Ok(())
    }

    async fn look(&self, said: &Said) -> Result<Option<(Version, Option<Said>)>, Fault> {
        let reference = entry_of(&self.base, &said.integration, &said.ack.consumer)?;
        match self.store.read(&reference.entry, Stage::Current).await {
            Ok(stored) => Ok(Some((stored.version, serde_json::from_slice(stored.value.expose()).ok()))),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn write(&self, said: &Said, expected: Option<&Version>) -> Result<(), Fault> {
        let entry = entry_of(&self.base, &said.integration, &said.ack.consumer)?.entry;
        let text = serde_json::to_vec(said)
            .map_err(|error| Fault::new(FaultCode::Internal, "an acknowledgement").with_source(error))?;
        let pending = self.store.put_pending(&entry, Secret::new(text)).await?;
        self.store.promote(&entry, &pending, expected).await
    }

    fn is_settled(&self, said: &Said) -> bool {
        let remembered = self.remembered();
        let Some(last) = remembered.get(&key(said)) else { return false };
        let same =
            last.ack.fingerprint == said.ack.fingerprint && last.ack.environment == said.ack.environment;
        same && said.ack.at < last.ack.at.after(GOOD_FOR)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Said>> {
        // Whatever was written there was written in one piece.
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AckPlace for Entries {
    fn put<'a>(&'a self, said: &'a Said) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.settle(said))
    }

    /// Those who are registered are read, a few at a time, and nobody else: listing a store is a right that a rotator need not have.
    fn read<'a>(
        &'a self,
        integration: &'a str,
        registered: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<Vec<Ack>, Fault>> {
        Box::pin(async move {
            let (mut acks, mut left, mut reading) = (Vec::new(), registered.iter(), JoinSet::new());
            loop {
                while reading.len() < AT_ONCE
                    && let Some(consumer) = left.next()
                {
                    let entry = entry_of(&self.base, integration, consumer)?.entry;
                    let (store, integration, consumer) =
                        (Arc::clone(&self.store), integration.to_owned(), consumer.clone());
                    reading.spawn(async move {
                        let read = store.read(&entry, Stage::Current).await;
                        (integration, consumer, read)
                    });
                }
                let Some(one) = reading.join_next().await else { return Ok(acks) };
                let (integration, consumer, read) =
                    one.map_err(|error| Fault::new(FaultCode::Internal, "a read").with_source(error))?;
                match read {
                    Ok(stored) => acks.extend(
                        serde_json::from_slice::<Said>(stored.value.expose())
                            .ok()
                            .filter(|said| said.integration == integration && said.ack.consumer == consumer)
                            .map(|said| said.ack),
                    ),
                    Err(fault) if fault.code() == FaultCode::EntryNotFound => {}
                    Err(fault) => return Err(fault),
                }
            }
        })
    }

    fn spread(&self) -> Duration {
        SPREAD
    }
}

fn key(said: &Said) -> (String, String) {
    (said.integration.clone(), said.ack.consumer.clone())
}

/// A deployment starts many sandboxes in one second, and the first that wrote spares the others their write. A write takes a fifth of a second.
const SPREAD: Duration = Duration::from_secs(2);

/// Reads at the same time: few beside what every store allows in a second.
const AT_ONCE: usize = 8;
