//! Test machinery that knows none of the types of hallpass: case folders, processes, snapshots.
//!
//! Three things that every crate's tests need and that have nothing to do with what is tested:
//!
//! * [`case_folder`]: where the input is files, the test is a folder, and adding a case needs no Rust.
//! * [`process`]: start a real binary, wait for what it announces, signal it, collect what it said.
//! * [`snapshot`]: exit code and both streams as one text, with what changes from run to run replaced.
//!
//! Expectations live in files. A test that finds another text fails with a diff; run it again with
//! `HALLPASS_BLESS=1` and the file is rewritten, for you to read before you commit it. [`proving`] tells a test whether
//! to choose its larger size.
//!
//! Why not the crates that exist for this: they bring a hundred dependencies and a format of their own, where all of
//! this is a few pages that anybody here can read.
#![expect(clippy::panic, reason = "a test library reports by panicking, as assertions do")]

pub mod case_folder;
pub mod process;
pub mod snapshot;

mod clock;
mod diff;
mod expectation;
mod filters;
mod stream;
mod variables;

pub use expectation::{Mismatch, compare_with_file};
pub use variables::proving;
