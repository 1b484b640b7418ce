//! Everything of hallpass that leaves the process.
//!
//! ```text
//!   Permit + request ──▶ IntegrationClient::send ── attach token ──▶ Transport ──▶ guarded, TLS, pooled ──▶ platform
//!                              │        ▲                 │
//!                              │ replay once, other token │ 401
//!                              └────────────◀─────────────┘
//! ```
//!
//! A request goes only to the origin its integration was built with. Redirects are never followed, proxy variables are never
//! read, and nothing is retried but one replay after a 401.

mod address;
mod body;
mod exchange;
mod hyper;
mod integration;
mod origin;
mod provider;
mod replay;
mod roots;
mod runtime;
mod sender;
mod throttle;
mod transport;
mod upstream;

#[cfg(feature = "test-support")]
pub mod test_support;

pub use address::{AddressGuard, AddressRefusal};
pub use body::{Body, BodyError, Collected, collect, empty, full};
pub use exchange::{Bounds, exchange, within};
pub use hyper::HyperTransport;
pub use integration::{CallReport, IntegrationClient, IntegrationParts, UpstreamAnswer};
pub use origin::{Origin, OriginFault};
pub use provider::ensure_tls_provider;
pub use replay::REPLAY_LIMIT;
pub use roots::{RootsFault, TrustedRoots};
pub use runtime::{OsRandomness, SystemClock, TokioSleep, TokioSpawn};
pub use sender::{Expected, ExpectedMember, NotVerified, PublishedKeys, Refusal, Sender, SigningKeys};
pub use throttle::{BATCH_RETRY_AFTER_CAP, Gate, RETRY_AFTER_CAP, retry_after};
pub use transport::{Transport, TransportFault};
pub use upstream::{Destination, NamedUpstreams, Upstreams};
