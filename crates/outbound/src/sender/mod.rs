//! Who sent this? Tokens that a cloud's identity provider signed for what it delivers to us.
//!
//! ```text
//!   Authorization: Bearer HEADER.CLAIMS.SIGNATURE
//!        │
//!        ├─ the header names RS256 and a key ──▶ PublishedKeys: asked for over the transport, kept for an hour
//!        ├─ the signature fits ────────────────▶ only then are the claims looked at
//!        └─ issuer, audience, time, members ───▶ Sender, or a Refusal that says which of them
//! ```
//!
//! It stands in this crate because it needs what is here already and nowhere else: the transport that fetches the keys, and the
//! cryptography of the TLS stack. A crate for tokens would bring a second set of both, and choices of algorithm that we do not want to have.

mod keys;
mod published;
mod token;

#[cfg(test)]
mod tests;

pub use keys::SigningKeys;
pub use published::{NotVerified, PublishedKeys};
pub use token::{Expected, ExpectedMember, Refusal, Sender};
