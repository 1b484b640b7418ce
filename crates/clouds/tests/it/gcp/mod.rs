//! Secret Manager, against the stand-in. Google's own Python SDK drives the same stand-in in `tests/interop/google_store_test.py`.

mod contract;
mod faults;
mod identity;
mod races;
mod reading;
mod writing;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use hallpass_cloud_emulator::StandIn;
use hallpass_cloud_emulator::google::{Metadata, SecretManager as Google, Tokens};
use hallpass_clouds::gcp::{Limits, Place, SecretManager, Settings, Variables};
use hallpass_core::{EntryName, Fault, FaultCode, Secret, Stage, Store, Version};

/// Secret Manager and the metadata server of one world.
pub(super) struct World {
    pub(super) tokens: Tokens,
    pub(super) google: Arc<Google>,
    pub(super) api: StandIn,
    pub(super) metadata: StandIn,
}

pub(super) async fn world() -> World {
    let tokens = Tokens::new();
    let google = Arc::new(Google::new(tokens.clone()));
    let api = StandIn::start(google.clone(), None).await.expect("a port");
    let metadata = StandIn::start(Arc::new(Metadata::new(tokens.clone())), None).await.expect("a port");
    World { tokens, google, api, metadata }
}

impl World {
    pub(super) fn store(&self) -> SecretManager {
        self.store_at("projects/acme-prod")
    }

    pub(super) fn store_at(&self, place: &str) -> SecretManager {
        SecretManager::open(self.settings(place))
    }

    pub(super) fn settings(&self, place: &str) -> Settings {
        Settings {
            place: Place::parse(place).expect("a place"),
            endpoint: Some(self.api.url()),
            variables: variables(vec![("GCE_METADATA_HOST", self.metadata_host())]),
            limits: patient(),
        }
    }

    pub(super) fn metadata_host(&self) -> String {
        self.metadata.url().trim_start_matches("http://").to_owned()
    }

    /// What the API was asked, as `METHOD path`.
    pub(super) fn asked(&self) -> Vec<String> {
        let seen = self.api.seen();
        seen.iter()
            .map(|seen| format!("{} {}", seen.method, seen.path.replace("/v1/projects/acme-prod", "")))
            .collect()
    }
}

/// The machine that runs this may be busy: no test is decided by a limit, except those that say their own.
pub(super) fn patient() -> Limits {
    let patience = Duration::from_secs(60);
    Limits { identity: patience, read: patience, write: patience, list: patience }
}

pub(super) fn variables(values: Vec<(&'static str, String)>) -> Variables {
    Arc::new(move |name| {
        values.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    })
}

pub(super) fn entry(name: &str) -> EntryName {
    name.parse().expect("a name")
}

pub(super) async fn put(store: &dyn Store, name: &str, value: &str) -> Version {
    store.put_pending(&entry(name), Secret::from(value)).await.expect("put")
}

pub(super) async fn promoted(
    store: &dyn Store,
    name: &str,
    value: &str,
    expected: Option<&Version>,
) -> Version {
    let version = put(store, name, value).await;
    store.promote(&entry(name), &version, expected).await.expect("promoted");
    version
}

pub(super) async fn value(store: &dyn Store, name: &str, stage: Stage) -> Result<String, FaultCode> {
    let read = store.read(&entry(name), stage).await.map_err(|fault| fault.code())?;
    Ok(read.value.expose_str().expect("text").to_owned())
}

/// What a fault shows to anybody, whole.
pub(super) fn shown(fault: &Fault) -> String {
    let mut text = format!("{fault} / {} / {fault:?}", fault.hint());
    let mut source = std::error::Error::source(fault);
    while let Some(cause) = source {
        text += &format!(" / {cause} / {cause:?}");
        source = cause.source();
    }
    text
}

/// A request of somebody who is not hallpass, in a client of its own: a person with `gcloud`.
pub(super) async fn by_hand(world: &World, method: &str, path: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let host = world.api.url().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&host).await.expect("it listens");
    let request = format!(
        "{method} /v1/projects/acme-prod/{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        world.tokens.current(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// A secret as somebody made it who does not know hallpass: versions, and no alias.
pub(super) async fn foreign(world: &World, name: &str, values: &[&str]) {
    use base64::Engine as _;
    by_hand(world, "POST", &format!("secrets?secretId={name}"), r#"{"replication":{"automatic":{}}}"#).await;
    for value in values {
        let data = base64::engine::general_purpose::STANDARD.encode(value);
        let body = format!(r#"{{"payload":{{"data":"{data}"}}}}"#);
        by_hand(world, "POST", &format!("secrets/{name}:addVersion"), &body).await;
    }
}
