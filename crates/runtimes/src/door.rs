//! The door at which clouds knock, and consumers with their acknowledgements: one listener, a few paths, answers within a second.
//!
//! It speaks HTTP without TLS, as programs do behind the front of Cloud Run, Container Apps or an ingress; whoever opens it to a network puts such a front before it.
//! Everything is bounded: connections, heads, bodies, time.

mod acks;
mod desk;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::{Fault, FaultCode, Sleep};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

pub use acks::{ACKS, AckDesk};
pub use desk::{AZURE, Desk, GOOGLE, HEALTH, Senders};

/// A door that is bound and not served yet: whoever knocks waits in the kernel.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    desk: Arc<Desk>,
    sleep: Arc<dyn Sleep>,
}

impl Door {
    /// Binds `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// `listen-failed`, naming the address.
    pub async fn bind(address: SocketAddr, desk: Desk, sleep: Arc<dyn Sleep>) -> Result<Self, Fault> {
        let failed =
            |error: io::Error| Fault::new(FaultCode::ListenFailed, format!("`{address}`")).with_source(error);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, desk: Arc::new(desk), sleep })
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` resolves, then takes no more connections and lets those that are there finish what was asked, for ten seconds at most.
    ///
    /// What was woken goes on in [`crate::Turns`], which is drained by its owner. Dropping the future cuts every connection off.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, desk, sleep, .. } = self;
        let (stop, told) = watch::channel(false);
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &places) => accepted,
            };
            match accepted {
                Ok((stream, place)) => {
                    let one = connection(stream, Arc::clone(&desk), Arc::clone(&sleep), told.clone());
                    connections.spawn(async move {
                        one.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of descriptors, mostly: it passes when a connection ends, and until then the loop must not spin.
                    tracing::warn!(%error, "no connection could be accepted");
                    sleep.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        stop.send_replace(true);
        let finish = Box::pin(async { while connections.join_next().await.is_some() {} });
        if hallpass_app::within(&*sleep, EXCHANGE, finish).await.is_none() {
            tracing::warn!("a connection was cut off");
        }
    }
}

/// The next connection, once there is a place for it; until then they wait in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

async fn connection(
    stream: TcpStream,
    desk: Arc<Desk>,
    sleep: Arc<dyn Sleep>,
    mut told: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let (desk, sleep) = (Arc::clone(&desk), Arc::clone(&sleep));
        async move {
            let answering = Box::pin(desk.answer(request));
            let answer = hallpass_app::within(&*sleep, EXCHANGE, answering).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(desk::too_slow))
        }
    });
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(EXCHANGE)
        .max_headers(100)
        .max_buf_size(LARGEST_HEAD)
        .half_close(false);
    let mut serving = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = &mut serving => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            _ = told.changed(), if !stopping => {
                stopping = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A cloud keeps a handful open, and a consumer comes once for a token; more is somebody else.
const MOST_CONNECTIONS: usize = 128;

/// A head may take this long, and so may everything that follows it. Pub/Sub gives up after its acknowledgement deadline, ten seconds unless set otherwise; Event
/// Grid after thirty.
const EXCHANGE: Duration = Duration::from_secs(10);

/// Entra's tokens have two kilobytes, and fronts add headers of their own.
const LARGEST_HEAD: usize = 32 * 1024;

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
