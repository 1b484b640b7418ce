//! Sending as an integration, against a scripted network and against real sockets.
#![allow(unreachable_pub, reason = "modules of a test binary")]

mod healing;
mod sockets;
mod support;
mod tls;
