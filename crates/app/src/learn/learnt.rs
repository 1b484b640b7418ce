//! What is made of a record. Only the configuration and files are needed: no store is opened, no secret read, nothing sent.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use hallpass_core::{Fault, FaultCode};
use hallpass_lifecycle::learn::{HeldRole, Record, Requirements, Role, Tight, Unused, read_swagger};

use super::record_file::RecordFile;
use super::recording::{folder, upstreams};
use crate::config::{Config, IntegrationConfig};

/// Where to learn from.
#[derive(Clone, Copy, Debug, Default)]
pub struct LearnOptions<'a> {
    /// Records in place of the one in `sidecar.learn`; several are added up.
    pub records: &'a [PathBuf],
    /// A swagger file of the platform, in place of the one in `lint.permissions` and of our own table.
    pub permissions: Option<&'a Path>,
    /// Whether calls that were refused count as if they had worked.
    pub refused: bool,
}

/// What a record says.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// The record, or several added up.
    pub record: Record,
    /// The allow-list.
    pub tight: Tight,
    /// The least role for it.
    pub role: Role,
    /// Whether there is a table at all for the platform.
    pub has_table: bool,
    /// Whether that is a swagger file.
    pub from_file: bool,
}

impl Config {
    /// What is on record about the integration `name`, and what follows from it.
    ///
    /// # Errors
    /// `integration-unknown`; `configuration-invalid` where no record is named; `record-unreadable`; `permissions-unreadable`.
    pub fn learnt(&self, name: &str, options: LearnOptions<'_>) -> Result<Learnt, Fault> {
        let integration = self.learning(name)?;
        let record = self.record(integration, options.records)?;
        let (table, from_file) = self.requirements(&integration.platform.platform, options.permissions)?;
        let tight = Tight::of(&record, options.refused);
        let role = Role::of(&record, &tight, &table, &upstreams(integration));
        let has_table = !table.rows().is_empty();
        Ok(Learnt { record, tight, role, has_table, from_file })
    }

    /// What the calls of `platform` need, and whether a swagger file says so: `file`, or that in `lint.permissions`, which is one of Genesys Cloud; else our own table.
    ///
    /// # Errors
    /// `permissions-unreadable` for `file`, `configuration-invalid` for the other.
    pub(crate) fn requirements(
        &self,
        platform: &str,
        file: Option<&Path>,
    ) -> Result<(Requirements, bool), Fault> {
        if let Some(file) = file {
            return Ok((requirements_of_file(file)?, true));
        }
        let Some(file) = self.lint_permissions.as_deref().filter(|_| platform == "genesys") else {
            return Ok((Requirements::of_known(hallpass_platforms::known_calls(platform)), false));
        };
        let wrong = |fault: Fault| {
            let detail =
                format!("`lint.permissions`: `{}` is no swagger file that can be read", file.display());
            Fault::new(FaultCode::ConfigurationInvalid, detail)
                .with_hint("download the platform's swagger file, or leave the key out")
                .with_source(fault)
        };
        Ok((requirements_of_file(file).map_err(wrong)?, true))
    }

    /// Which rules of the integration `name` covered no call of `record` since `since_ms`.
    ///
    /// # Errors
    /// `integration-unknown`.
    pub fn unused(&self, name: &str, record: &Record, since_ms: u64) -> Result<Unused, Fault> {
        Ok(Unused::of(record, &self.learning(name)?.allow, since_ms))
    }

    /// Whether somebody is named who may look at the client of the integration `name` at its platform.
    #[must_use]
    pub fn has_administrator(&self, name: &str) -> bool {
        let found = self.integrations.iter().find(|integration| integration.name.as_str() == name);
        found.is_some_and(|one| one.provision.is_some() || one.rotation.is_some())
    }

    fn learning(&self, name: &str) -> Result<&IntegrationConfig, Fault> {
        let found = self.integrations.iter().find(|integration| integration.name.as_str() == name);
        found.ok_or_else(|| {
            let known: Vec<_> =
                self.integrations.iter().map(|integration| integration.name.as_str()).collect();
            let hint = format!("configured are: {}", known.join(", "));
            Fault::new(FaultCode::IntegrationUnknown, "").with_hint(hint)
        })
    }

    fn record(&self, integration: &IntegrationConfig, records: &[PathBuf]) -> Result<Record, Fault> {
        let files: Vec<RecordFile> = match (records, folder(self)) {
            ([], Some(folder)) => vec![RecordFile::of(folder, &integration.name)],
            ([], None) => {
                let hint = "name a folder in `sidecar.learn` and let the integration work for a while, or name a record with --record";
                let fault = Fault::new(FaultCode::ConfigurationInvalid, "`sidecar.learn` names no folder");
                return Err(fault.with_hint(hint));
            }
            (paths, _) => paths.iter().map(|path| RecordFile::at(path)).collect(),
        };
        let mut all: Option<Record> = None;
        for file in &files {
            let Some(record) = file.read()? else { continue };
            let mut sum = Record::new(integration.name.clone(), record.environment.clone(), record.since_ms);
            if let Some(before) = all.take() {
                sum = before;
            }
            sum.merge(&record)?;
            all = Some(sum);
        }
        all.ok_or_else(|| {
            let hint = "counts are written every ten seconds and when the sidecar stops; let the integration make a call";
            let detail = format!("nothing is on record about `{}`", integration.name);
            Fault::new(FaultCode::RecordUnreadable, detail).with_hint(hint)
        })
    }
}

/// What a swagger file says calls need.
///
/// # Errors
/// `permissions-unreadable`.
pub fn requirements_of_file(path: &Path) -> Result<Requirements, Fault> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("a file");
    let file = File::open(path).map_err(|error| unreadable(path, "").with_source(error))?;
    read_swagger(file, name).map_err(|fault| unreadable(path, fault.detail()))
}

/// A role from a file: JSON of the platform, or one permission a line.
///
/// # Errors
/// `permissions-unreadable`.
pub fn role_of_file(path: &Path) -> Result<HeldRole, Fault> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_ROLE + 1).read_to_string(&mut text));
    let length = read.map_err(|error| unreadable(path, "").with_source(error))?;
    if length as u64 > LARGEST_ROLE {
        return Err(unreadable(path, "it is larger than any role"));
    }
    HeldRole::read(&text).map_err(|fault| unreadable(path, fault.detail()))
}

fn unreadable(path: &Path, what: &str) -> Fault {
    let between = if what.is_empty() { "" } else { ": " };
    Fault::new(FaultCode::PermissionsUnreadable, format!("`{}`{between}{what}", path.display()))
}

/// Every permission there is takes a tenth of this.
const LARGEST_ROLE: u64 = 1024 * 1024;
