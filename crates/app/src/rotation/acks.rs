//! Acknowledgements: who uses which secret, each in a file of its own in one folder.
//!
//! ```text
//!   a sidecar gets a token ──▶ FOLDER/INTEGRATION.CONSUMER.json ──▶ the rotation, before it retires the old secret
//! ```
//!
//! The folder may be a volume that functions and rotator share. A file says the fingerprint and nothing that is secret.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::{BoxFuture, Clock, Environment, Fault, FaultCode};
use hallpass_lifecycle::rotation::{Ack, AckReport, Acks, WallTime};

/// Reads the folder.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) folder: PathBuf,
    pub(super) integration: String,
    pub(super) registered: BTreeSet<String>,
}

impl Acks for Folder {
    fn read(&self) -> BoxFuture<'_, Result<AckReport, Fault>> {
        Box::pin(async move {
            let unreadable = |error: io::Error| {
                let detail = format!("`rotation.acks`: `{}`", self.folder.display());
                Fault::new(FaultCode::StoreUnreadable, detail).with_source(error)
            };
            let mut acks = Vec::new();
            let files = match fs::read_dir(&self.folder) {
                Ok(files) => files,
                // Nobody has said anything yet.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(AckReport { registered: self.registered.clone(), acks });
                }
                Err(error) => return Err(unreadable(error)),
            };
            for file in files {
                let path = file.map_err(unreadable)?.path();
                let ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                    name.starts_with(&format!("{}.", self.integration)) && name.ends_with(".json")
                });
                // A file that is being replaced, or is none of ours, is a silent consumer.
                if ours && let Ok(text) = fs::read(&path) {
                    acks.extend(serde_json::from_slice::<Ack>(&text).ok());
                }
            }
            Ok(AckReport { registered: self.registered.clone(), acks })
        })
    }
}

/// Writes one file whenever a token was granted, before it passes the event on.
#[derive(Debug)]
pub(crate) struct Acknowledge {
    pub(crate) sink: Arc<dyn AuditSink>,
    pub(crate) folder: PathBuf,
    pub(crate) consumer: String,
    pub(crate) environment: Environment,
    pub(crate) clock: Arc<dyn Clock>,
}

impl AuditSink for Acknowledge {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        if event.kind() == AuditKind::TokenGranted
            && let Err(error) = self.write(event)
        {
            // A consumer that cannot say so counts as silent, which keeps the old secret alive: no reason to refuse a call.
            tracing::warn!(%error, folder = %self.folder.display(), "an acknowledgement could not be written");
        }
        self.sink.record(event)
    }
}

impl Acknowledge {
    fn write(&self, event: &AuditEvent) -> io::Result<()> {
        let (Some(integration), Some(fingerprint)) = (event.integration(), event.fact_named("fingerprint"))
        else {
            return Ok(());
        };
        let Ok(fingerprint) = fingerprint.parse() else { return Ok(()) };
        let ack = Ack {
            consumer: self.consumer.clone(),
            fingerprint,
            environment: self.environment.clone(),
            at: WallTime::at(self.clock.now().wall),
        };
        let text = serde_json::to_vec(&ack).map_err(io::Error::other)?;
        replace(&self.folder.join(format!("{integration}.{}.json", self.consumer)), &text)
    }
}

/// A reader sees the old file or the new one.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
