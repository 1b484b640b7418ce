//! Everything that can get a token, and everything that is kept for it, side by side.
//!
//! ```text
//!   configuration ─┐
//!   stores ────────┼─▶ join ─▶ rows ─┬─▶ table, JSON, CSV, HTML
//!   platforms ─────┤                 │
//!   rotations ─────┘                 └─▶ controls: which evidence there is for whom
//! ```
//!
//! Pure: what was looked at comes in, and what was not looked at comes in as the reason why. *Not known* is never *fine*.

mod controls;
mod join;
mod reach;
mod row;
mod seen;
mod shelf;
#[cfg(test)]
mod tests;

pub use controls::{Control, Evidence, Source, Sources, controls};
pub use join::join;
pub use reach::{Access, areas};
pub use row::{ClientFacts, EntryFacts, LastUse, Row, RowKind};
pub use seen::{Configured, Looked, RotationSeen, StoredEntry, Surveyed};
pub use shelf::{Shelf, ShelfSeen};
