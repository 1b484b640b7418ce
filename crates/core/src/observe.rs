//! Hearing of calls without touching them.

use std::fmt;

use http::{Method, StatusCode};

use crate::names::IntegrationName;

/// Hears of every call that a policy was asked about, on the path of the call: it must not wait, do I/O or fail.
///
/// A call whose caller went away before its answer is not told.
pub trait CallObserver: Send + Sync + fmt::Debug {
    /// Takes note of `call`. What is kept of it outlives the call, so it must be free of values.
    fn observe(&self, call: &ObservedCall<'_>);
}

/// A call and how it ended. The path is as the caller sent it, with values in it, and lives as long as the call.
#[derive(Clone, Copy)]
pub struct ObservedCall<'a> {
    /// Whose policy was asked.
    pub integration: &'a IntegrationName,
    /// The method.
    pub method: &'a Method,
    /// The path without its query; it was not ambiguous.
    pub path: &'a str,
    /// How it ended.
    pub ending: Ending,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// No rule covered it, and nothing was sent.
    Refused,
    /// The platform answered with this status.
    Answered {
        /// The rule that covered it, counted from zero.
        rule: usize,
        /// The status, after a replay if there was one.
        status: StatusCode,
    },
    /// There was no answer: no token, no connection, a body that broke off.
    Unanswered {
        /// The rule that covered it, counted from zero.
        rule: usize,
    },
}

impl fmt::Debug for ObservedCall<'_> {
    /// Without the path, which may hold values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedCall")
            .field("integration", &self.integration.as_str())
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl CallObserver for NoObserver {
    fn observe(&self, _call: &ObservedCall<'_>) {}
}
