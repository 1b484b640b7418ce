//! The emulator over the wire: raw bytes in, raw bytes out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod cases;
mod control;
mod counts;
mod cxone;
mod faults;
mod life;
mod wire;
