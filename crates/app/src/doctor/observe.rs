//! Looking at one place.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{Clock, Credential, Environment, Fault, Fingerprint, Stage, Store};
use hallpass_stores::Reference;

/// One place, and what a credential there must be.
pub(super) struct Target {
    pub(super) store: Arc<dyn Store>,
    pub(super) reference: Reference,
    pub(super) required: &'static [&'static str],
    pub(super) environment: Environment,
    pub(super) clock: Arc<dyn Clock>,
}

/// What was seen there, without any value.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) reference: Reference,
    /// Where the store is.
    pub(super) place: Option<String>,
    /// Whether an identity and a connection could be had.
    pub(super) connect: Result<(), Fault>,
    /// Whether something could be read.
    pub(super) read: Result<(), Fault>,
    /// How long reading took, once connected.
    pub(super) took: Duration,
    /// What was read, if it can be used. The fault is that of `read` where nothing was.
    pub(super) seen: Result<Seen, Fault>,
    /// When the current version was written, where the store knows.
    pub(super) written: Result<Option<Duration>, Fault>,
}

/// A credential, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) version: String,
    pub(super) serial: Option<u64>,
    pub(super) fingerprint: Fingerprint,
}

impl Target {
    pub(super) async fn observe(self) -> Observed {
        let Self { store, reference, required, environment, clock } = self;
        let connect = store.connect().await;
        let begun = clock.now();
        let read = store.read(&reference.entry, Stage::Current).await;
        let took = clock.now().monotonic.saturating_sub(begun.monotonic);
        let seen = read.as_ref().map_err(Clone::clone).and_then(|stored| {
            let credential = Credential::parse(&stored.value, stored.version.clone(), required)?;
            credential.belongs_to(&environment)?;
            Ok(Seen {
                version: credential.version().to_string(),
                serial: credential.serial(),
                fingerprint: credential.fingerprint(),
            })
        });
        let written = match &read {
            Ok(_) => store.describe(&reference.entry).await.map(|info| info.written),
            Err(fault) => Err(fault.clone()),
        };
        let place = store.place().map(str::to_owned);
        Observed { reference, place, connect, read: read.map(drop), took, seen, written }
    }
}
