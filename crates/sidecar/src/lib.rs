//! The loopback gateway: callers show a pass, the platform sees a token.
//!
//! ```text
//!   caller ──▶ listener ──▶ gate ─────▶ route ─────▶ policy::decide ──▶ forward ──▶ IntegrationClient ──▶ platform
//!              loopback     Host        /-/health    on the bytes       hop-by-hop     (outbound: token,
//!              or a file    Origin      /-/ready      that are sent     removed         replay, throttle)
//!              of mode 0600 pass        /-/status         │                │
//!                             │         /x/oauth/token    │                │
//!                             ▼            ▼              ▼                ▼
//!                         CallerPermit   local login    Permit    respond: problem+json, Hallpass-Fault
//! ```
//!
//! Forwarding demands both permits, so neither the gate nor the allow-list can be passed by; each has exactly one place
//! that hands them out.
//!
//! ```
//! use std::sync::Arc;
//!
//! use hallpass_core::audit::NoAudit;
//! use hallpass_core::{Clock, ColdStart, NoObserver};
//! use hallpass_outbound::{SystemClock, TokioSleep};
//! use hallpass_sidecar::{Limits, Listen, Server, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), hallpass_core::Fault> {
//! let clock = Arc::new(SystemClock::start());
//! let settings = Settings {
//!     start: Arc::new(ColdStart::begun(clock.now())),
//!     listen: Listen::Tcp(([127, 0, 0, 1], 0).into()),
//!     health_listen: None,
//!     pass: "drawn-anew-for-each-start".into(),
//!     integrations: Vec::new(),
//!     clock,
//!     sleep: Arc::new(TokioSleep),
//!     audit: Arc::new(NoAudit),
//!     calls: Arc::new(NoObserver),
//!     limits: Limits::default(),
//! };
//! let bound = Server::bind(settings).await?;
//! let url = bound.listen().to_string(); // known before anything slow begins
//! assert!(url.starts_with("http://127.0.0.1:"));
//! let stop = std::future::ready(()); // a signal, elsewhere
//! assert_eq!(bound.serve(stop).await.cut_off, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # Why not a general reverse proxy
//!
//! A general proxy repairs what it receives: it merges slashes, resolves dot segments, joins headers, follows redirects. Each repair makes
//! the bytes it decided on differ from the bytes it sends, and most published holes of authenticating proxies are such a difference.
//! This one repairs nothing: what can be read in two ways is refused with a reason.

mod body;
mod caller;
mod connection;
mod doors;
mod drain;
mod forward;
mod gate;
mod gateway;
mod headers;
mod limits;
mod listener;
mod login;
mod names;
mod panics;
mod refused_headers;
mod respond;
mod route;
mod server;
mod settings;
mod socket_file;
mod stall;
mod start_line;

pub use limits::Limits;
pub use respond::{FAULT_HEADER, NOT_REPLAYED_HEADER, REPLAYED_HEADER, status_of};
pub use server::{Bound, Drained, Server};
pub use settings::{Listen, Settings};
