//! Google's client, opened at the first use, with limits of ours.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use google_cloud_auth::credentials::CredentialsProvider;
use google_cloud_gax::backoff_policy::BackoffPolicy;
use google_cloud_gax::error::Error;
use google_cloud_gax::retry_policy::{RetryPolicy, RetryPolicyExt as _};
use google_cloud_gax::retry_result::RetryResult;
use google_cloud_gax::retry_state::RetryState;
use google_cloud_secretmanager_v1::client::SecretManagerService;
use hallpass_core::{EntryName, Fault};
use http::Extensions;
use tokio::sync::OnceCell;

use super::faults::{Operation, fault};
use super::identity::{Bearer, Identity, Variables};
use super::place::Place;
use super::told::{Kind, Told};

/// What a [`super::SecretManager`] is opened with.
#[derive(Clone)]
pub struct Settings {
    /// The project, or the location of one.
    pub place: Place,
    /// Where the API is, if not at its usual address: an origin such as `https://10.0.0.7`. Plain `http` is for stand-ins on this machine.
    pub endpoint: Option<String>,
    /// The environment: `GOOGLE_APPLICATION_CREDENTIALS`, `HOME`, `APPDATA`, `GCE_METADATA_HOST`, `GOOGLE_CLOUD_UNIVERSE_DOMAIN`.
    pub variables: Variables,
    /// How long things may take.
    pub limits: Limits,
}

/// How long things may take. What is cut off is in the state that the called method's documentation says for a dropped future. There is no limit for
/// connecting alone, since Google's SDK has none: a host that swallows packets costs the whole of `read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until there is an access token. 3 s: a metadata server answers within milliseconds, and the rest of a read must still fit.
    pub identity: Duration,
    /// For reading or describing one entry, the token included. 5 s: triggers over HTTP give up after 3 to 5 s, and the wrappers that ask a
    /// second place start long before.
    pub read: Duration,
    /// For a write, which is up to five requests. 15 s.
    pub write: Duration,
    /// For a list, which is a request per entry. 30 s.
    pub list: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            identity: Duration::from_secs(3),
            read: Duration::from_secs(5),
            write: Duration::from_secs(15),
            list: Duration::from_secs(30),
        }
    }
}

/// The one client of a store.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) place: Place,
    endpoint: Option<String>,
    identity: Arc<Identity>,
    service: OnceCell<SecretManagerService>,
}

impl Client {
    /// Neither resolves nor reads nor connects.
    pub(super) fn new(settings: Settings) -> Self {
        let Settings { place, endpoint, variables, limits } = settings;
        let endpoint = endpoint.or_else(|| place.endpoint());
        let identity = Identity::new(variables, limits.identity);
        Self { place, endpoint, identity, service: OnceCell::new() }
    }

    /// Opens the SDK's client and fetches the token that its first request will show; the SDK keeps it.
    pub(super) async fn connect(&self) -> Result<(), Told> {
        self.service.get_or_try_init(|| self.open()).await?;
        let bearer = Bearer(Arc::clone(&self.identity));
        let token = bearer.headers(Extensions::new()).await;
        token.map(drop).map_err(|error| Told::by(&Error::authentication(error)))
    }

    /// One request, and a second one with a new token if the first one's was refused: such a request had no effect, so this is right for writes
    /// too.
    pub(super) async fn call<T, Sent>(
        &self,
        request: impl Fn(&SecretManagerService) -> Sent + Send,
    ) -> Result<T, Told>
    where
        Sent: Future<Output = Result<T, Error>> + Send,
    {
        let service = self.service.get_or_try_init(|| self.open()).await?;
        let generation = self.identity.generation();
        let refused = match request(service).await {
            Ok(answer) => return Ok(answer),
            Err(error) => Told::by(&error),
        };
        if !refused.is_unauthenticated() {
            return Err(refused);
        }
        self.identity.retire(generation);
        request(service).await.map_err(|error| Told::by(&error))
    }

    /// The fault of a request.
    pub(super) fn fault(&self, told: &Told, operation: Operation, entry: Option<&EntryName>) -> Fault {
        fault(told, operation, &self.place, entry)
    }

    async fn open(&self) -> Result<SecretManagerService, Told> {
        hallpass_outbound::ensure_tls_provider();
        // Opened before any token is asked for: without certificate authorities this fails, where the SDK's task for tokens would panic.
        let builder = SecretManagerService::builder()
            .with_credentials(Bearer(Arc::clone(&self.identity)))
            .with_retry_policy(OnceMoreAfterReset.with_attempt_limit(2))
            .with_backoff_policy(AtOnce);
        let builder = match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        builder.build().await.map_err(|_| Told::of(Kind::NoRoots))
    }
}

/// Repeats only what has no effect (GET) and met a broken connection: a pooled one that the other side had closed while it was idle. Everything
/// else is for the wrappers to judge, which know a second place to ask.
#[derive(Debug)]
struct OnceMoreAfterReset;

impl RetryPolicy for OnceMoreAfterReset {
    fn on_error(&self, state: &RetryState, error: Error) -> RetryResult {
        if state.idempotent && error.is_io() {
            RetryResult::Continue(error)
        } else {
            RetryResult::Permanent(error)
        }
    }
}

/// A new connection is not the one that broke: there is nothing to wait for.
#[derive(Debug)]
struct AtOnce;

impl BackoffPolicy for AtOnce {
    fn on_failure(&self, _: &RetryState) -> Duration {
        Duration::ZERO
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Settings");
        debug.field("place", &self.place).field("endpoint", &self.endpoint).field("limits", &self.limits);
        debug.finish_non_exhaustive()
    }
}
