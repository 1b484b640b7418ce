//! Where a platform is, what it needs, and what connecting to it yields: the vocabulary that all platforms share.

use std::fmt;
use std::sync::Arc;

use hallpass_core::{Clock, Fault, FaultCode, Platform, Sleep};
use hallpass_outbound::{Origin, Transport, Upstreams};

use crate::token_url::TokenUrl;

/// Where an integration's platform is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A region by its key, such as `us-east-1`.
    Region(String),
    /// Explicit addresses: an emulator, a private gateway.
    Urls {
        /// The token endpoint.
        token: TokenUrl,
        /// The API.
        api: Origin,
    },
}

/// What a platform needs to do its one kind of I/O.
#[derive(Clone, Debug)]
pub struct PlatformParts {
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

/// The fault of a name that is not in a list; names the list, never what was found.
pub(crate) fn unknown(what: &str, known: &[impl fmt::Display]) -> Fault {
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    Fault::new(FaultCode::ConfigurationInvalid, format!("unknown {what}; known: {}", known.join(", ")))
}
