//! The gateway over real sockets: raw bytes in, and what an upstream of our own then saw.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking, helpers included"
)]

mod accepted;
mod bad_inputs;
mod bodies;
mod calls;
mod doors;
mod gate;
mod limits;
mod login;
mod observed;
mod rig;
mod stopping;
mod unix_socket;
