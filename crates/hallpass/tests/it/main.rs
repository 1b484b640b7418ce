//! The library fronts, against the emulated platform and against the crate's own fakes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking, and so do its helpers")]

mod client;
mod examples;
mod failover;
mod fakes;
mod layers;
mod stage;
mod tenants;
