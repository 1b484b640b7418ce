//! A listener on 127.0.0.1 that plays one endpoint of one cloud.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::behaviour::{Behaviour, Script};
use crate::message::{Received, Reply, pairs};
use crate::tls::Authority;

/// One cloud's answers.
pub trait Cloud: Send + Sync + 'static {
    /// The answer to `request`. Its effects are there when this returns.
    fn answer(&self, request: &Received) -> Reply;
}

/// A running stand-in. Dropping it closes its port and every connection.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    scheme: &'static str,
    door: Arc<Door>,
    task: JoinHandle<()>,
}

/// What was asked, without any value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The operation, where a header names it (AWS).
    pub operation: Option<String>,
}

struct Door {
    cloud: Arc<dyn Cloud>,
    script: Script,
    seen: Mutex<Vec<Seen>>,
}

impl StandIn {
    /// Serves `cloud` on a free port from now on: over TLS if an authority vouches for it. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(cloud: Arc<dyn Cloud>, tls: Option<&Authority>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let door = Arc::new(Door { cloud, script: Script::default(), seen: Mutex::default() });
        let acceptor = tls.map(Authority::acceptor);
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let task = tokio::spawn(listen(listener, acceptor, Arc::clone(&door)));
        Ok(Self { address, scheme, door, task })
    }

    /// Its origin, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The next request that nothing is planned for meets this.
    pub fn next(&self, behaviour: Behaviour) {
        self.door.script.next(behaviour);
    }

    /// Every request from now on meets this, after what [`StandIn::next`] planned; `None` ends it.
    pub fn always(&self, behaviour: Option<Behaviour>) {
        self.door.script.always(behaviour);
    }

    /// What was asked so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.door.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, acceptor: Option<tokio_rustls::TlsAcceptor>, door: Arc<Door>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                drop(stream.set_nodelay(true));
                let (acceptor, door) = (acceptor.clone(), Arc::clone(&door));
                connections.spawn(async move {
                    match acceptor {
                        Some(acceptor) => {
                            // Who does not trust the certificate goes away; that is the client's finding.
                            if let Ok(stream) = acceptor.accept(stream).await { connection(stream, door).await }
                        }
                        None => connection(stream, door).await,
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Whether the whole connection is spoiled is decided when it opens: what is no HTTP cannot come from an HTTP server.
async fn connection(mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, door: Arc<Door>) {
    if door.script.spoils() {
        let mut first = [0_u8; 4096];
        drop(stream.read(&mut first).await);
        drop(stream.write_all(b"\x00\x15garbage that no parser knows\r\n\r\n").await);
        return;
    }
    let service = service_fn(move |request| answer(Arc::clone(&door), request));
    // How a connection ends is the client's finding.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn answer(door: Arc<Door>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let received = Received {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body,
    };
    door.note(&received);
    let reply = match door.script.draw() {
        Behaviour::Truth => door.cloud.answer(&received),
        Behaviour::Answer(reply) => reply,
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Reset | Behaviour::Garbage => return Err(Broken),
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(reply.body)).expect("replies have plain headers"))
}

/// Ends a connection where it stands.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

impl Door {
    fn note(&self, received: &Received) {
        let seen = Seen {
            method: received.method.to_string(),
            path: received.path.clone(),
            operation: received.header("x-amz-target").map(str::to_owned),
        };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door")
    }
}
