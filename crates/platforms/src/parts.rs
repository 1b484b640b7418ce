//! What a platform needs, and what connecting to it yields: the vocabulary that all platforms share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::{Clock, Fault, FaultCode, IntegrationName, Platform, Secret, Sleep};
use hallpass_outbound::{Body, Bounds, Transport, TransportFault, Upstreams, empty, exchange, full};
use http::{Request, Response};

/// What a platform needs to do its one kind of I/O.
#[derive(Clone, Debug)]
pub struct PlatformParts {
    /// Whose platform it is: for the log.
    pub integration: IntegrationName,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// For the limit on a token request.
    pub sleep: Arc<dyn Sleep>,
    /// For reading `Retry-After` dates.
    pub clock: Arc<dyn Clock>,
}

/// A platform, and the only places its API calls go to.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The platform.
    pub platform: Arc<dyn Platform>,
    /// Where its API is.
    pub upstreams: Arc<dyn Upstreams>,
}

impl PlatformParts {
    /// Sends one small message and collects the whole answer.
    pub(crate) async fn send(&self, request: Request<Secret>) -> Result<Response<Bytes>, TransportFault> {
        let answer = exchange(&*self.transport, &*self.sleep, request.map(wiped), SMALL_MESSAGE).await?;
        Ok(answer.map(unmarked))
    }
}

/// Some servers put a byte order mark in front of their JSON, and its readers may ignore it (RFC 8259 8.1). It goes here, before there are two of them.
fn unmarked(body: Bytes) -> Bytes {
    if body.starts_with(b"\xef\xbb\xbf") { body.slice(3..) } else { body }
}

/// A body that is wiped once it was sent. What the TLS stack copied is out of reach.
pub(crate) fn wiped(body: Secret) -> Body {
    if body.is_empty() { empty() } else { full(Bytes::from_owner(Wiped(body))) }
}

struct Wiped(Secret);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

/// The fault of a name that is not in a list; names the list, never what was found.
pub(crate) fn unknown(what: &str, known: &[impl fmt::Display]) -> Fault {
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    Fault::new(FaultCode::ConfigurationInvalid, format!("unknown {what}; known: {}", known.join(", ")))
}

/// A token answer or a discovery document is a few hundred bytes and comes within a second; the bounds keep a hanging or endless one from holding
/// the flight.
const SMALL_MESSAGE: Bounds = Bounds { within: Duration::from_secs(10), bytes: 64 * 1024 };
