//! Tests of what clouds wake, from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking, and so do its helpers")]

mod acks;
mod door;
mod issuer;
#[cfg(feature = "azure")]
mod key_vault;
mod knock;
#[cfg(feature = "aws")]
mod lambda;
mod program;
mod rotation;
mod stage;
#[cfg(feature = "aws")]
mod steps;
