//! Which log is read, and with which keys.

use std::path::{Path, PathBuf};

use clap::Args;
use hallpass_app::{App, AuditLog, AuditSource, Flags, Progress, Purpose};

use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// What the commands have in common.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Files of a log, the oldest first, in place of the configured one and those that gave way to it
    files: Vec<PathBuf>,
    /// The reference of a further key, which sealed older chains; may be given several times
    #[arg(long, value_name = "REFERENCE")]
    key: Vec<String>,
    /// The file of anchors [default: `audit.anchors`, unless files are named]
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Read no key: what was sealed with one cannot be verified then
    #[arg(long, conflicts_with = "key")]
    without_key: bool,
    /// Take chains that were sealed without a key, although there is one: the log began before there was
    #[arg(long)]
    accept_unkeyed: bool,
    /// Pass over lines that are none of an audit log: the file is a captured stream
    #[arg(long)]
    mixed: bool,
}

impl Source {
    /// The log, ready to be read.
    pub(super) async fn open(self, config: Option<&Path>) -> Result<(App, AuditLog), Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Inspection).await?;
        let source = AuditSource {
            files: self.files,
            keys: self.key,
            anchors: self.anchors,
            without_key: self.without_key,
            accepts_public: self.accept_unkeyed,
            mixed: self.mixed,
        };
        let log = app.audit_log(&source).await?;
        Ok((app, log))
    }
}

/// Tells how far the reading is, on a terminal; elsewhere nothing is to be seen of it.
pub(super) fn telling(printer: &Printer) -> impl FnMut(Progress) + '_ {
    let mut known = false;
    move |Progress { read, all }| {
        let percent = read.saturating_mul(100) / all.max(1);
        printer.wait(&format!("{} MiB read, {} %", read >> 20, percent.min(100)), known);
        known = true;
    }
}
