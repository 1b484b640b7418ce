//! App Configuration as a [`Store`] that is only read. What hallpass writes there, one document per rotation, is in `document.rs`.
//!
//! There is no Rust SDK for it, so these are two requests on the SDK's pipeline: `GET /kv/KEY` and `GET /kv`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{Context, Method, Pipeline, RawResponse, Request, Url, UrlExt as _};
use azure_core::time::parse_rfc3339;
use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits,
    StoredSecret, Version,
};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::answers::Silence;
use super::client::{Connection, Settings, host_of};
use super::faults::{Asked, Doing, silent};
use super::key_values::{KeyValue, Page, Target, scope_of, target_of};
use super::store::KeyVault;

/// The key-values of one App Configuration store, at one label.
///
/// An entry is a key. Its version is the entity tag, or, where the value is a reference into a Key Vault, the version that the vault has:
/// the tag of a reference stays while the secret behind it changes. References are followed with the same identity.
#[derive(Debug)]
pub struct AppConfiguration {
    origin: String,
    host: String,
    label: Option<String>,
    trusted: Vec<String>,
    connection: Arc<Connection>,
    pipeline: OnceCell<Pipeline>,
    vaults: Mutex<BTreeMap<String, Arc<KeyVault>>>,
}

/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-versioning>
const API_VERSION: &str = "1.0";

/// What is asked for in lists: everything but values.
const WITHOUT_VALUES: &str = "key,etag,content_type,last_modified";

impl AppConfiguration {
    /// The store at `settings.origin`; without a label, its key-values without one. No I/O: the first use connects, and fetches a token.
    ///
    /// # Errors
    /// `reference-malformed` when that is no `https://HOST`.
    pub fn open(settings: &Settings, label: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            origin: settings.origin.clone(),
            host: host_of(&settings.origin)?,
            label: label.map(str::to_owned),
            trusted: Vec::new(),
            connection: Connection::new(settings),
            pipeline: OnceCell::new(),
            vaults: Mutex::default(),
        })
    }

    /// The same, following references to the vault at `origin` too, whose name is none of Key Vault's: a stand-in.
    #[must_use]
    pub fn trusting_vault(mut self, origin: impl Into<String>) -> Self {
        self.trusted.push(origin.into());
        self
    }

    async fn read_current(&self, entry: &EntryName) -> Result<StoredSecret, Fault> {
        let found = self.key_value(entry, None).await?;
        let asked = self.asked(entry.as_str());
        if found.is_reference() {
            let value = found.value.as_deref().unwrap_or_default();
            return self.followed(&target_of(entry.as_str(), value, &self.trusted)?).await;
        }
        // A key-value may have no value at all.
        let value = found.value.ok_or_else(|| silent(&Silence::Unreadable, asked))?;
        Ok(StoredSecret { value: Secret::from(value), version: Version::new(&found.etag) })
    }

    async fn followed(&self, target: &Target) -> Result<StoredSecret, Fault> {
        let vault = self.vault(target)?;
        match &target.version {
            Some(version) => vault.pinned(&target.name, version).await,
            None => vault.read(&target.name.parse()?, Stage::Current).await,
        }
    }

    /// What the list says of one key-value. The version behind a reference is the vault's to tell; where it does not, there is none to show.
    async fn info(&self, found: KeyValue) -> Option<EntryInfo> {
        let name: EntryName = found.key.parse().ok()?;
        let current = if found.is_reference() {
            self.read_current(&name).await.ok().map(|read| read.version)
        } else {
            Some(Version::new(&found.etag))
        };
        let at = found.last_modified.as_deref().and_then(|text| parse_rfc3339(text).ok());
        let written = at.and_then(|at| u64::try_from(at.unix_timestamp()).ok()).map(Duration::from_secs);
        Some(EntryInfo { name, current, previous: None, pending: None, written })
    }

    async fn all(&self) -> Result<Vec<EntryInfo>, Fault> {
        let mut url = self.url("kv", Some(WITHOUT_VALUES), Some("*"));
        let mut infos = BTreeMap::new();
        loop {
            let asked = self.asked("");
            let page: Page = read_as(&self.ask(&url, asked).await?, asked)?;
            for found in page.items {
                if let Some(info) = self.info(found).await {
                    infos.insert(info.name.clone(), info);
                }
            }
            let Some(next) = page.next.filter(|next| !next.is_empty()) else { break };
            let next = url.join(&next).ok().filter(|next| next.origin() == url.origin());
            url = next.ok_or_else(|| silent(&Silence::Unreadable, asked))?;
        }
        Ok(infos.into_values().collect())
    }

    async fn key_value(&self, entry: &EntryName, select: Option<&str>) -> Result<KeyValue, Fault> {
        let asked = self.asked(entry.as_str());
        let url = self.url(entry.as_str(), select, None);
        read_as(&self.ask(&url, asked).await?, asked)
    }

    /// `/kv/KEY`, or `/kv` with a filter; the key is escaped as one segment. Without a label: the key-value without one, which a list wants
    /// said as `\0`.
    /// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value>
    pub(super) fn url(&self, key: &str, select: Option<&str>, filter: Option<&str>) -> Url {
        let mut url = Url::parse(&self.origin).expect("the origin was parsed when the store was opened");
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().push("kv");
            if filter.is_none() {
                path.push(key);
            }
        }
        let mut query = url.query_builder();
        query.set_pair("api-version", API_VERSION);
        query.set_pair("label", self.label.as_deref().unwrap_or("\0"));
        if let Some(select) = select {
            query.set_pair("$select", select);
        }
        if let Some(filter) = filter {
            query.set_pair("key", filter);
        }
        query.build();
        url
    }

    async fn ask(&self, url: &Url, asked: Asked<'_>) -> Result<RawResponse, Fault> {
        let pipeline = self.pipeline().await?;
        let ask = || async {
            let mut request = Request::new(url.clone(), Method::Get);
            pipeline.send(&Context::new(), &mut request, None).await
        };
        self.connection.read(asked, ask).await
    }

    pub(super) async fn pipeline(&self) -> Result<&Pipeline, Fault> {
        let make = async || {
            let opened = self.connection.opened().await?;
            let tokens = Arc::clone(&opened.tokens);
            let policy: Arc<dyn Policy> =
                Arc::new(BearerTokenAuthorizationPolicy::new(tokens, [scope_of(&self.host)]));
            Ok(Pipeline::new(None, None, opened.options.clone(), Vec::new(), vec![policy], None))
        };
        self.pipeline.get_or_try_init(make).await
    }

    /// The vault of a reference, opened once.
    fn vault(&self, target: &Target) -> Result<Arc<KeyVault>, Fault> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vault) = vaults.get(&target.origin) {
            return Ok(Arc::clone(vault));
        }
        let vault = Arc::new(KeyVault::over(&target.origin, Arc::clone(&self.connection))?);
        vaults.insert(target.origin.clone(), Arc::clone(&vault));
        Ok(vault)
    }

    pub(super) fn asked<'a>(&'a self, entry: &'a str) -> Asked<'a> {
        Asked { place: &self.host, entry, doing: Doing::Configuration }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Store for AppConfiguration {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "azure-appconfig", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn place(&self) -> Option<&str> {
        Some(&self.host)
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async { self.connection.connect(&scope_of(&self.host), self.asked("")).await })
    }

    /// One request, and one to the vault if the value refers there. There is no PREVIOUS and no PENDING here.
    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            match stage {
                Stage::Current => self.read_current(entry).await,
                Stage::Previous | Stage::Pending => {
                    let what = format!("`{entry}`: App Configuration keeps one version only");
                    Err(Fault::new(FaultCode::EntryNotFound, what))
                }
            }
        })
    }

    /// The keys of the label: one request per 100 of them, and for every reference what reading it takes.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(self.all())
    }

    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        Box::pin(async move {
            let found = self.key_value(entry, Some(WITHOUT_VALUES)).await?;
            let asked = self.asked(entry.as_str());
            self.info(found).await.ok_or_else(|| silent(&Silence::Unreadable, asked))
        })
    }
}

/// Without the parser's message, which may quote the value.
pub(super) fn read_as<T: DeserializeOwned>(answer: &RawResponse, asked: Asked<'_>) -> Result<T, Fault> {
    serde_json::from_slice(answer.body()).map_err(|_| silent(&Silence::Unreadable, asked))
}
