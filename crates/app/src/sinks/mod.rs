//! Where words go: the log for people, the audit log for auditors.

mod audit;
mod first_token;
mod logs;

pub(crate) use audit::{Hand, Keyless, open as open_audit, target as audit_target};
pub(crate) use first_token::FirstToken;
pub use logs::start_logging;
