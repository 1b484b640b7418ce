//! Where words go: the log for people, the audit log for auditors.

mod audit;
mod first_token;
mod logs;

pub(crate) use audit::audit_sink;
pub(crate) use first_token::FirstToken;
pub use logs::start_logging;
