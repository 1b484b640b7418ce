//! A key-value of App Configuration as a [`DocumentStore`]: replaced by its entity tag.
//!
//! ```text
//!   read      GET /kv/KEY ──▶ value, etag                      404: there is none
//!   replace   PUT /kv/KEY, If-None-Match: *  (the first)  ──▶ the new etag, or 412: somebody else was faster
//!             PUT /kv/KEY, If-Match: "ETAG"  (any other)
//! ```
//!
//! The condition and the write are one step of the service: <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#set-key-conditionally>

use std::fmt;
use std::sync::{Mutex, PoisonError};

use azure_core::http::headers::{HeaderName, HeaderValue};
use azure_core::http::{Context, Method, RawResponse, Request};
use hallpass_core::{BoxFuture, DocumentStore, EntryName, Fault, FaultCode, Secret, StoredSecret, Version};

use super::answers::Silence;
use super::app_configuration::{AppConfiguration, read_as};
use super::client::Settings;
use super::faults::{Asked, Doing, silent};
use super::key_values::KeyValue;
use super::sync_tokens::SyncTokens;

/// The most that a document may hold, in bytes. A key-value with its key, label and tags may have 10 KB
/// (<https://learn.microsoft.com/azure/azure-app-configuration/faq#are-there-any-size-limitations-on-keys-and-values-stored-in-app-configuration>); two of
/// them are left to the rest.
pub const MOST_DOCUMENT_BYTES: usize = 8 * 1024;

/// One key-value, at one label.
///
/// # What is atomic
/// A replacement is one conditional write, and never repeated by itself. If the process dies, the future is dropped or no answer comes, the old value is there or the
/// new one; whoever wants to know which reads.
///
/// A reference into a Key Vault is not followed here: it is something else's key, and refused.
pub struct ConfigurationDocument {
    store: AppConfiguration,
    key: EntryName,
    /// So that a look sees at least what this one wrote or saw before.
    synced: Mutex<SyncTokens>,
}

impl ConfigurationDocument {
    /// The key-value `key` of the store at `settings.origin`; without a label, the one without. No I/O: the first use connects, and fetches a token.
    ///
    /// # Errors
    /// `reference-malformed` when that is no `https://HOST`.
    pub fn open(settings: &Settings, label: Option<&str>, key: EntryName) -> Result<Self, Fault> {
        Ok(Self { store: AppConfiguration::open(settings, label)?, key, synced: Mutex::default() })
    }

    async fn found(&self) -> Result<Option<StoredSecret>, Fault> {
        let asked = self.asked(Doing::Configuration);
        let pipeline = self.store.pipeline().await?;
        let ask = || async {
            let mut request = self.request(Method::Get);
            pipeline.send(&Context::new(), &mut request, None).await
        };
        let found = match self.store.connection().read(asked, ask).await {
            Ok(answer) => self.read_of(&answer, asked)?,
            Err(fault) if fault.code() == FaultCode::EntryNotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        if found.is_reference() {
            let what = format!("the key-value `{}` refers into a Key Vault, and is no document", self.key);
            return Err(Fault::new(FaultCode::ReferenceMalformed, what)
                .with_hint("name a key in `document` that nothing else uses"));
        }
        let value = found.value.ok_or_else(|| silent(&Silence::Unreadable, asked))?;
        Ok(Some(StoredSecret { value: Secret::from(value), version: Version::new(&found.etag) }))
    }

    async fn put(&self, value: &Secret, expected: Option<&Version>) -> Result<Version, Fault> {
        let asked = self.asked(Doing::ConfigurationWrite);
        let text = value.expose_str().filter(|text| text.len() <= MOST_DOCUMENT_BYTES).ok_or_else(|| {
            let what =
                format!("`{}`: a document of {} bytes, at most {MOST_DOCUMENT_BYTES}", self.key, value.len());
            Fault::new(FaultCode::StoreUnwritable, what)
                .with_hint("the document names every slot at the platform: remove those that nobody uses")
        })?;
        let body = serde_json::json!({ "value": text, "content_type": "application/json" });
        let mut request = self.request(Method::Put);
        let (condition, tag) = match expected {
            Some(version) => (IF_MATCH, HeaderValue::from(format!("\"{version}\""))),
            None => (IF_NONE_MATCH, HeaderValue::from_static("*")),
        };
        request.insert_header(condition, tag);
        request.insert_header(HeaderName::from_static("content-type"), HeaderValue::from_static(KEY_VALUE));
        request.set_body(body.to_string());
        let pipeline = self.store.pipeline().await?;
        let context = Context::new();
        let answer =
            self.store.connection().write(asked, pipeline.send(&context, &mut request, None)).await?;
        let written = self.read_of(&answer, asked)?;
        if written.etag.is_empty() {
            return Err(silent(&Silence::Unreadable, asked));
        }
        Ok(Version::new(&written.etag))
    }

    fn request(&self, method: Method) -> Request {
        let mut request = Request::new(self.store.url(self.key.as_str(), None, None), method);
        if let Some(shown) = self.synced.lock().unwrap_or_else(PoisonError::into_inner).shown() {
            request.insert_header(SYNC_TOKEN, HeaderValue::from(shown));
        }
        request
    }

    fn read_of(&self, answer: &RawResponse, asked: Asked<'_>) -> Result<KeyValue, Fault> {
        if let Some(tokens) = answer.headers().get_optional_str(&SYNC_TOKEN) {
            self.synced.lock().unwrap_or_else(PoisonError::into_inner).take(tokens);
        }
        read_as(answer, asked)
    }

    fn asked(&self, doing: Doing) -> Asked<'_> {
        Asked { doing, ..self.store.asked(self.key.as_str()) }
    }
}

impl DocumentStore for ConfigurationDocument {
    /// One request.
    fn read(&self) -> BoxFuture<'_, Result<Option<StoredSecret>, Fault>> {
        Box::pin(self.found())
    }

    /// One request.
    fn replace<'a>(
        &'a self,
        value: Secret,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(async move { self.put(&value, expected).await })
    }
}

impl fmt::Debug for ConfigurationDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigurationDocument").field("store", &self.store).field("key", &self.key).finish()
    }
}

const SYNC_TOKEN: HeaderName = HeaderName::from_static("sync-token");
const IF_MATCH: HeaderName = HeaderName::from_static("if-match");
const IF_NONE_MATCH: HeaderName = HeaderName::from_static("if-none-match");
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#set-key>
const KEY_VALUE: &str = "application/vnd.microsoft.appconfig.kv+json";
