//! Paths without their values: what may be kept of a call.
//!
//! ```text
//!   /api/v2/conversations/3f2a…/participants/91bc…/attributes
//!        │ words that were known before the call stay, everything else becomes `*`
//!        ▼
//!   /api/v2/conversations/*/participants/*/attributes
//! ```
//!
//! # Why a closed vocabulary and not a list of what values look like
//!
//! A list of patterns (UUIDs, numbers, addresses) lets through whatever nobody thought of: a login, a surname, a queue called `vip`. Here a segment
//! is kept only if it is a word that a table or the configuration already named ([`PathTable`]), or a version such as `v2`. So what is kept never
//! says more than which public words a path is made of, and there is only so much of it, whatever a caller sends. The patterns decide no more than
//! how sure one can be that a `*` stands for a value ([`StarKind`]).

mod known;
mod looks;
mod path;
mod table;

pub use known::{KnownCall, Needs};
pub use path::{PathTemplate, Star, StarKind, TooLong};
pub use table::PathTable;
