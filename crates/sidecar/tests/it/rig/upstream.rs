//! A platform's API, as far as the gateway can see one: it records what arrives and answers by path.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    seen: Mutex<Vec<Seen>>,
    begun: Semaphore,
    connections: AtomicUsize,
    /// A permit lets one request to `/held` go on.
    gate: Semaphore,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into()).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            seen: Mutex::default(),
            begun: Semaphore::new(0),
            connections: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, accepting }
    }

    /// Everything that has arrived whole.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The one request that has arrived.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// Not a request, and not even a connection.
    pub(crate) fn saw_nothing(&self) -> bool {
        self.seen().is_empty() && self.state.connections.load(Ordering::SeqCst) == 0
    }

    /// Resolves once the head of one more request has arrived.
    pub(crate) async fn begun(&self) {
        self.state.begun.acquire().await.unwrap().forget();
    }

    /// Lets one request to `/held` be answered.
    pub(crate) fn let_go(&self) {
        self.state.gate.add_permits(1);
    }

    /// Stops listening; returns the address, so that another can be started there.
    pub(crate) async fn go_down(self) -> SocketAddr {
        self.accepting.abort();
        drop(self.accepting.await);
        self.address
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        state.connections.fetch_add(1, Ordering::SeqCst);
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn answer(request: Request<Incoming>, state: &State) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    state.begun.add_permits(1);
    let Ok(body) = body.collect().await else { return Ok(reply(400, "the body broke off")) };
    let path = head.uri.path().to_owned();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let token = head
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let seen = Seen { method: head.method, target, headers: head.headers, body: body.to_bytes() };
    state.seen.lock().unwrap().push(seen);
    if path == "/broken" {
        return Err(io::Error::other("as scripted"));
    }
    if path == "/held" {
        state.gate.acquire().await.unwrap().forget();
    }
    Ok(match path.as_str() {
        "/first-token-refused" if token == "Bearer token-1" => reply(401, "no"),
        "/unauthorized" => reply(401, "no"),
        "/not-found" => reply(404, "no such queue"),
        "/throttled" => with(reply(429, "slow down"), &[("retry-after", "7")]),
        "/redirect" => with(reply(302, ""), &[("location", "https://elsewhere.example/")]),
        "/chatty" => with(
            reply(200, "chat"),
            &[
                ("set-cookie", "session=1"),
                ("x-echo", &token),
                ("authorization", "Bearer something"),
                ("hallpass-fault", "internal"),
                ("alt-svc", "h3=\":443\""),
                ("connection", "x-hop"),
                ("x-hop", "1"),
                ("x-kept", "1"),
            ],
        ),
        _ => reply(200, "ok"),
    })
}

fn reply(status: u16, text: &'static str) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::new(Bytes::from_static(text.as_bytes()))).unwrap()
}

fn with(mut response: Response<Full<Bytes>>, headers: &[(&'static str, &str)]) -> Response<Full<Bytes>> {
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}
