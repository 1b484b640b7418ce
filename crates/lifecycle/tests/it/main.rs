//! Rotation against a simulated platform, store, consumers and time.

mod world;

mod bad_inputs;
mod drills;
mod evidence;
mod foreign;
mod hold;
mod journal;
mod own_identity;
mod rotators;
mod status;
mod store_contract;
mod strategies;
mod undo;
mod verifying;
