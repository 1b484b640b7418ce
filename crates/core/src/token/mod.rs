//! The token core: one token per integration, served without waiting, replaced before it expires.
//!
//! ```text
//!   asked ──────────────┬───────────────────────┬──────────────┬─────────▶ time
//!                  refresh_at               block_at        expiry
//!     serve             │ serve, and one flight │ wait for the │ never serve
//!                       │ in the background     │ flight; else │
//!                       │                       │ still serve  │
//! ```
//!
//! * [`read_lifetime`] makes a checked duration out of whatever `expires_in` is.
//! * [`Schedule`] turns a lifetime into the three deadlines, [`Freshness`] says on which side of them now is.
//! * [`pause_after`] says how long nobody asks after a failure.
//! * [`Issuer`] reads a credential and sends the token request; [`TokenCache`] decides when, and shares the result.
//!
//! Deciding is pure (state, now, drawn randomness); [`TokenCache`] is the thin shell that acts.

mod access;
mod cache;
mod flight;
mod flights;
mod freshness;
mod issuer;
mod lanes;
mod lifetime;
mod mint;
mod pause;
mod present;
mod state;
mod suspect;

pub use access::AccessToken;
pub use cache::{TokenCache, TokenCall};
pub use flights::CacheParts;
pub use freshness::{Freshness, Schedule};
pub use issuer::{Issuer, IssuerParts};
pub use lifetime::{LONGEST_LIFETIME, SHORT_LIFETIME, read_lifetime};
pub use mint::{Mint, MintFault, Minted, Occasion};
pub use pause::{Failure, pause_after};
pub use present::LentToken;
pub use state::Rejection;

#[cfg(test)]
mod tests;
