//! Google Secret Manager.
//!
//! ```text
//!   SecretManager (impl Store) ── stages: aliases current, previous, pending ── one PATCH moves them all
//!        │
//!      Client ── opened at the first use ── Google's SDK ──▶ https://secretmanager[.L.rep].googleapis.com
//!        │
//!     Identity ── key file or federation ▸ gcloud's own file ▸ metadata server; thrown away after every failure
//! ```
//!
//! Versions are numbers that only grow. Which of them is CURRENT is said by the alias `current`, never by `latest`: that is the highest
//! number *whatever its state*, so it would show what is still being proved, and fail once the newest is disabled.
//!
//! # What Google's consistency means here
//!
//! "Adding a secret version and then immediately accessing that secret version by version number is a strongly consistent operation.
//! [...] This doesn't apply when you access a secret version using aliases or latest. Other operations within Secret Manager are
//! eventually consistent. Eventually consistent operations typically converge within minutes, but may take a few hours."
//! (<https://cloud.google.com/secret-manager/docs/reference/consistency>.) So a read after a promotion may still yield the version before
//! it. Nothing breaks by that: the version before is kept, the credential says its serial, and writes compare the secret's etag.

mod chain;
mod checksum;
mod client;
mod faults;
mod identity;
mod listing;
mod place;
mod policy;
mod reading;
mod stages;
mod store;
mod told;
mod writing;

pub use client::{Limits, Settings};
pub use identity::Variables;
pub use place::{Place, PlaceFault};
pub use policy::{reader_policy, writer_policy};
pub use store::SecretManager;
