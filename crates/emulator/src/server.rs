//! The running emulator: its listeners, its addresses, its end.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc};

use http::{Request, Response};
use hyper::{
    body::{Body, Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use crate::{
    control,
    exchange::{Door, exchange},
    settings::Settings,
    surfaces::{Addresses, Surface, Surfaces},
    wire::{Line, Wire},
    world::World,
};

/// A running emulator. Dropping it closes its ports and every connection.
#[derive(Debug)]
pub struct Emulator {
    world: World,
    base: SocketAddr,
    addresses: Addresses,
    control: Option<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Emulator {
    /// Binds the listeners and serves from now on. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// An address cannot be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let world = World::new(settings);
        let settings = world.settings();
        let mut tasks = Vec::new();
        let mut listeners = Vec::new();
        let mut addresses = BTreeMap::new();
        for surfaces in shared_listeners(settings) {
            // The first serves whatever has no listener of its own, where the settings say.
            let port = if listeners.is_empty() { settings.listen.port() } else { 0 };
            let (listener, address) = bind(SocketAddr::new(settings.listen.ip(), port)).await?;
            addresses.extend(surfaces.0.iter().map(|surface| (*surface, address)));
            listeners.push((listener, address, surfaces));
        }
        let addresses = Addresses(addresses);
        let base = listeners.first().map_or(settings.listen, |(_, address, _)| *address);
        for (listener, _, surfaces) in listeners {
            let door = Door { world: world.clone(), surfaces, addresses: addresses.clone() };
            tasks.push(open(listener, door));
        }
        let mut control = None;
        if settings.control {
            let (listener, address) = bind(control::LISTEN).await?;
            control = Some(address);
            let world = world.clone();
            tasks.push(tokio::spawn(serve(listener, move |_, request| {
                control::handle(world.clone(), address, request)
            })));
        }
        Ok(Self { world, base, addresses, control, tasks })
    }

    /// The origin of everything that has no listener of its own, both APIs among it. No prefix, no slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.base)
    }

    /// Genesys Cloud: what `/oauth/token` is appended to.
    pub fn login_url(&self) -> String {
        prefixed(self.addresses.origin(Surface::GenesysLogin), &self.world.settings().login_prefix)
    }

    /// Genesys Cloud: what `/api/v2/...` is appended to.
    pub fn api_url(&self) -> String {
        prefixed(self.addresses.origin(Surface::GenesysApi), &self.world.settings().api_prefix)
    }

    /// CXone: what `/.well-known/...` and `/auth/token` are appended to.
    pub fn cxone_identity_url(&self) -> String {
        self.addresses.origin(Surface::CxoneIdentity)
    }

    /// CXone: what `/authentication/v1/token/access-key` and `/public/user/refresh` are appended to.
    pub fn cxone_userhub_url(&self) -> String {
        self.addresses.origin(Surface::CxoneUserhub)
    }

    /// CXone: what `/inContactAPI/...` is appended to, and the guide's `/oauth2/token`.
    pub fn cxone_api_url(&self) -> String {
        self.addresses.origin(Surface::CxoneApi)
    }

    /// Where the control door is, if the settings open it.
    pub fn control_url(&self) -> Option<String> {
        self.control.map(|address| format!("http://{address}"))
    }

    /// The emulated world.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Closes every port and connection, and returns when that is done.
    pub async fn stop(mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            // It ends as cancelled, which is what was asked for.
            drop(task.await);
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Who shares a listener with whom; the first is the one whose address the settings name.
fn shared_listeners(settings: &Settings) -> Vec<Surfaces> {
    let own = |surface: &Surface| match surface {
        Surface::GenesysLogin => settings.separate_login,
        Surface::CxoneIdentity => settings.cxone.separate_identity,
        Surface::CxoneUserhub => settings.cxone.separate_userhub,
        Surface::GenesysApi | Surface::CxoneApi => false,
    };
    let (alone, together): (Vec<Surface>, Vec<Surface>) = Surface::ALL.into_iter().partition(own);
    let alone = alone.into_iter().map(|surface| Surfaces(vec![surface]));
    std::iter::once(Surfaces(together)).chain(alone).collect()
}

fn open(listener: TcpListener, door: Door) -> JoinHandle<()> {
    let door = Arc::new(door);
    tokio::spawn(serve(listener, move |line, request| exchange(door.clone(), line, request)))
}

/// Serves connections until dropped; they end with it, because the set owns them.
async fn serve<A, F, B, E>(listener: TcpListener, answer: A)
where
    A: Fn(Line, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
    E: std::error::Error + Send + Sync + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that is gone before it is accepted concerns nobody.
                let Ok((stream, _)) = accepted else { continue };
                // Without it answers may wait for acknowledgements; with a failure they merely come later.
                drop(stream.set_nodelay(true));
                let (wire, line) = Wire::new(stream);
                let answer = answer.clone();
                let service = service_fn(move |request| answer(line.clone(), request));
                let mut server = http1::Builder::new();
                // The date comes from the emulator's clock.
                server.auto_date_header(false);
                let connection = server.serve_connection(TokioIo::new(wire), service);
                // How a connection ends is written in the journal, not in its result.
                connections.spawn(async move { drop(connection.await) });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn prefixed(origin: String, prefix: &str) -> String {
    if prefix.is_empty() { origin } else { format!("{origin}/{prefix}") }
}
