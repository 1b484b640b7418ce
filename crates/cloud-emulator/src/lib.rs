//! Stand-ins for the secret stores of clouds.
//!
//! ```text
//!   SDK of the vendor ──HTTP(S), 127.0.0.1──▶ StandIn ──▶ behaviour? ──▶ Cloud::answer
//!   (ours in Rust, theirs in Python)             │        hang, garbage, reset, a scripted reply
//!                                                └──▶ what was asked, in order
//! ```
//!
//! No vendor offers an emulator of its secret store that installs without a container. These keep to the vendor's written protocol; the
//! vendor's own Python SDK drives each of them through the table of behaviours that our tests rely on, so that a stand-in that is merely
//! convenient to us is found out. They share no type with hallpass.

pub mod aws;
pub mod azure;
mod behaviour;
pub mod google;
mod message;
mod server;
mod tls;

pub use behaviour::Behaviour;
pub use message::{Received, Reply};
pub use server::{Cloud, Seen, StandIn};
pub use tls::Authority;
