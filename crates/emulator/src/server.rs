//! The running emulator: its listeners, its addresses, its end.

use std::{io, net::SocketAddr, sync::Arc};

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
    genesys::Surfaces,
    settings::Settings,
    wire::{Line, Wire},
    world::World,
};

/// A running emulator. Dropping it closes its ports and every connection.
#[derive(Debug)]
pub struct Emulator {
    world: World,
    login: SocketAddr,
    api: SocketAddr,
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
        let (api_listener, api) = bind(settings.listen).await?;
        let mut login = api;
        let mut tasks = Vec::new();
        if settings.separate_login {
            let (listener, address) = bind(SocketAddr::new(settings.listen.ip(), 0)).await?;
            login = address;
            tasks.push(open(listener, &world, Surfaces::Login));
            tasks.push(open(api_listener, &world, Surfaces::Api));
        } else {
            tasks.push(open(api_listener, &world, Surfaces::Both));
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
        Ok(Self { world, login, api, control, tasks })
    }

    /// The API's origin, and the login surface's too unless that is separate. No prefix, no slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// What `/oauth/token` is appended to.
    pub fn login_url(&self) -> String {
        prefixed(self.login, &self.world.settings().login_prefix)
    }

    /// What `/api/v2/...` is appended to.
    pub fn api_url(&self) -> String {
        prefixed(self.api, &self.world.settings().api_prefix)
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

fn open(listener: TcpListener, world: &World, surfaces: Surfaces) -> JoinHandle<()> {
    let door = Arc::new(Door { world: world.clone(), surfaces });
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

fn prefixed(address: SocketAddr, prefix: &str) -> String {
    if prefix.is_empty() { format!("http://{address}") } else { format!("http://{address}/{prefix}") }
}
