//! Reading an audit log: which files, which key, which anchors; every line judged on the way.
//!
//! ```text
//!   configuration or command ──▶ AuditSource ──▶ App::audit_log (reads keys and anchors) ──▶ AuditLog::read ──▶ each line, then the report
//! ```

pub(crate) mod files;
mod key;
mod opened;
mod read;
mod record;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hallpass_core::audit::AuditSink;
use hallpass_core::audit::chain::{Anchor, AnchorFault, ChainKey, Place};
use hallpass_core::{Fault, FaultCode};
use hallpass_stores::Reference;

use crate::assemble::App;
use crate::config::AuditTarget;
pub(crate) use key::read as read_key;
use opened::Opened;
pub use read::{AuditLine, Progress};
pub use record::AuditRecord;

/// What to read. What is not said comes from the configuration.
#[derive(Clone, Debug, Default)]
pub struct AuditSource {
    /// These files, the oldest first, in place of the configured one and those that gave way to it.
    pub files: Vec<PathBuf>,
    /// Further references of keys: those that sealed older chains.
    pub keys: Vec<String>,
    /// The file of anchors. The configured one goes with the configured log alone.
    pub anchors: Option<PathBuf>,
    /// No key is read, so nothing that was sealed with one can be verified.
    pub without_key: bool,
    /// Chains that were made without a key are no finding.
    pub accepts_public: bool,
    /// Lines of others stand between: a stream that was captured.
    pub mixed: bool,
}

/// A log that can be read, as it stood when it was opened.
#[derive(Debug)]
pub struct AuditLog {
    files: Vec<Opened>,
    keys: Vec<ChainKey>,
    anchors: Vec<Anchor>,
    anchors_file: Option<PathBuf>,
    damaged: Vec<u64>,
    accepts_public: bool,
    complete: bool,
    mixed: bool,
}

impl App {
    /// The sink of the audit log: for what a program around this one does, and for measurements.
    #[must_use]
    pub fn audit(&self) -> Arc<dyn AuditSink> {
        Arc::clone(&self.parts.audit)
    }

    /// What the wall clock says, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        u64::try_from(self.parts.clock.now().wall.as_millis()).unwrap_or(u64::MAX)
    }

    /// The log that `source` names, with its keys and anchors read. Nothing is recorded: looking at the log is no act of it.
    ///
    /// # Errors
    /// `configuration-invalid` where neither says which file; `reference-malformed`; what the stores say of a key; `audit-unreadable`.
    pub async fn audit_log(&self, source: &AuditSource) -> Result<AuditLog, Fault> {
        let mut references = Vec::new();
        if !source.without_key {
            references.extend(self.audit.key.clone());
            for text in &source.keys {
                references.push(Reference::parse(text)?);
            }
        }
        let mut keys = Vec::new();
        for reference in &references {
            keys.push(read_key(&self.stores, reference, &*self.parts.sleep, self.read_timeout).await?);
        }
        // The configured anchors know of the configured log, and would miss it in another.
        let configured = self.audit.anchors.clone().filter(|_| source.files.is_empty());
        let anchors_file = source.anchors.clone().or(configured);
        let (anchors, damaged) = match &anchors_file {
            Some(path) if source.anchors.is_some() || path.exists() => anchors(path, &keys)?,
            _ => (Vec::new(), Vec::new()),
        };
        // Without a key nothing can be said of them.
        let damaged = if keys.is_empty() { Vec::new() } else { damaged };
        // After the anchors: a log that goes on meanwhile has every line that they know of.
        let files = self.audit_files(source)?;
        let complete = files.first().is_none_or(|first| begins_the_log(&first.path));
        let (accepts_public, mixed) = (source.accepts_public || keys.is_empty(), source.mixed);
        Ok(AuditLog { files, keys, anchors, anchors_file, damaged, accepts_public, complete, mixed })
    }

    fn audit_files(&self, source: &AuditSource) -> Result<Vec<Opened>, Fault> {
        let told = |(path, error): (PathBuf, std::io::Error)| unreadable(&path, error);
        if !source.files.is_empty() {
            return opened::named(&source.files).map_err(told);
        }
        let Some(AuditTarget::File(path)) = &self.audit.target else {
            let hint = "name the files, or set `audit.file` in the configuration";
            return Err(
                Fault::new(FaultCode::ConfigurationInvalid, "`audit.file` names no file").with_hint(hint)
            );
        };
        opened::log(path).map_err(told)
    }
}

/// Files are removed from the lowest number up, so what begins with the first, or never had a number, is the whole log.
fn begins_the_log(first: &Path) -> bool {
    let number = first.extension().and_then(|end| end.to_str());
    let number = number.filter(|end| end.len() >= 6).and_then(|end| end.parse::<u64>().ok());
    match number {
        Some(number) => number == 1,
        None => files::rotated(first).is_ok_and(|rotated| rotated.is_empty()),
    }
}

/// The anchors of a file, and the numbers of the lines that are none. One that somebody died over is not missed.
fn anchors(path: &Path, keys: &[ChainKey]) -> Result<(Vec<Anchor>, Vec<u64>), Fault> {
    let text = std::fs::read(path).map_err(|error| unreadable(path, error))?;
    let keys: Vec<_> = keys.iter().cloned().chain([ChainKey::public()]).collect();
    let (mut anchors, mut damaged) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        match Anchor::read(line, &keys) {
            Ok(anchor) => anchors.push(anchor),
            Err(AnchorFault::Malformed) if line.is_empty() || line.starts_with(b"{\"anchor\":1") => {}
            Err(_) => damaged.push(number),
        }
    }
    Ok((anchors, damaged))
}

fn unreadable(path: &Path, error: std::io::Error) -> Fault {
    Fault::new(FaultCode::AuditUnreadable, format!("`{}`", path.display())).with_source(error)
}

/// The place of a line of the anchors' file, which comes after all others.
fn anchor_place(files: usize, line: u64) -> Place {
    Place { file: files, line }
}
