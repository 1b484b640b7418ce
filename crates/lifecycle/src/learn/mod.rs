//! From calls to permissions: what an integration did, and the least that lets it do so again.
//!
//! ```text
//!   calls ──▶ Tally (counts in memory) ──▶ Record (a file per integration, merged) ──┬─▶ Tight: an allow-list
//!             templates, never values                                                ├─▶ Role: the least permissions, by a table
//!                                                                                    └─▶ Unused: what is there and was never used
//! ```
//!
//! Everything here is a function of values. Where a record lies, and when it is written, is the composition root's business; what can be learnt from
//! it is never wider than what was allowed while it was recorded, unless somebody asks for the refused calls as well.

mod day;
mod hitting;
mod record;
mod requirements;
mod role;
mod swagger;
mod tally;
mod tight;
mod unused;

pub use day::Day;
pub use hitting::{Method as SolvedBy, Solution, smallest};
pub use record::{Counts, Record, RecordedCall, RecordedStar};
pub(crate) use requirements::is_parameter;
pub use requirements::{Match, Permissions, Requirement, Requirements};
pub use role::{Choice, Granted, Role, Why};
pub use swagger::read_swagger;
pub use tally::{Taken, Tally};
pub use tight::{Doubt, LeftOut, Line, Tight};
pub use unused::{HeldRole, Unused, UnusedRule};
