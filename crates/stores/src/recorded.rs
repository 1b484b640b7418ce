//! A store whose reads of one secret are on record.
//!
//! [`StoreCredentials`](crate::StoreCredentials) records what it reads to get tokens. Everything else that reads a secret, a rotation or a command, reads it
//! through this.

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::sync::Arc;
use hallpass_core::{
    BoxFuture, Clock, Credential, EntryInfo, EntryName, Fault, FaultCode, IntegrationName, Moment, Secret,
    Stage, Store, StoreTraits, StoredSecret, Version,
};

/// Which reads are recorded, and as whose.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The entry that holds the secret. What else is read is no secret: documents that stand beside it.
    pub entry: EntryName,
    /// The integration whose secret it is, if it is one's.
    pub integration: Option<IntegrationName>,
    /// What reads it, such as `rotation`.
    pub by: &'static str,
}

/// `store`, with a `secret-read` event for every answer to a read of the secret, before anybody sees the value. What cannot be recorded is not handed out.
#[derive(Debug)]
pub struct RecordedStore {
    store: Arc<dyn Store>,
    reading: Reading,
    audit: Arc<dyn AuditSink>,
    clock: Arc<dyn Clock>,
}

impl RecordedStore {
    /// Records `reading` of `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        reading: Reading,
        audit: Arc<dyn AuditSink>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, reading, audit, clock }
    }

    /// Nothing is recorded of a stage that holds nothing: a rotation asks for a pending secret at every look, and nobody got to see one.
    fn record(&self, stage: Stage, read: &Result<StoredSecret, Fault>) -> Result<(), Fault> {
        let event = read_of((self.store.traits().scheme, self.store.place()), stage, self.clock.now());
        let event = event.fact("by", self.reading.by);
        let event = match &self.reading.integration {
            Some(integration) => event.about(integration),
            None => event,
        };
        let event = match read {
            Err(fault) if fault.code() == FaultCode::EntryNotFound && stage != Stage::Current => {
                return Ok(());
            }
            Err(fault) => event.fact("fault", fault.code().name()),
            Ok(stored) => {
                let event = event.fact("version", stored.version.as_str());
                match fingerprint(stored) {
                    Some(fingerprint) => event.fact("fingerprint", fingerprint),
                    None => event,
                }
            }
        };
        self.audit.record(&event)
    }
}

/// What is on record of every read: where, and of which stage.
pub(crate) fn read_of(
    (scheme, place): (&'static str, Option<&str>),
    stage: Stage,
    now: Moment,
) -> AuditEvent {
    let mut event = AuditEvent::new(now, AuditKind::SecretRead).fact("store", scheme);
    if let Some(place) = place {
        event = event.fact("place", place);
    }
    match stage {
        Stage::Current => event,
        Stage::Previous => event.fact("stage", "previous"),
        Stage::Pending => event.fact("stage", "pending"),
    }
}

/// Of a client or an access key; what is neither, such as a bearer, has none.
fn fingerprint(stored: &StoredSecret) -> Option<String> {
    let credential = Credential::parse(&stored.value, stored.version.clone(), &[]).ok()?;
    let known = ["client_id", "access_key_id"].iter().any(|id| credential.member(id).is_some());
    known.then(|| credential.fingerprint().to_string())
}

#[deny(clippy::missing_trait_methods)]
impl Store for RecordedStore {
    fn traits(&self) -> StoreTraits {
        self.store.traits()
    }

    fn place(&self) -> Option<&str> {
        self.store.place()
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.store.connect()
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            let read = self.store.read(entry, stage).await;
            if *entry == self.reading.entry {
                self.record(stage, &read)?;
            }
            read
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        self.store.list()
    }

    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        self.store.names()
    }

    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        self.store.describe(entry)
    }

    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        self.store.put_pending(entry, value)
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        self.store.promote(entry, pending, expected)
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        self.store.discard(entry, version)
    }
}
