//! Short-lived, least-privilege API access to contact-centre platforms, inside your own program.
//!
//! ```no_run
//! use hallpass::Client;
//! use http::Request;
//!
//! # async fn queues() -> Result<(), hallpass::Fault> {
//! let client = Client::builder("queue-sync")
//!     .platform("genesys")
//!     .region("us-east-1")
//!     .environment("prod")
//!     .secret("env:QUEUE_SYNC_SECRET") // {"client_id": "...", "client_secret": "..."}
//!     .allow(["GET /api/v2/routing/queues/**"])
//!     .build()?;
//!
//! let mut request = Request::new(());
//! *request.uri_mut() = http::Uri::from_static("/api/v2/routing/queues?pageSize=25");
//! let answer = client.send(request).await?;
//! println!("{}: {} bytes", answer.status(), answer.into_body().collect(1 << 20).await?.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Which front
//!
//! | You have | Take | It does |
//! |---|---|---|
//! | nothing yet | [`Client`] | policy, token, one replay after 401, obeys 429, guards addresses |
//! | a stack of `tower` services | `layers::tower` (feature `tower`) | the same in front of your own HTTP client |
//! | a `reqwest::Client` | `layers::reqwest` (feature `reqwest`) | the same, as a `reqwest-middleware` |
//! | an HTTP client that neither fits | [`TokenCache`] | just the token; what it is sent to is up to you |
//! | many customers in one process | [`Tenants`] | one client for each description that differs in anything |
//! | a unit test | `fake` (feature `test-support`) | the real cache and client over a scripted platform |
//!
//! A program that is not written in Rust uses the sidecar of the `hallpass` command, which does the same.
//!
//! # Why not the obvious other way
//!
//! The obvious way asks for a token at the start and keeps it as a string beside the HTTP client. That string dies in the middle of a job; the code that
//! renews it is written once per program, renews it once per thread, and sends it wherever the next URL points. Here a token is only ever lent, as a
//! [`Lease`] that knows its generation and its end; a thousand callers who find it rejected cause one token request; and a call that no rule covers is
//! refused before there is a token on it. See `ARCHITECTURE.md` for how.
//!
//! # What the types are
//!
//! Requests, answers, headers and URIs are those of the [`http`] crate, pieces of bodies are [`bytes::Bytes`], and [`Body`] implements
//! [`http_body::Body`]: these crates are part of this one's public interface, and so are `tower-layer`, `tower-service`, `http-body-util` and
//! `reqwest-middleware` for the features that need them. Nothing of hyper or rustls is. Everything runs on tokio, which must be running with time and I/O when
//! a client is built.
//!
//! Every fault is a [`Fault`], typed by what remedies it ([`Fault::remedy`]), with a stable [`FaultCode`] and never anything secret in its text. Durations are
//! [`std::time::Duration`]; lengths are in bytes.

mod body;
mod client;
pub mod clouds;
#[cfg(feature = "test-support")]
pub mod fake;
#[cfg(any(feature = "tower", feature = "reqwest"))]
pub mod layers;
mod network;
mod tenants;
mod tokens;
pub mod wiring;

pub use body::{Body, BodyError};
pub use client::{Client, ClientBuilder, local_store};
pub use network::Network;
pub use tenants::Tenants;
pub use tokens::{Lease, TokenCache};

pub use hallpass_core::audit;
pub use hallpass_core::token::Rejection;
pub use hallpass_core::{
    BoxFuture, CompareAndSet, CredentialStatus, EntryInfo, EntryName, Fault, FaultCode, IntegrationStatus,
    Remedy, Secret, Stage, Store, StoreTraits, StoredSecret, TokenStatus, Version,
};
pub use hallpass_outbound::CallReport;
pub use hallpass_stores::{LocalKey, StoreLimits};
