//! A chain of lines, each of which vouches for all before it.
//!
//! ```text
//!   {"schema":1,"chain":"7f3a90c1d2e4b568","seq":12,"at_ms":1700000000000,"kind":"token-granted",
//!    "integration":"queue-sync","facts":{"fingerprint":"9c1185a5","version":"2"},"mac":"<64 hex digits>"}
//!    └───────────────────────────── the canonical bytes ──────────────────────┘
//!
//!   mac = HMAC-SHA-256(key, mac of the line before (32 bytes, zeroes for the first) || canonical bytes)
//! ```
//!
//! The canonical bytes are the line itself up to its `mac`, so nothing has to be parsed and written again to be judged, and two readings of one line cannot differ.
//!
//! # One chain for each process
//!
//! Processes that share a file would otherwise have to agree on an order before they may act. The lines of several chains may stand mixed in one file; each is
//! judged by itself. A chain begins with a line that says who writes it, and which line of the file stood last when it began: so a process that was killed is
//! vouched for by the next one. It ends with a line that says so. How lines of *different* chains follow each other is not proven.
//!
//! # What is proven, and what is not
//!
//! Whoever has no key cannot change, leave out, insert, repeat or reorder a line of a chain without a finding. Lines cut off the end of a chain leave a chain that is
//! merely shorter. Then the end line is missing, and an [anchor](Anchor) elsewhere, or the beginning of a later chain, tells how many lines there were. Without either the tail is
//! *not provable*, and that is said. The key is in the memory of the process that writes: somebody who owns the process owns the chain from then on, and not what anchors fixed before.
//!
//! Without a key of one's own the key is [public](ChainKey::public): such a chain finds accidents, and no forger.

mod anchor;
mod key;
mod line;
mod verifier;
mod writer;

pub use anchor::{Anchor, AnchorFault};
pub use key::{ChainKey, KeyId};
pub use line::{ChainId, LONGEST_LINE, Mac, SCHEMA, last_line};
pub use verifier::{ChainReport, Finding, Judgement, KeyState, Origin, Place, Report, Tail, Verifier, What};
pub use writer::{Chain, Seen, Writer};

#[cfg(test)]
mod tests;
