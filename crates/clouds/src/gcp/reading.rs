//! Reading one value, and the data of its secret.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use google_cloud_gax::error::rpc::Code;
use google_cloud_secretmanager_v1::model;
use hallpass_core::{EntryName, Fault, FaultCode, Secret, Stage, StoredSecret};

use super::checksum::crc32c;
use super::client::Client;
use super::faults::Operation;
use super::place::{number_of, pin_command};
use super::stages::{Marks, alias};
use super::told::{Kind, Told};

/// What reads, and remembers whom it has warned about.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) client: Client,
    warned: Mutex<BTreeSet<EntryName>>,
}

/// A secret as it was read, for a write that compares.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) marks: Marks,
    pub(super) etag: String,
}

impl Reader {
    pub(super) fn new(client: Client) -> Self {
        Self { client, warned: Mutex::default() }
    }

    /// The value at a stage. One request where there is an alias, which is every entry that hallpass has written.
    pub(super) async fn read(&self, entry: &EntryName, stage: Stage) -> Result<StoredSecret, Fault> {
        let told = match self.access(entry, alias(stage)).await? {
            Ok(found) => return Ok(found),
            Err(told) => told,
        };
        if !no_such_alias(&told) {
            return Err(self.client.fault(&told, Operation::Access, Some(entry)));
        }
        if stage != Stage::Current {
            return Err(self.nothing_at(entry, stage));
        }
        let number = self.current_without_alias(entry).await?;
        match self.access(entry, &number.to_string()).await? {
            Ok(found) => Ok(found),
            Err(told) => Err(self.client.fault(&told, Operation::Access, Some(entry))),
        }
    }

    /// The number to read where the alias `current` led nowhere.
    ///
    /// The versions are listed *before* the secret is looked at: a writer marks the secret before it adds a version that must not be seen yet.
    /// What was listed while the secret still bears no mark was therefore there before.
    async fn current_without_alias(&self, entry: &EntryName) -> Result<i64, Fault> {
        let newest = self.newest_enabled(entry).await.map_err(|fault| self.aliasless(entry, fault))?;
        let marks = self.seen(entry).await.map_err(|fault| self.aliasless(entry, fault))?.marks;
        if let Some(number) = marks.at(Stage::Current) {
            // The alias exists and was not seen a moment ago: reads by alias lag behind.
            return Ok(number);
        }
        match newest {
            Some(number) if !marks.are_ours() => {
                self.warn_once(entry, number);
                Ok(number)
            }
            _ => Err(self.nothing_at(entry, Stage::Current)),
        }
    }

    /// Whoever may only access sees no alias and may not look further: setting the alias is the narrower remedy.
    fn aliasless(&self, entry: &EntryName, fault: Fault) -> Fault {
        if fault.code() != FaultCode::StoreDenied {
            return fault;
        }
        let command = pin_command(&self.client.place, entry, "N");
        fault.with_hint(format!(
            "the alias `current` led nowhere: if the secret exists, make its version N current with `{command}`, or grant \
             roles/secretmanager.viewer on it"
        ))
    }

    fn warn_once(&self, entry: &EntryName, number: i64) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded: who reads ten thousand entries has read the warning.
        if warned.len() < 10_000 && warned.insert(entry.clone()) {
            let command = pin_command(&self.client.place, entry, &number.to_string());
            tracing::warn!(
                entry = entry.as_str(),
                version = number,
                "the secret has no alias `current`, so its newest enabled version is read; fix it with `{command}`"
            );
        }
    }

    pub(super) fn nothing_at(&self, entry: &EntryName, stage: Stage) -> Fault {
        let alias = alias(stage);
        let place = &self.client.place;
        let fault = Fault::new(
            FaultCode::EntryNotFound,
            format!("`{entry}` in {} has no {alias} version", place.parent()),
        );
        match stage {
            Stage::Current => fault.with_hint(format!(
                "store one with `hallpass secret put`, or make version N current with `{}`",
                pin_command(place, entry, "N")
            )),
            _ => fault,
        }
    }

    /// Accesses a version by alias or number. The outer fault is about the value itself.
    async fn access(&self, entry: &EntryName, which: &str) -> Result<Result<StoredSecret, Told>, Fault> {
        let name = format!("{}/versions/{which}", self.client.place.secret(entry)?);
        let answer = self.client.call(|service| service.access_secret_version().set_name(&name).send()).await;
        match answer {
            Ok(answer) => self.stored(entry, answer).map(Ok),
            Err(told) => Ok(Err(told)),
        }
    }

    fn stored(
        &self,
        entry: &EntryName,
        answer: model::AccessSecretVersionResponse,
    ) -> Result<StoredSecret, Fault> {
        let bad = |what: &str| {
            let detail = format!("`{entry}` in {}: {what}", self.client.place.parent());
            Fault::new(FaultCode::StoreAnswerBad, detail)
        };
        let number = number_of(&answer.name).ok_or_else(|| bad("the answer names no version"))?;
        let payload = answer.payload.ok_or_else(|| bad("the answer holds no value"))?;
        // "The service will generate and store one for you": every answer of Google's has it.
        let said = payload.data_crc32c.ok_or_else(|| bad("the value came without its checksum"))?;
        if said != i64::from(crc32c(&payload.data)) {
            return Err(bad("the value does not match its checksum").with_hint(
                "read again; if it persists, something between here and Google changes what it carries",
            ));
        }
        let value = Secret::new(payload.data.to_vec());
        Ok(StoredSecret { value, version: self.client.place.version(entry, number) })
    }

    /// The secret's own data, without any value.
    pub(super) async fn seen(&self, entry: &EntryName) -> Result<Seen, Fault> {
        let name = self.client.place.secret(entry)?;
        let answer = self.client.call(|service| service.get_secret().set_name(&name).send()).await;
        let secret = answer.map_err(|told| self.client.fault(&told, Operation::GetSecret, Some(entry)))?;
        Ok(Seen { etag: secret.etag.clone(), marks: marks_of(secret) })
    }

    /// The highest number that is enabled. Every page is looked at: no order is documented.
    pub(super) async fn newest_enabled(&self, entry: &EntryName) -> Result<Option<i64>, Fault> {
        let parent = self.client.place.secret(entry)?;
        let (mut newest, mut token) = (None, String::new());
        for _ in 0..PAGES {
            let page = self.client.call(|service| {
                let request = service.list_secret_versions().set_parent(&parent).set_filter("state:ENABLED");
                request.set_page_size(PAGE).set_page_token(&token).send()
            });
            let page =
                page.await.map_err(|told| self.client.fault(&told, Operation::ListVersions, Some(entry)))?;
            newest = newest.max(page.versions.iter().filter_map(|version| number_of(&version.name)).max());
            token = page.next_page_token;
            if token.is_empty() {
                return Ok(newest);
            }
        }
        Err(self.endless())
    }

    pub(super) fn endless(&self) -> Fault {
        let most = PAGE * PAGES;
        Fault::new(
            FaultCode::StoreAnswerBad,
            format!("{}: a list of more than {most} does not end", self.client.place.parent()),
        )
    }
}

pub(super) fn marks_of(secret: model::Secret) -> Marks {
    Marks {
        aliases: secret.version_aliases.into_iter().collect(),
        annotations: secret.annotations.into_iter().collect(),
    }
}

/// An alias that Google does not know is absent; INVALID_ARGUMENT is how everything but numbers was refused before there were aliases.
fn no_such_alias(told: &Told) -> bool {
    told.is_absent() || matches!(told.kind, Kind::Refused(Code::InvalidArgument))
}

/// Entries per page, and the most pages of one list: a server that never ends must not keep us for ever.
pub(super) const PAGE: i32 = 250;
pub(super) const PAGES: i32 = 80;
