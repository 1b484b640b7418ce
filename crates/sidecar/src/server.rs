//! Binding, accepting, stopping.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{Fault, FaultCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::connection::{Connections, Place, Surface};
use crate::doors::Doors;
use crate::drain::{Drain, Phase};
use crate::gate::Gate;
use crate::gateway::Gateway;
use crate::limits::{HEALTH_CONNECTIONS, SPARE_PLACES};
use crate::listener::Listener;
use crate::route::Integrations;
use crate::{Listen, Settings};

/// The sidecar.
#[derive(Debug)]
pub struct Server;

/// A sidecar that listens and does not serve yet: connections wait in the kernel. Its addresses are known.
#[derive(Debug)]
pub struct Bound {
    front: Front,
    health: Option<(Front, SocketAddr)>,
    listen: Listen,
}

/// How stopping went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Calls that were still in flight when `drain_timeout` was over, and were cut off.
    pub cut_off: usize,
}

impl Server {
    /// Binds all listeners and checks what `settings` says. Nothing here waits for a platform or a store, so binding comes first at start-up.
    ///
    /// # Errors
    /// `listen-failed` when an address cannot be had; `configuration-invalid` for an address that is not loopback, two integrations of one name or
    /// an empty pass.
    pub async fn bind(settings: Settings) -> Result<Bound, Fault> {
        if settings.pass.is_empty() {
            return Err(Fault::new(FaultCode::ConfigurationInvalid, "the pass is empty"));
        }
        let (listener, listen) = Listener::bind(&settings.listen).await?;
        let health = match settings.health_listen {
            Some(address) => Some(Listener::bind_any(address).await?),
            None => None,
        };
        let drain = Drain::new();
        let doors = Arc::new(Doors {
            integrations: Integrations::new(settings.integrations)?,
            drain: drain.clone(),
            clock: Arc::clone(&settings.clock),
            started: settings.clock.now(),
            start: settings.start,
        });
        let gateway = Gateway {
            gate: Gate::new(&listen, settings.limits.max_target),
            pass: settings.pass,
            doors: Arc::clone(&doors),
            limits: settings.limits,
            clock: settings.clock,
            sleep: Arc::clone(&settings.sleep),
            audit: settings.audit,
            calls: settings.calls,
        };
        let surface = Surface::Gateway(Arc::new(gateway));
        let connections = Connections { surface, limits: settings.limits, sleep: settings.sleep, drain };
        let health = health.map(|(listener, address)| {
            let surface = Surface::Probes(doors);
            // Probes count for themselves: a slow one must not hold up the drain of calls.
            let probes = Connections { surface, drain: Drain::new(), ..connections.clone() };
            (Front::new(listener, probes, HEALTH_CONNECTIONS), address)
        });
        let places = settings.limits.max_connections;
        Ok(Bound { front: Front::new(listener, connections, places), health, listen })
    }
}

impl Bound {
    /// Where callers connect, with the real port.
    #[must_use]
    pub fn listen(&self) -> &Listen {
        &self.listen
    }

    /// Where probes connect, if there is such a listener.
    #[must_use]
    pub fn health_address(&self) -> Option<SocketAddr> {
        self.health.as_ref().map(|(_, address)| *address)
    }

    /// Serves until `shutdown` resolves, then stops accepting and waits for calls in flight, at most `drain_timeout`.
    ///
    /// Dropping the future cuts off everything at once. The health listener answers until the drain is over.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Drained {
        let serving = self.front.serve(shutdown);
        let Some((health, _)) = self.health else { return serving.await };
        let probing = health.accept_for_ever();
        tokio::select! {
            drained = serving => drained,
            never = probing => match never {},
        }
    }
}

/// One listener with its connections.
#[derive(Debug)]
struct Front {
    listener: Listener,
    connections: Connections,
    places: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    tasks: JoinSet<()>,
}

impl Front {
    fn new(listener: Listener, connections: Connections, places: usize) -> Self {
        let (places, spare) = (
            Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            Arc::new(Semaphore::new(SPARE_PLACES)),
        );
        Self { listener, connections, places, spare, tasks: JoinSet::new() }
    }

    async fn serve(mut self, shutdown: impl Future<Output = ()>) -> Drained {
        tokio::select! {
            () = shutdown => {}
            never = self.accept_all() => match never {},
        }
        self.drain().await
    }

    async fn accept_for_ever(mut self) -> std::convert::Infallible {
        self.accept_all().await
    }

    async fn accept_all(&mut self) -> std::convert::Infallible {
        loop {
            let stream = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(ended) = self.tasks.join_next() => {
                    note(ended);
                    continue;
                }
            };
            match stream {
                Ok(stream) => {
                    let place = self.place().await;
                    self.tasks.spawn(self.connections.clone().serve(stream, place));
                }
                // The caller gave up while it waited: nothing is wrong on our side.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // Out of descriptors, mostly: it passes when a connection ends, and until then the loop must not spin.
                    tracing::warn!(%error, "no connection could be accepted");
                    self.connections.sleep.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// A place for a connection that was accepted: a regular one, or else a spare one, or else whichever comes free first.
    /// While it waits, further connections wait in the kernel's queue.
    async fn place(&self) -> Place {
        let place = |spare| move |room: OwnedSemaphorePermit| Place { spare, _room: room };
        let regular = Arc::clone(&self.places).try_acquire_owned().map(place(false));
        if let Ok(place) = regular.or_else(|_| Arc::clone(&self.spare).try_acquire_owned().map(place(true))) {
            return place;
        }
        tokio::select! {
            Ok(room) = Arc::clone(&self.places).acquire_owned() => place(false)(room),
            Ok(room) = Arc::clone(&self.spare).acquire_owned() => place(true)(room),
            else => std::future::pending().await,
        }
    }

    async fn drain(self) -> Drained {
        let Self { listener, connections, mut tasks, .. } = self;
        // Nobody can connect from here on; whoever waits in the kernel's queue is refused and may go elsewhere.
        drop(listener);
        let drain = &connections.drain;
        drain.go_to(Phase::Draining);
        let mut time_is_up = pin!(connections.sleep.sleep(connections.limits.drain_timeout));
        tokio::select! {
            () = drain.no_call_left() => {}
            () = &mut time_is_up => return Drained { cut_off: drain.in_flight() },
        }
        // The last answers may still be on their way from hyper's buffer to the socket.
        drain.go_to(Phase::Finishing);
        let all_ended = async {
            while let Some(ended) = tasks.join_next().await {
                note(ended);
            }
        };
        tokio::select! {
            () = all_ended => {}
            () = &mut time_is_up => {}
        }
        Drained { cut_off: tasks.len() }
    }
}

/// A connection's task ends without a result; only a panic outside of a handler can make it fail, and then the connection was cut.
fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a connection was cut off by a panic");
    }
}

/// How long accepting rests after it failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
