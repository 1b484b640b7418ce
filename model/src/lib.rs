//! A world small enough that every order of events in it can be tried, around the transition function that ships.
//!
//! ```text
//!   rotator ── next() ─▶ decided ── perform ─▶ event ── apply() ─▶ rotator
//!                           │          │
//!                     (others act)   (dies here: the effect is done and nobody saw the reply)
//! ```
//!
//! [`hallpass_lifecycle::rotation::next`], [`apply`](hallpass_lifecycle::rotation::apply) and
//! [`amend`](hallpass_lifecycle::rotation::amend) are the shipped ones. What is modelled is only what they stand on: a store with versions, a
//! replica that lags, a platform with slots, consumers that read and acknowledge, time in ticks longer than a lease.

mod perform;
mod world;

pub use world::{Action, Flaw, Model, Shape, World};
