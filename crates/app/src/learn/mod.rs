//! Learning from calls: what a gateway records, and what is made of it.
//!
//! ```text
//!   callers ──▶ Recording (counts in memory) ──every ten seconds and at the end──▶ FOLDER/NAME.json ──▶ Config::learnt (hallpass learn)
//! ```

mod held;
mod learnt;
mod record_file;
mod recording;

pub use held::Held;
pub use learnt::{LearnOptions, Learnt, requirements_of_file, role_of_file};
pub(crate) use recording::{Recording, upstreams};
