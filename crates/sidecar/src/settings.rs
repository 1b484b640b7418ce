//! What a sidecar is made of. Everything comes in as a value: nothing here reads a file or a variable.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hallpass_core::audit::AuditSink;
use hallpass_core::{CallObserver, Clock, ColdStart, Secret, Sleep};
use hallpass_outbound::IntegrationClient;

use crate::Limits;

/// The parts of a sidecar.
#[derive(Debug)]
pub struct Settings {
    /// Where callers connect.
    pub listen: Listen,
    /// A second listener, on any address, that answers `/-/health` and `/-/ready` only: for probes of a container platform, which come
    /// from outside and by any name.
    pub health_listen: Option<SocketAddr>,
    /// What callers must show. Drawn anew for each start; all passes have the same length.
    pub pass: Secret,
    /// The integrations, each under the name it brings.
    pub integrations: Vec<IntegrationClient>,
    /// Time, for uptime and audit events.
    pub clock: Arc<dyn Clock>,
    /// Waiting, for every deadline but that of the request head, which is hyper's.
    pub sleep: Arc<dyn Sleep>,
    /// Where logins and refusals are recorded.
    pub audit: Arc<dyn AuditSink>,
    /// Who hears of every call that a policy was asked about.
    pub calls: Arc<dyn CallObserver>,
    /// How this process started: readiness, status and metrics tell it, and the first answer ends it.
    pub start: Arc<ColdStart>,
    /// See [`Limits`].
    pub limits: Limits,
}

/// Where callers connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A loopback address; port 0 picks a free one. Any other address is refused: the pass travels in the clear.
    Tcp(SocketAddr),
    /// A Unix socket of mode 0600 at this path, whose folder must exist.
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    /// `http://127.0.0.1:7780` or `unix:/run/hallpass/socket`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
