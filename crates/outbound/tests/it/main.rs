//! Sending as an integration, against a scripted network and against real sockets.
#![expect(clippy::unwrap_used, reason = "what cannot be made here fails the test")]

mod healing;
mod retry_after;
mod sockets;
mod support;
mod tls;
