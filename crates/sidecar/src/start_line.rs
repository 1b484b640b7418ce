//! The end of a cold start, as one line of the log.

use hallpass_core::{Clock, ColdStart, Phase};

/// Notes that a platform answered a call. The first answer of a process ends its cold start, and says how long each phase took.
pub(crate) fn first_answer(start: &ColdStart, clock: &dyn Clock) {
    // The usual case is one load, before any clock is read.
    if start.after(Phase::Answered).is_some() || !start.reached(Phase::Answered, clock.now()) {
        return;
    }
    let millis = |phase| start.after(phase).map(|after| after.as_secs_f64() * 1000.0);
    tracing::info!(
        config_ms = millis(Phase::Configured),
        listening_ms = millis(Phase::Listening),
        store_connect_ms = millis(Phase::Connected),
        secret_ms = millis(Phase::Secrets),
        token_ms = millis(Phase::Token),
        first_answer_ms = millis(Phase::Answered),
        "the first call is answered; each figure counts from the start of the process"
    );
}
