//! Faults, typed by what remedies them.
//!
//! A [`Fault`] says one thing in one place: its `Display` speaks for its own layer only, the chain says the rest, and it
//! is printed once, at the edge. It is cheap to clone because every waiter of one token flight gets the same one.
//! Nothing secret is ever put into one: texts name things and lengths, never values.

mod code;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::sync::Arc;

pub use code::{FaultCode, Remedy};

/// A fault of ours.
#[derive(Clone)]
pub struct Fault(Arc<Inner>);

struct Inner {
    code: FaultCode,
    detail: String,
    hint: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault with a lower-case detail that names the thing and never a value that may be secret.
    #[must_use]
    pub fn new(code: FaultCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Arc::new(Inner { code, detail, hint: None, retry_after: None, source: None }))
    }

    /// The same fault with better advice than its code's own.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        self.change(|inner| inner.hint = Some(hint.into()))
    }

    /// The same fault, with the time after which a repetition makes sense.
    #[must_use]
    pub fn with_retry_after(self, after: Duration) -> Self {
        self.change(|inner| inner.retry_after = Some(after))
    }

    /// The same fault with its cause, which must not hold a secret either.
    #[must_use]
    pub fn with_source(self, source: impl Error + Send + Sync + 'static) -> Self {
        self.change(|inner| inner.source = Some(Arc::new(source)))
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> FaultCode {
        self.0.code
    }

    /// What remedies it.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.0.code.remedy()
    }

    /// What it says about this occurrence; empty when the code says everything.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.0.hint.as_deref().unwrap_or_else(|| self.0.code.hint())
    }

    /// When to come back, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    fn change(self, edit: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            code: self.0.code,
            detail: self.0.detail.clone(),
            hint: self.0.hint.clone(),
            retry_after: self.0.retry_after,
            source: self.0.source.clone(),
        };
        edit(&mut inner);
        Self(Arc::new(inner))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.detail.as_str() {
            "" => f.write_str(self.0.code.summary()),
            detail => write!(f, "{}: {detail}", self.0.code.summary()),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Fault");
        debug.field("code", &self.0.code).field("detail", &self.0.detail);
        debug.field("retry_after", &self.0.retry_after).finish_non_exhaustive()
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultCode};
    use std::collections::BTreeSet;
    use std::error::Error as _;

    #[test]
    fn names_are_unique_and_texts_are_lower_case_fragments() {
        let names: BTreeSet<_> = FaultCode::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), FaultCode::ALL.len());
        for code in FaultCode::ALL {
            for text in [code.summary(), code.hint()] {
                assert!(!text.ends_with('.') && !text.is_empty(), "{text}");
            }
            assert!(code.summary().starts_with(|first: char| first.is_lowercase()), "{}", code.summary());
        }
    }

    #[test]
    fn a_fault_says_its_own_layer_and_the_chain_says_the_rest() {
        let cause = Fault::new(FaultCode::StoreUnreadable, "`a`");
        let fault = Fault::new(FaultCode::TokenUnavailable, "queue-sync").with_source(cause);
        assert_eq!(fault.to_string(), "no usable token can be had right now: queue-sync");
        assert_eq!(fault.source().map(ToString::to_string).as_deref(), Some("the store cannot be read: `a`"));
    }
}
