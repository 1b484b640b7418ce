//! What was tried in vain, in one fault.

use hallpass_core::sync::Arc;
use hallpass_core::{Fault, FaultCode};

use super::places::Place;

/// A place that was asked, and what came of it.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) place: Arc<Place>,
    pub(super) fault: Fault,
}

/// One place speaks for itself. Of several, the first fault that is more than an absent entry decides what to do, and the detail
/// lists them all.
pub(super) fn all_failed(attempts: &[Attempt]) -> Fault {
    let absent = |attempt: &&Attempt| attempt.fault.code() == FaultCode::EntryNotFound;
    let telling = attempts.iter().find(|attempt| !absent(attempt)).or(attempts.first());
    let telling = &telling.expect("there is a first place, and it was tried").fault;
    if attempts.len() == 1 {
        return telling.clone();
    }
    let fault =
        Fault::new(telling.code(), format!("none of {} places has it: {}", attempts.len(), listed(attempts)));
    let fault = fault.with_hint(telling.hint()).with_source(telling.clone());
    match telling.retry_after() {
        Some(after) => fault.with_retry_after(after),
        None => fault,
    }
}

/// Each place with its fault.
pub(super) fn listed(attempts: &[Attempt]) -> String {
    let line = |attempt: &Attempt| format!("{}: {}", attempt.place, attempt.fault);
    attempts.iter().map(line).collect::<Vec<_>>().join("; ")
}
