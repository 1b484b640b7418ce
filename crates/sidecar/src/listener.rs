//! Where connections come from: loopback TCP or a Unix socket.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use hallpass_core::{Fault, FaultCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

use crate::Listen;
use crate::socket_file::SocketFile;

/// A connection's two directions.
pub(crate) type Stream = Box<dyn Duplex>;

/// Both directions of a connection.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A bound listener. Dropping it stops listening and removes its socket file.
#[derive(Debug)]
pub(crate) enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, and the file that must go with it.
    Unix {
        /// The socket.
        listener: UnixListener,
        /// Removes the file when the listener goes.
        _file: SocketFile,
    },
}

impl Listener {
    /// Binds where callers connect, and says where that is.
    ///
    /// # Errors
    /// `listen-failed`; `configuration-invalid` for an address that is not loopback.
    pub(crate) async fn bind(listen: &Listen) -> Result<(Self, Listen), Fault> {
        match listen {
            Listen::Tcp(address) if !address.ip().is_loopback() => {
                let detail = format!("the sidecar listens on loopback only, not on {address}");
                Err(Fault::new(FaultCode::ConfigurationInvalid, detail))
            }
            Listen::Tcp(address) => {
                let (listener, address) = Self::bind_any(*address).await?;
                Ok((listener, Listen::Tcp(address)))
            }
            Listen::Unix(path) => {
                let (listener, file) = SocketFile::bind(path).await?;
                Ok((Self::Unix { listener, _file: file }, listen.clone()))
            }
        }
    }

    /// Binds any TCP address: for the health listener.
    pub(crate) async fn bind_any(address: SocketAddr) -> Result<(Self, SocketAddr), Fault> {
        let failed = |error| listen_failed(&address, error);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        Ok((Self::Tcp(listener), bound))
    }

    /// The next connection. Dropping the future loses none.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are written whole; holding back a small one for a fuller packet only adds to its latency. It fails only
                // when the caller has gone again, which the next read will tell.
                drop(stream.set_nodelay(true));
                Ok(Box::new(stream))
            }
            Self::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

pub(crate) fn listen_failed(place: &dyn fmt::Display, error: io::Error) -> Fault {
    Fault::new(FaultCode::ListenFailed, format!("`{place}`")).with_source(error)
}
