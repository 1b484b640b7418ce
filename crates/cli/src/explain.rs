//! An error, printed once: what failed, why, and what to do.
//!
//! ```text
//! error: no usable token can be had right now: queue-sync
//! cause: the store cannot be read: `/var/lib/hallpass/store`
//! hint: check that the path exists and that this user may read it
//! ```
//!
//! Faults name things and never values, so there is nothing left to mask here; the canary test holds them to that.

use std::error::Error;

use hallpass_app::Fault;

use crate::failure::Failure;
use crate::printer::Printer;

/// Says on standard error what went wrong.
pub(crate) fn explain(failure: &Failure, printer: &Printer) {
    for line in lines(failure) {
        printer.talk(&line);
    }
}

fn lines(failure: &Failure) -> Vec<String> {
    let mut lines = Vec::new();
    let hint = match failure {
        Failure::Fault(fault) => {
            lines.push(labelled("error", &fault.to_string()));
            lines.extend(causes(fault.source()));
            Some(advice(fault))
        }
        Failure::Plain(plain) => {
            lines.push(labelled("error", &plain.message));
            lines.extend(causes(plain.source.as_deref().map(|source| source as &(dyn Error + 'static))));
            plain.hint.as_deref()
        }
    };
    lines.extend(hint.map(|hint| labelled("hint", hint)));
    lines
}

/// A fault's hint, unless it speaks to a caller of the sidecar, who sees headers.
fn advice(fault: &Fault) -> &str {
    match fault.hint() {
        hint if hint.contains("Retry-After") => "see to the cause, or wait a moment; then try again",
        hint => hint,
    }
}

fn causes<'a>(first: Option<&'a (dyn Error + 'static)>) -> impl Iterator<Item = String> + use<'a> {
    let chain = std::iter::successors(first, |error: &&'a (dyn Error + 'static)| (*error).source());
    chain.map(|error| labelled("cause", &error.to_string()))
}

/// `label: text`, its further lines set in below the first.
pub(crate) fn labelled(label: &str, text: &str) -> String {
    let indent = format!("\n{:width$}", "", width = label.len() + 2);
    format!("{label}: {}", text.replace('\n', &indent))
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::failure::Failure;
    use hallpass_app::{Fault, FaultCode};

    #[test]
    fn the_chain_is_told_from_the_outside_in_and_the_hint_comes_last() {
        let cause = Fault::new(FaultCode::StoreUnreadable, "`a`\nand `b`");
        let fault =
            Fault::new(FaultCode::TokenUnavailable, "queue-sync").with_source(cause).with_hint("do this");
        assert_eq!(
            lines(&Failure::Fault(fault)),
            [
                "error: no usable token can be had right now: queue-sync",
                "cause: the store cannot be read: `a`\n       and `b`",
                "hint: do this",
            ]
        );
    }
}
