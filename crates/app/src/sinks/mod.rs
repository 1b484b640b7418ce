//! Where words go: the log for people, the audit log for auditors.

mod audit;
mod logs;

pub(crate) use audit::open as open_audit;
pub use logs::start_logging;
