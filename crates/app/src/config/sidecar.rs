//! What the keys of the sidecar mean.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hallpass_sidecar::Listen;

use super::at::At;
use super::check::Checker;
use super::faults::Place;
use super::file::SidecarTable;
use super::{Given, SidecarConfig, defaults, listen, variables};
use crate::acks::is_consumer;

impl Checker<'_, '_> {
    pub(super) fn sidecar(&mut self, table: &SidecarTable) -> Option<SidecarConfig> {
        let listen = self.listen(table);
        let health_listen = table.health_listen.as_ref().map(|text| self.health_listen(text));
        let pass_file = self.path(table.pass_file.as_ref()).or_else(|| {
            Some(PathBuf::from(self.variable(variables::XDG_RUNTIME_DIR)?).join("hallpass/pass"))
        });
        let pass_group = table.pass_group.as_ref().map(|name| self.group(name));
        let request_timeout = self.duration(
            "sidecar.request_timeout",
            table.request_timeout.as_ref(),
            defaults::REQUEST_TIMEOUT,
        );
        let drain_timeout =
            self.duration("sidecar.drain_timeout", table.drain_timeout.as_ref(), defaults::DRAIN_TIMEOUT);
        let start_timeout =
            self.duration("sidecar.start_timeout", table.start_timeout.as_ref(), defaults::START_TIMEOUT);
        let consumer = table.consumer.as_ref().map(|name| self.consumer(name));
        let acks = self.acks("sidecar", table.acks.as_ref(), table.acks_bearer.as_ref());
        let max_connections = table.max_connections.as_deref().copied().unwrap_or(defaults::MAX_CONNECTIONS);
        Some(SidecarConfig {
            listen: listen?,
            pass_file,
            pass_group: wanted(pass_group)?,
            health_listen: wanted(health_listen)?,
            max_body: table.max_body.as_deref().copied().unwrap_or(defaults::MAX_BODY),
            max_connections: usize::try_from(max_connections).unwrap_or(usize::MAX),
            request_timeout: request_timeout?,
            drain_timeout: drain_timeout?,
            start_timeout: start_timeout?,
            consumer: wanted(consumer)?,
            acks: acks?,
            learn: self.path(table.learn.as_ref()),
            learn_paths: self.learn_paths(table)?,
        })
    }

    fn listen(&mut self, table: &SidecarTable) -> Option<Listen> {
        let file = table.listen.as_ref().map(|text| {
            let parsed = listen::parse(text);
            parsed.map_err(|why| self.faults.at(text.span(), format!("`sidecar.listen`: {why}"), None)).ok()
        });
        let variable = self.given_in(variables::HALLPASS_LISTEN, |text| Ok(listen::parse(text)?));
        let flag = self.sources.flags.listen.as_ref().map(|text| {
            let parsed = listen::parse(text);
            parsed.map_err(|why| self.faults.on(Place::Flag { name: "--listen" }, why, None)).ok()
        });
        Given { flag, variable, file }.first(|| listen::parse(defaults::LISTEN).ok())
    }

    fn health_listen(&mut self, text: &At<String>) -> Option<SocketAddr> {
        let expected =
            "`sidecar.health_listen`: expected an IP address with a port, such as \"0.0.0.0:7781\"";
        text.parse().map_err(|_| self.faults.at(text.span(), expected, None)).ok()
    }

    fn consumer(&mut self, name: &At<String>) -> Option<String> {
        if is_consumer(name) {
            return Some(name.as_str().to_owned());
        }
        let expected = "`sidecar.consumer`: expected 1 to 63 letters, digits, `-` or `_`";
        self.faults.at(name.span(), expected, None);
        None
    }

    fn group(&mut self, name: &At<String>) -> Option<u32> {
        if let Ok(number) = name.parse() {
            return Some(number);
        }
        let groups = self.sources.files.read(Path::new("/etc/group"), LARGEST_GROUP_FILE).unwrap_or_default();
        let groups = String::from_utf8_lossy(&groups);
        let number = groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let named = fields.next() == Some(name.as_str());
            fields.nth(1).filter(|_| named)?.parse().ok()
        });
        if number.is_none() {
            let hint = "groups of a directory service are given by number".to_owned();
            self.faults.at(
                name.span(),
                "`sidecar.pass_group`: expected a group of /etc/group, or a number",
                hint,
            );
        }
        number
    }
}

/// Turns "given, but faulty" into `None`, and "not given" into `Some(None)`.
pub(super) fn wanted<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        Some(value) => value.map(Some),
        None => Some(None),
    }
}

const LARGEST_GROUP_FILE: u64 = 1024 * 1024;
