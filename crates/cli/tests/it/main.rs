//! The real binary, run as people and platforms run it: exit code and both streams are compared whole.
//!
//! Counts come from the emulator's witness, never from hallpass itself. A changed output is accepted with `HALLPASS_BLESS=1`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and helpers of tests are tests"
)]

mod acks;
mod arguments;
mod audit;
mod call;
mod canary;
mod check;
mod clouds;
mod cold_start;
mod doctor;
mod emulate;
mod exec;
mod init;
mod inventory;
mod inventory_size;
mod learn;
mod lint;
mod lint_platform;
mod pages;
mod policy;
mod provision;
mod provision_killed;
mod provision_nice;
mod provision_terminal;
mod quickstart;
mod readme;
mod revoke;
mod revoke_killed;
mod rotate;
mod rotate_copies;
mod rotate_killed;
mod rotate_under_load;
mod scene;
mod secret;
mod secret_copy;
mod secret_import;
mod serve;
mod start_up;
mod terminal;
