//! What the values mean, and whether they can.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hallpass_core::Environment;

use super::at::At;
use super::faults::{Collector, Place};
use super::file::{
    AuditTable, HallpassToml, LocalStoreTable, LogTable, OutboundTable, SidecarTable, StoresTable,
};
use super::settings::LogConfig;
use super::suggest::in_words;
use super::units::{self, DurationText};
use super::variables::{self, Variable};
use super::{Config, Given, LogFormat, LogLevel, OutboundConfig, Sources, defaults};

/// Checks what the structure check left, noting every fault and going on.
pub(super) struct Checker<'c, 't> {
    folder: PathBuf,
    pub(super) sources: &'c Sources<'c>,
    pub(super) faults: &'c mut Collector<'t>,
}

impl<'c, 't> Checker<'c, 't> {
    pub(super) fn new(file: &Path, sources: &'c Sources<'c>, faults: &'c mut Collector<'t>) -> Self {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        Self { folder, sources, faults }
    }

    /// The configuration, if all of it can be had. Everything is checked before anything gives up.
    pub(super) fn config(&mut self, file: &HallpassToml) -> Option<Config> {
        self.version(file.version.as_ref());
        let environment = file.environment.as_ref().and_then(|name| self.environment(name));
        let sidecar = self.sidecar(file.sidecar.as_ref().unwrap_or(&SidecarTable::default()));
        let outbound = self.outbound(file.outbound.as_ref().unwrap_or(&OutboundTable::default()));
        let no_stores = StoresTable::default();
        let stores = file.stores.as_ref().unwrap_or(&no_stores);
        let store_limits = self.store_limits(stores);
        let local_store = self.local_store(stores.local.as_ref().unwrap_or(&LocalStoreTable::default()));
        let audit = self.audit(file.audit.as_ref().unwrap_or(&AuditTable::default()));
        let log = self.log(file.log.as_ref().unwrap_or(&LogTable::default()));
        let lint = file.lint.as_ref();
        let accepted_files =
            self.accepted_files(lint.and_then(|lint| lint.accept.as_deref()).unwrap_or_default());
        let lint_permissions = self.path(lint.and_then(|lint| lint.permissions.as_ref()));
        let integrations = self.integrations(file.integrations.as_ref()?);
        self.learns_in_the_open(file, &integrations);
        let folder = self.folder.clone();
        Some(Config {
            folder,
            environment: environment?,
            sidecar: sidecar?,
            outbound,
            store_limits: store_limits?,
            local_store,
            audit: audit?,
            log: log?,
            accepted_files: accepted_files?,
            lint_permissions,
            integrations,
        })
    }

    fn version(&mut self, version: Option<&At<u64>>) {
        if let Some(version) = version.filter(|version| ***version != defaults::VERSION) {
            let hint = "a later version needs a later hallpass".to_owned();
            self.faults.at(version.span(), format!("`version`: expected {}", defaults::VERSION), hint);
        }
    }

    fn environment(&mut self, name: &At<String>) -> Option<Environment> {
        let parsed = name.parse::<Environment>();
        parsed
            .map_err(|why| self.faults.at(name.span(), format!("`environment`: {}", why.detail()), None))
            .ok()
    }

    fn outbound(&mut self, table: &OutboundTable) -> OutboundConfig {
        let mut private_networks = Vec::new();
        for text in table.private_networks.iter().flatten() {
            match text.parse() {
                Ok(network) => private_networks.push(network),
                Err(_) => {
                    let expected = "`outbound.private_networks`: expected a network such as \"10.1.0.0/16\"";
                    self.faults.at(text.span(), expected, None);
                }
            }
        }
        OutboundConfig { private_networks, extra_roots: self.path(table.extra_roots.as_ref()) }
    }

    fn log(&mut self, table: &LogTable) -> Option<LogConfig> {
        let file = table.level.as_ref().map(|level| LogLevel::named(level));
        let expected = || format!("expected {}", in_words(LogLevel::NAMES.iter().copied()));
        let variable =
            self.given_in(variables::HALLPASS_LOG, |text| LogLevel::named(text).ok_or_else(expected));
        let flag = self.sources.flags.log.as_ref().map(|text| {
            let level = LogLevel::named(text);
            if level.is_none() {
                self.faults.on(Place::Flag { name: "--log" }, expected(), None);
            }
            level
        });
        let level = Given { flag, variable, file }.first(|| LogLevel::named(defaults::LOG_LEVEL));
        let format = table.format.as_deref().map_or(defaults::LOG_FORMAT, String::as_str);
        Some(LogConfig { level: level?, format: LogFormat::named(format)? })
    }

    pub(super) fn duration(
        &mut self,
        key: &str,
        text: Option<&At<DurationText>>,
        default: &str,
    ) -> Option<std::time::Duration> {
        let Some(text) = text else { return units::read(default).ok() };
        text.read().map_err(|why| self.faults.at(text.span(), format!("`{key}`: {why}"), None)).ok()
    }

    /// What stands at `key`, if it is there and can be parsed.
    pub(super) fn parsed<T: FromStr<Err: Display>>(
        &mut self,
        key: &str,
        text: Option<&At<String>>,
    ) -> Option<T> {
        let text = text?;
        text.parse().map_err(|why| self.faults.at(text.span(), format!("`{key}`: {why}"), None)).ok()
    }

    pub(super) fn given_in<T>(
        &mut self,
        variable: Variable,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let value = self.variable(variable)?;
        let parsed = value.to_str().ok_or_else(|| "expected UTF-8 text".to_owned()).and_then(parse);
        Some(parsed.map_err(|why| self.faults.on(Place::Variable { name: variable.name }, why, None)).ok())
    }

    pub(super) fn variable(&self, variable: Variable) -> Option<OsString> {
        variables::read(self.sources.variables, variable)
    }

    /// Relative paths are relative to the file they stand in: it says the same from wherever it is read.
    pub(super) fn path(&self, text: Option<&At<String>>) -> Option<PathBuf> {
        text.filter(|text| !text.is_empty()).map(|text| self.folder.join(text.as_str()))
    }
}
