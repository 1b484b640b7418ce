//! The real transport: hyper over rustls, one pool, every address guarded.

use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use hallpass_core::{BoxFuture, Clock, ThawWatch};
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::address::{AddressGuard, AddressRefusal};
use crate::{Body, Transport, TransportFault, TrustedRoots};

/// HTTP/1.1 over TLS 1.2 or 1.3 (plain TCP to loopback origins), with pooled connections.
///
/// After a freeze of the process every pooled connection is forgotten: idle time is measured on a clock that stood still, so a dead connection
/// looks fresh.
#[derive(Debug)]
pub struct HyperTransport {
    connector: HttpsConnector<GuardedConnector>,
    client: RwLock<PooledClient>,
    clock: Arc<dyn Clock>,
    thaw: ThawWatch,
}

type PooledClient = Client<HttpsConnector<GuardedConnector>, Body>;

impl HyperTransport {
    /// A transport that trusts `roots`. No connection is made before the first request.
    #[must_use]
    pub fn new(guard: AddressGuard, roots: TrustedRoots, clock: Arc<dyn Clock>) -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(roots.into_client_config())
            .https_or_http()
            .enable_http1()
            .wrap_connector(GuardedConnector::new(guard));
        let client = RwLock::new(pool(&connector));
        Self { connector, client, clock, thaw: ThawWatch::new() }
    }

    fn client(&self) -> PooledClient {
        if self.thaw.thawed(self.clock.now()) {
            let fresh = pool(&self.connector);
            *self.client.write().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
        }
        self.client.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Transport for HyperTransport {
    fn send(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, TransportFault>> {
        let sending = self.client().request(request);
        Box::pin(async move {
            let response = sending.await.map_err(classify)?;
            Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
        })
    }
}

/// `retry_canceled_requests` stays on: it repeats a request only when hyper hands the very request back because a pooled connection closed before a
/// byte of it was written, so the server cannot have seen it. A test pins this.
fn pool(connector: &HttpsConnector<GuardedConnector>) -> PooledClient {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(MOST_IDLE)
        .build(connector.clone())
}

fn classify(error: hyper_util::client::legacy::Error) -> TransportFault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(present) = cause {
        if let Some(refusal) = refusal_in(present) {
            return TransportFault::AddressRefused(refusal.to_string());
        }
        if present.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_user) {
            return TransportFault::RequestBody(error.into());
        }
        cause = present.source();
    }
    if error.is_connect() {
        TransportFault::Unreachable(error.into())
    } else {
        TransportFault::Broken(error.into())
    }
}

/// An `io::Error` shows the error it wraps as its own, not as its source.
fn refusal_in<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a AddressRefusal> {
    let wrapped = cause.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    wrapped.and_then(|inner| inner.downcast_ref()).or_else(|| cause.downcast_ref())
}

/// Connects only where the guard allows it: literal addresses are judged here, names by the resolver.
#[derive(Clone, Debug)]
struct GuardedConnector {
    guard: Arc<AddressGuard>,
    http: HttpConnector<GuardedResolver>,
}

impl GuardedConnector {
    fn new(guard: AddressGuard) -> Self {
        let guard = Arc::new(guard);
        let mut http = HttpConnector::new_with_resolver(GuardedResolver {
            guard: Arc::clone(&guard),
            system: GaiResolver::new(),
        });
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_WITHIN));
        http.set_keepalive(Some(IDLE_CONNECTION));
        Self { guard, http }
    }
}

type Connecting =
    Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, Box<dyn Error + Send + Sync>>> + Send>>;

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let host = uri.host().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        if let Some(Err(refusal)) = literal.map(|address| self.guard.judge(address)) {
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let connecting = self.http.call(uri);
        Box::pin(async move { connecting.await.map_err(Into::into) })
    }
}

/// Resolves names with the system's resolver and drops addresses the guard refuses. When nothing is left, the first refusal is the error.
#[derive(Clone, Debug)]
struct GuardedResolver {
    guard: Arc<AddressGuard>,
    system: GaiResolver,
}

type Resolving =
    Pin<Box<dyn Future<Output = std::io::Result<std::vec::IntoIter<std::net::SocketAddr>>> + Send>>;

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<std::net::SocketAddr>;
    type Error = std::io::Error;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.guard);
        let resolving = self.system.call(name);
        Box::pin(async move {
            let mut refusal = None;
            let mut allowed = Vec::new();
            for address in resolving.await? {
                match guard.judge(address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(why) => refusal = refusal.or(Some(why)),
                }
            }
            match refusal.filter(|_| allowed.is_empty()) {
                Some(why) => Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why)),
                None => Ok(allowed.into_iter()),
            }
        })
    }
}

/// Long enough for a slow handshake across the world, short enough that a dead address does not eat the caller's patience.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Below the 60 s after which common load balancers drop an idle connection without a word.
const IDLE_CONNECTION: Duration = Duration::from_secs(50);
/// A function calls one API from one process; more idle connections than this only keep sockets open.
const MOST_IDLE: usize = 32;
