//! The stores, tested from outside.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by its line; helpers are tests too"
)]

mod canary;
mod contract;
mod credentials;
mod env;
mod failover;
mod fakes;
mod file;
mod local_damage;
mod local_keys;
mod local_writers;
mod recorded;
mod regions;
mod resolve;
mod steady;
mod virtual_time;
