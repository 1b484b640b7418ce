//! What wakes hallpass in a cloud: messages that a secret should be looked at.
//!
//! ```text
//!   Event Grid ──▶ POST /azure/event-grid ─┐  vouch        read            Places         Turns
//!                                          ├──▶ sender ──▶ names of ─────▶ integrations ─▶ one run of `Order::Due` at a time
//!   Pub/Sub ─────▶ POST /google/pubsub ────┘  first        secrets                         for each, in the background
//! ```
//!
//! # Why a message cannot do harm
//!
//! Clouds deliver at least once, late, and in any order, and a message can be stale when it comes. So it never says what to do. It
//! names a secret; whether there is something to do is decided by the engine of rotation, from what stands in the store and at the platform, exactly as for
//! `hallpass rotate due`. A repeated message finds nothing due.
//!
//! # Why the sender comes first
//!
//! A body that is read before its sender is known is an attack surface for the whole internet. [`event_grid::read`] and [`pubsub::read`] demand
//! a [`Vouched`], and only [`Proof::judge`] makes one, from the head alone.

pub mod door;
pub mod event_grid;
mod place;
pub mod pubsub;
#[cfg(feature = "aws")]
pub mod rotation_function;
mod sender;
mod turns;

pub use place::{Named, Places};
pub use sender::{KEY_HEADER, NotVouched, Proof, Vouched, entra, google};
pub use turns::{Due, Rotate, Turns};
