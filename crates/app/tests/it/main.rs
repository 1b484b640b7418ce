//! Tests of the composition root from outside.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and so do its helpers")]

mod config;
mod gateway;
mod nice;
mod secret_copy;
