//! Opening the SDK: nothing at first, everything at the first use, once, shared by all who ask meanwhile.

use std::fmt;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::SharedHttpClient;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::ErrorKind;
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{Origin, TrustedRoots};
use tokio::sync::OnceCell;

use super::faults::no_identity;
use super::identity::{self, Identity, Variables};
use super::primed::Primed;

/// How a store of AWS is opened.
#[derive(Clone)]
pub struct Settings {
    /// The region; `None` takes that of the surroundings.
    pub region: Option<Box<str>>,
    /// Where the service is, if not at its usual address: an interface endpoint, a stand-in. `https`, or `http` to a loopback address.
    pub endpoint: Option<Box<str>>,
    /// Authorities to trust besides the machine's own, as PEM text.
    pub extra_roots: Option<Box<str>>,
    /// The environment.
    pub variables: Variables,
    /// Where credentials may come from.
    pub identity: Identity,
    /// How long one request may take in all, credentials and the one repetition included.
    pub within: Duration,
}

impl Settings {
    /// What a function in its own region needs: everything from the surroundings.
    #[must_use]
    pub fn new(variables: Variables) -> Self {
        Self {
            region: None,
            endpoint: None,
            extra_roots: None,
            variables,
            identity: Identity::Chain,
            within: OPERATION_WITHIN,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// A client of one service that is made at its first use.
pub(crate) struct Lazily<C> {
    settings: Settings,
    /// The region that is known without asking anybody.
    said: Option<Box<str>>,
    opened: OnceCell<Opened<C>>,
}

/// A client and where it talks to.
pub(crate) struct Opened<C> {
    /// The SDK's client.
    pub(crate) client: C,
    /// Its region.
    pub(crate) region: Box<str>,
    credentials: Primed,
}

impl<C> Lazily<C> {
    /// Does nothing yet.
    pub(crate) fn new(settings: Settings) -> Self {
        let said =
            settings.region.clone().or_else(|| identity::region_in(&settings.variables).map(Into::into));
        Self { settings, said, opened: OnceCell::new() }
    }

    /// The client, made by `build` if nobody has yet. Callers who come meanwhile wait for the one that makes it; if that one is dropped, the
    /// next makes it.
    pub(crate) async fn get(
        &self,
        build: impl Fn(&SdkConfig, Option<&str>) -> C,
    ) -> Result<&Opened<C>, Fault> {
        let open = async || {
            let (configuration, credentials) = configuration(&self.settings).await?;
            let region = configuration.region().map(Region::as_ref).unwrap_or_default().into();
            let client = build(&configuration, self.settings.endpoint.as_deref());
            Ok(Opened { client, region, credentials })
        };
        self.opened.get_or_try_init(open).await
    }

    /// Makes the client and fetches the credentials of its first request, within the time that a request has.
    pub(crate) async fn connect(&self, build: impl Fn(&SdkConfig, Option<&str>) -> C) -> Result<(), Fault> {
        let opened = self.get(build).await?;
        let primed = tokio::time::timeout(self.settings.within, opened.credentials.prime()).await;
        let outcome =
            primed.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(self.settings.within)));
        outcome.map_err(|error| no_identity("the identity of this process", &opened.region, &error))
    }

    /// The region, as far as it is known by now.
    pub(crate) fn region(&self) -> Option<&str> {
        self.said.as_deref().or_else(|| self.opened.get().map(|opened| &*opened.region))
    }

    /// What it was opened with.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// What all clients of one store share.
async fn configuration(settings: &Settings) -> Result<(SdkConfig, Primed), Fault> {
    if let Some(endpoint) = &settings.endpoint {
        endpoint.parse::<Origin>().map_err(|fault| invalid(format!("the endpoint of a store: {fault}")))?;
    }
    let http = http_client(settings.extra_roots.as_deref())?;
    let (identity, variables) = (settings.identity, &settings.variables);
    let region = match &settings.region {
        Some(region) => Some(Region::new(region.to_string())),
        None => identity::region(identity, variables, http.clone()).await,
    };
    let Some(region) = region else {
        let hint = "set AWS_REGION, or write `?region=` behind the reference";
        return Err(invalid("no region is known for a store of AWS").with_hint(hint));
    };
    let credentials = Primed::new(identity::credentials(identity, variables, region.clone(), http.clone()));
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_WITHIN).operation_timeout(settings.within).build();
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    if identity == Identity::VariablesOnly {
        // Without the SDK's loader nothing of the process's environment or home is read.
        let provider = SharedCredentialsProvider::new(credentials.clone());
        let configuration = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .http_client(http)
            .credentials_provider(provider)
            .timeout_config(timeouts)
            .retry_config(retries)
            .build();
        return Ok((configuration, credentials));
    }
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(region).http_client(http);
    let loader =
        loader.credentials_provider(credentials.clone()).timeout_config(timeouts).retry_config(retries);
    Ok((loader.load().await, credentials))
}

/// The SDK's own HTTP client over rustls with ring. It is not outbound's transport because the credentials of a container or a host come
/// from link-local addresses, which outbound never opens, and a private endpoint of a VPC from private ones.
fn http_client(extra_roots: Option<&str>) -> Result<SharedHttpClient, Fault> {
    let mut trusted = TrustStore::default();
    if let Some(pem) = extra_roots {
        // Judged here because the SDK's client panics on what is no certificate.
        TrustedRoots::web()
            .and_pem(pem.as_bytes())
            .map_err(|fault| invalid(format!("the extra roots of a store: {fault}")))?;
        trusted.add_pem_certificate(pem.as_bytes());
    }
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|_| invalid("the TLS settings of a store"))?;
    Ok(aws_smithy_http_client::Builder::new()
        .pool_max_idle_per_host(MOST_IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https())
}

fn invalid(detail: impl Into<String>) -> Fault {
    Fault::new(FaultCode::ConfigurationInvalid, detail)
}

/// Lets the SDK repeat a request in two cases: the connection broke, as an idle one in the pool does after a freeze; and the service says that
/// our clock is wrong, which the SDK corrects from the answer's `Date`. Everything else is the business of who asked: a failover that waits for
/// a throttled region to be asked again comes too late.
#[derive(Debug)]
pub(crate) struct OnlyBrokenOrSkewed;

impl ClassifyRetry for OnlyBrokenOrSkewed {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(&self, context: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        let RetryAction::RetryIndicated(RetryReason::RetryableError { kind, .. }) = previous else {
            return RetryAction::NoActionIndicated;
        };
        // The classifier for skewed clocks alone says `ServerError` to a request error of ours.
        let skewed = *kind == ErrorKind::ServerError;
        let broken = context.output_or_error().and_then(Result::err).is_some_and(|error| {
            error
                .as_connector_error()
                .is_some_and(|connector| connector.is_io() || connector.as_other().is_some())
        });
        if skewed || broken { RetryAction::NoActionIndicated } else { RetryAction::RetryForbidden }
    }

    fn name(&self) -> &'static str {
        "only broken connections and skewed clocks"
    }

    fn priority(&self) -> RetryClassifierPriority {
        // Behind all of the SDK's own: the last word is ours.
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// How long a connection may take: enough for a handshake within a continent, short enough that the next place can still be asked within
/// the two seconds in which a dead primary has to be bridged.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// The usual [`Settings::within`]: half of the ten seconds that Lambda gives to
/// initialisation (AWS Lambda Developer Guide, "Lambda execution environment"), so that a second place has the other half.
pub const OPERATION_WITHIN: Duration = Duration::from_secs(5);

/// The first, and one more for what [`OnlyBrokenOrSkewed`] lets pass.
const ATTEMPTS: u32 = 2;

/// With a single idle connection the repetition cannot meet a second one that died in the same freeze.
const MOST_IDLE: usize = 1;
