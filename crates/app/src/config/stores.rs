//! What the keys of the stores mean.

use std::path::PathBuf;
use std::time::Duration;

use hallpass_stores::StoreLimits;

use super::at::At;
use super::check::Checker;
use super::file::{LocalStoreTable, StoresTable};
use super::units::DurationText;
use super::{Given, Key, LocalStoreConfig, defaults, variables};

impl Checker<'_, '_> {
    pub(super) fn store_limits(&mut self, table: &StoresTable) -> Option<StoreLimits> {
        let mut duration =
            |key, text: &Option<_>, default| self.duration(&format!("stores.{key}"), text.as_ref(), default);
        let failover_after = duration("failover_after", &table.failover_after, defaults::FAILOVER_AFTER);
        let read_timeout = duration("read_timeout", &table.read_timeout, defaults::READ_TIMEOUT);
        let reread_after = duration("reread_after", &table.reread_after, defaults::REREAD_AFTER);
        let stale_limit = duration("stale_limit", &table.stale_limit, defaults::STALE_LIMIT);
        let limits = StoreLimits {
            failover_after: failover_after?,
            read_timeout: read_timeout?,
            reread_after: reread_after?,
            stale_limit: stale_limit?,
            reads_per_minute: table
                .reads_per_minute
                .as_deref()
                .copied()
                .unwrap_or(defaults::READS_PER_MINUTE),
        };
        let before = self.faults.count();
        if limits.read_timeout > LONGEST_READ {
            self.misfit(&[("read_timeout", &table.read_timeout)], "at most 8s");
        }
        let pair = [("failover_after", &table.failover_after), ("read_timeout", &table.read_timeout)];
        if limits.failover_after > limits.read_timeout {
            self.misfit(&pair, "`failover_after` not to be longer than `read_timeout`");
        }
        let pair = [("reread_after", &table.reread_after), ("stale_limit", &table.stale_limit)];
        if limits.reread_after > limits.stale_limit {
            self.misfit(&pair, "`reread_after` not to be longer than `stale_limit`");
        }
        (self.faults.count() == before).then_some(limits)
    }

    /// At the first of `keys` that stands in the file: the default of the other is beyond reproach.
    fn misfit(&mut self, keys: &[(&str, &Option<At<DurationText>>)], expected: &str) {
        let given = keys.iter().find_map(|(key, text)| Some((key, text.as_ref()?)));
        if let Some((key, text)) = given {
            self.faults.at(text.span(), format!("`stores.{key}`: expected {expected}"), None);
        }
    }

    pub(super) fn local_store(&mut self, table: &LocalStoreTable) -> LocalStoreConfig {
        let path = self.path(table.path.as_ref()).or_else(|| {
            let state = self.variable(variables::XDG_STATE_HOME).map(PathBuf::from);
            let state =
                state.or_else(|| Some(PathBuf::from(self.variable(variables::HOME)?).join(".local/state")));
            Some(state?.join("hallpass/store"))
        });
        self.private("stores.local.key_file", table.key_file.as_ref());
        self.private("stores.local.passphrase_file", table.passphrase_file.as_ref());
        if let (Some(_), Some(passphrase)) = (&table.key_file, &table.passphrase_file) {
            let message = "`stores.local`: expected either `key_file` or `passphrase_file`";
            self.faults.at(passphrase.span(), message, None);
        }
        let file = self.path(table.passphrase_file.as_ref()).map(Key::PassphraseFile);
        let file = file.or_else(|| self.path(table.key_file.as_ref()).map(Key::File));
        let variable = self.variable(variables::HALLPASS_STORE_PASSPHRASE_FILE);
        let variable = variable.map(|path| Key::PassphraseFile(path.into()));
        LocalStoreConfig { path, key: Given { flag: None, variable, file }.first(|| Key::BesideTheStore) }
    }

    /// A file that holds a secret must be its owner's alone. One that is not there yet is the store's business.
    fn private(&mut self, key: &str, file: Option<&At<String>>) {
        let Some((file, path)) = file.zip(self.path(file)) else { return };
        if self.sources.files.mode(&path).is_ok_and(|mode| mode & 0o077 != 0) {
            let message = format!("`{key}`: expected a file that only its owner can read");
            self.faults.at(file.span(), message, "chmod it to 0600".to_owned());
        }
    }
}

/// What a cold caller waits for a token: a read that takes longer answers nobody.
const LONGEST_READ: Duration = Duration::from_secs(8);
