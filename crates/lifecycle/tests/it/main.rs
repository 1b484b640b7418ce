//! Rotation against a simulated platform, store, consumers and time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking, helpers included")]

mod world;

mod bad_inputs;
mod copies;
mod drills;
mod evidence;
mod foreign;
mod hold;
mod journal;
mod own_identity;
mod pages;
mod revoke;
mod revoke_drills;
mod rotators;
mod status;
mod store_contract;
mod strategies;
mod undo;
mod vault;
mod verifying;
mod window;
