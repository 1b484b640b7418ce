//! Tests of the composition root from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking, and so do its helpers")]

mod config;
mod gateway;
mod nice;
mod provision_drill;
mod provision_stage;
mod provision_turns;
mod rotation_acks;
mod rotation_azure;
mod rotation_drills;
mod rotation_refused;
mod rotation_stage;
mod rotation_whole;
mod secret_copy;
