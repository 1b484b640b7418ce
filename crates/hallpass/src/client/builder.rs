//! The description of a client.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::AuditSink;
use hallpass_core::{Fault, Secret, Stage, Store};
use hallpass_stores::StoreLimits;

use super::place::Place;
use super::secret::SecretSource;
use super::{Client, wire};
use crate::Network;

/// Describes one integration: which platform, which secret, what it may call. Everything is checked by [`ClientBuilder::build`], and nothing before.
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientBuilder(pub(super) Description);

/// Everything that was said about an integration.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) environment: Option<String>,
    pub(super) secrets: Vec<SecretSource>,
    pub(super) local: Option<Arc<dyn Store>>,
    pub(super) folder: PathBuf,
    pub(super) rules: Vec<String>,
    pub(super) fallback: Vec<Stage>,
    pub(super) store_limits: StoreLimits,
    pub(super) network: Option<Network>,
    pub(super) audit: Option<Arc<dyn AuditSink>>,
    pub(super) answer_within: Option<Duration>,
}

impl ClientBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self(Description {
            name: name.to_owned(),
            place: Place::default(),
            environment: None,
            secrets: Vec::new(),
            local: None,
            folder: PathBuf::new(),
            rules: Vec::new(),
            fallback: vec![Stage::Previous],
            store_limits: StoreLimits::DEFAULT,
            network: None,
            audit: None,
            answer_within: None,
        })
    }

    /// The platform, such as `genesys`. Required.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.0.place.platform = platform.into();
        self
    }

    /// How the platform is spoken to. Default `standard`.
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.0.place.profile = Some(profile.into());
        self
    }

    /// The platform's region by its key, such as `us-east-1`. This or [`ClientBuilder::urls`] is required.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.0.place.settings.insert("region".to_owned(), region.into());
        self
    }

    /// Anything else that the platform's profile takes, by the key it has in a configuration file: `organization`, `tenant`, `issuer`,
    /// `client_auth`, `scope`, `audience`, `resource`.
    pub fn setting(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.place.settings.insert(key.into(), value.into());
        self
    }

    /// The token endpoint and the API, instead of a region: an emulator, a private gateway. Plain `http` is for loopback addresses only, and
    /// loopback addresses are for a [`Network`] that opens them.
    pub fn urls(mut self, token_url: impl Into<String>, api_url: impl Into<String>) -> Self {
        self.0.place.settings.insert("token_url".to_owned(), token_url.into());
        self.0.place.settings.insert("api_url".to_owned(), api_url.into());
        self
    }

    /// The deployment environment, such as `prod`. Required: a stored secret that says it belongs to another one is refused.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.0.environment = Some(environment.into());
        self
    }

    /// Where the secret is, as a reference: `env:VARIABLE`, `file:PATH` or `local:NAME`. The stored value is a JSON object such as
    /// `{"client_id": "...", "client_secret": "..."}`. Several places are tried in the order in which they are named.
    pub fn secret(mut self, reference: impl Into<String>) -> Self {
        self.0.secrets.push(SecretSource::Reference(reference.into()));
        self
    }

    /// Where the secret is: `entry` of `store`, which may be of your own making. Otherwise as [`ClientBuilder::secret`].
    pub fn secret_in(mut self, store: Arc<dyn Store>, entry: impl Into<String>) -> Self {
        self.0.secrets.push(SecretSource::In(store, entry.into()));
        self
    }

    /// The stored value itself, for programs that keep secrets in a database of their own. It is never re-read: a rotated secret needs another client,
    /// so prefer a [`Store`] over that database.
    pub fn secret_value(mut self, value: Secret) -> Self {
        self.0.secrets.push(SecretSource::Value(value));
        self
    }

    /// The store that `local:` references mean; see [`crate::local_store`].
    pub fn local_store(mut self, store: Arc<dyn Store>) -> Self {
        self.0.local = Some(store);
        self
    }

    /// The folder that the paths of `file:` references are relative to. Default: the working directory.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.0.folder = folder.into();
        self
    }

    /// What the integration may call, as rules `METHOD PATH`: `*` is one segment, a final `/**` any number of them. At least one is required;
    /// everything else is refused before anything is sent.
    pub fn allow<R: Into<String>>(mut self, rules: impl IntoIterator<Item = R>) -> Self {
        self.0.rules.extend(rules.into_iter().map(Into::into));
        self
    }

    /// The stages to try when the platform refuses the current secret, in order. Default: the previous one. Each refused try may count
    /// towards a lock-out at the platform.
    pub fn fallback(mut self, stages: impl IntoIterator<Item = Stage>) -> Self {
        self.0.fallback = stages.into_iter().collect();
        self
    }

    /// How the places of the secret are read: how soon the next one is asked, how often they are looked at again, and for how long the last good secret
    /// bridges an outage of all of them. Default: [`StoreLimits::DEFAULT`].
    pub fn store_limits(mut self, limits: StoreLimits) -> Self {
        self.0.store_limits = limits;
        self
    }

    /// How the platform is reached. Default: [`Network::public`], with connections of its own.
    pub fn network(mut self, network: Network) -> Self {
        self.0.network = Some(network);
        self
    }

    /// Who keeps the record of secrets read, tokens granted and calls refused. Default: nobody. What cannot be recorded is not done.
    pub fn audit(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.0.audit = Some(sink);
        self
    }

    /// How long one request may take until the head of its answer has arrived. Default: 60 seconds.
    pub fn answer_within(mut self, limit: Duration) -> Self {
        self.0.answer_within = Some(limit);
        self
    }

    /// The client. Nothing is sent and no secret is read. Must be called inside a tokio runtime with time and I/O, on which token requests will run.
    ///
    /// # Errors
    /// `configuration-invalid` and `reference-malformed`, naming what was missing or wrong and never its value.
    pub fn build(&self) -> Result<Client, Fault> {
        self.0.build()
    }

    pub(crate) fn description(&self) -> &Description {
        &self.0
    }
}

impl Description {
    pub(crate) fn build(&self) -> Result<Client, Fault> {
        wire::wire(self)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether both describe the same client, in everything that decides about tokens, calls and records. Destructured, so that a member added
    /// later cannot be forgotten.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let Self {
            name,
            place,
            environment,
            secrets,
            local,
            folder,
            rules,
            fallback,
            store_limits,
            network,
            audit,
            answer_within,
        } = self;
        let same_secrets = secrets.len() == other.secrets.len()
            && secrets.iter().zip(&other.secrets).all(|(one, two)| one.is(two));
        let same_network = both(network, &other.network, Network::is);
        *name == other.name
            && *place == other.place
            && *environment == other.environment
            && same_secrets
            && both(local, &other.local, same)
            && *folder == other.folder
            && *rules == other.rules
            && *fallback == other.fallback
            && *store_limits == other.store_limits
            && same_network
            && both(audit, &other.audit, same)
            && *answer_within == other.answer_within
    }
}

fn both<T>(one: &Option<T>, two: &Option<T>, same: fn(&T, &T) -> bool) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => same(one, two),
        (one, two) => one.is_none() && two.is_none(),
    }
}

/// Whether both are one and the same thing, not merely alike.
fn same<T: ?Sized>(one: &Arc<T>, two: &Arc<T>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(two))
}
