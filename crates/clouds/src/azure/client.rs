//! Opening: what a store is opened with, and the HTTP client and identity that come with its first use.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, RetryOptions, Transport, Url};
use hallpass_core::{Clock, Fault, FaultCode};
use hallpass_outbound::TrustedRoots;
use tokio::sync::OnceCell;

use super::expiry::Lifetimes;
use super::faults::Asked;
use super::identity::{self, AUTHORITY_HOST};
use super::tokens::Tokens;

/// How environment variables are looked up. Microsoft's own names count, in the order that the identities are tried in.
pub type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// What a store of Azure is opened with.
#[derive(Clone)]
pub struct Settings {
    /// Where it is: `https://NAME.vault.azure.net` or `https://NAME.azconfig.io`, without anything behind the host. Plain HTTP is refused, by
    /// us and by the SDK: a token would cross the network in the clear.
    pub origin: String,
    /// Authorities (PEM text) that are trusted besides the public ones.
    pub extra_roots: Option<String>,
    /// The environment.
    pub variables: Variables,
    /// How old secrets may become that are written with these settings. None unless changed.
    pub lifetimes: Lifetimes,
    /// Tells when a token must be replaced, and from when a secret's age counts.
    pub clock: Arc<dyn Clock>,
    /// How long one exchange may take, the token for it included. [`PATIENCE`] unless changed.
    pub patience: Duration,
}

/// A read must fail early enough that another place can still be asked within a caller's patience; the token for it may take a request of its
/// own, and each is answered within a fraction of a second in good times.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A handshake with a vault of the same region takes some ten milliseconds; one across the world takes 300. Whoever needs a second is
/// not there, and the next place must not wait for it.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Below the minutes after which load balancers drop an idle connection without a word.
const IDLE_CONNECTION: Duration = Duration::from_secs(50);

impl Settings {
    /// The usual settings: no further authorities, nothing that expires, [`PATIENCE`].
    #[must_use]
    pub fn new(origin: impl Into<String>, variables: Variables, clock: Arc<dyn Clock>) -> Self {
        Self {
            origin: origin.into(),
            extra_roots: None,
            variables,
            lifetimes: Lifetimes::default(),
            clock,
            patience: PATIENCE,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// What every client of one identity shares. Nothing of it exists before the first use.
pub(super) struct Connection {
    extra_roots: Option<String>,
    variables: Variables,
    clock: Arc<dyn Clock>,
    pub(super) patience: Duration,
    opened: OnceCell<Opened>,
}

/// What the first use made.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) options: ClientOptions,
    pub(super) tokens: Arc<Tokens>,
}

impl Connection {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            extra_roots: settings.extra_roots.clone(),
            variables: Arc::clone(&settings.variables),
            clock: Arc::clone(&settings.clock),
            patience: settings.patience,
            opened: OnceCell::new(),
        })
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The HTTP client and the identity. Whoever comes first makes them; if that one goes away, the next one does.
    pub(super) async fn opened(&self) -> Result<&Opened, Fault> {
        self.opened.get_or_try_init(|| std::future::ready(self.open())).await
    }

    /// Fetches the token for `scope` that the first request will show, if nobody has yet.
    ///
    /// # Errors
    /// `cloud-identity-missing`; `store-unreachable` where it cannot be asked for.
    pub(super) async fn connect(&self, scope: &str, asked: Asked<'_>) -> Result<(), Fault> {
        let tokens = Arc::clone(&self.opened().await?.tokens);
        let scopes = [scope];
        self.read(asked, || tokens.get_token(&scopes, None)).await.map(drop)
    }

    /// Drops the identity's tokens, if `refused` says that a service did not accept one.
    pub(super) fn forget_tokens_if(&self, refused: bool) {
        if let Some(opened) = self.opened.get().filter(|_| refused) {
            opened.tokens.forget();
        }
    }

    fn open(&self) -> Result<Opened, Fault> {
        let http = http_client(self.extra_roots.as_deref())?;
        let authority = (self.variables)(AUTHORITY_HOST).and_then(|host| host.into_string().ok());
        let options = options(http, authority.as_deref());
        let chosen = identity::choose(&*self.variables);
        let tokens = Arc::new(Tokens::new(chosen, options.clone(), Arc::clone(&self.clock), self.patience));
        Ok(Opened { options, tokens })
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("opened", &self.opened.initialized()).finish_non_exhaustive()
    }
}

/// No redirect is followed, no proxy variable read: where a token goes is decided by the reference alone.
fn http_client(extra_roots: Option<&str>) -> Result<reqwest::Client, Fault> {
    let roots = TrustedRoots::web();
    let roots = match extra_roots {
        Some(pem) => roots.and_pem(pem.as_bytes()).map_err(|fault| {
            Fault::new(FaultCode::ConfigurationInvalid, "the further authorities for Azure")
                .with_source(fault)
        })?,
        None => roots,
    };
    reqwest::Client::builder()
        .tls_backend_preconfigured(roots.into_client_config())
        .connect_timeout(CONNECT_WITHIN)
        .pool_idle_timeout(IDLE_CONNECTION)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|_| Fault::new(FaultCode::Internal, "the HTTP client for Azure cannot be built"))
}

/// The SDK's own retries are off: they wait as long as a `Retry-After` says, while another place could have answered.
fn options(http: reqwest::Client, authority: Option<&str>) -> ClientOptions {
    let cloud = authority.map(|host| {
        let mut custom = CustomConfiguration::default();
        host.clone_into(&mut custom.authority_host);
        Arc::new(CloudConfiguration::from(custom))
    });
    ClientOptions {
        transport: Some(Transport::new(Arc::new(http))),
        retry: RetryOptions::none(),
        cloud,
        ..ClientOptions::default()
    }
}

/// The host of an origin, with its port if it says one.
///
/// # Errors
/// `reference-malformed` when it is no `https://HOST`.
pub(super) fn host_of(origin: &str) -> Result<String, Fault> {
    let url = Url::parse(origin).ok();
    let url = url.filter(|url| {
        url.scheme() == "https"
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    let authority = url.as_ref().and_then(|url| {
        let host = url.host_str()?;
        Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    });
    authority.ok_or_else(|| {
        let what = format!("an origin of {} bytes that is no https://HOST", origin.len());
        Fault::new(FaultCode::ReferenceMalformed, what)
            .with_hint("write https://NAME.vault.azure.net or https://NAME.azconfig.io")
    })
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn an_origin_is_https_and_a_host_and_nothing_else() {
        assert_eq!(host_of("https://a.vault.azure.net").unwrap(), "a.vault.azure.net");
        assert_eq!(host_of("https://127.0.0.1:8443/").unwrap(), "127.0.0.1:8443");
        let bad = [
            "http://a.vault.azure.net",
            "https://a/secrets/canary",
            "https://canary@a",
            "https://a?canary",
            "canary",
            "https://:canary@a",
        ];
        for text in bad {
            let fault = host_of(text).unwrap_err();
            assert!(!format!("{fault} {}", fault.hint()).contains("canary"), "{text}");
        }
    }
}
