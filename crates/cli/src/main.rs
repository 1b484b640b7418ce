//! The hallpass command line.
//!
//! ```text
//!   arguments ──▶ commands::run ──▶ hallpass-app does the work ──▶ printer (data to stdout, talk to stderr)
//!                      └── Failure ──▶ explain (once, to stderr) ──▶ exit (one table)
//! ```
//!
//! Nothing here decides about tokens, secrets or calls: that is behind `hallpass-app`, which this crate only asks.

mod arguments;
mod caller;
mod commands;
mod exit;
mod explain;
mod failure;
mod house;
mod printer;
#[cfg(test)]
mod reference;

use std::process::ExitCode;

use arguments::Arguments;
use failure::Failure;
use printer::Printer;

fn main() -> ExitCode {
    // Before anything secret is in memory and before there is a second thread. Where a sandbox forbids it, it forbids tracing as well.
    hallpass_app::harden();
    let printer = Printer::of_process(&hallpass_app::config::ProcessVariables);
    let arguments = match Arguments::read(std::env::args_os(), &printer) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    let outcome = runtime().and_then(|runtime| {
        let outcome = runtime.block_on(commands::run(arguments, &printer));
        // A blocked read of the terminal must not hold the end up; everything that matters was awaited.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            explain::explain(&failure, &printer);
            failure.exit().into()
        }
    }
}

/// The one runtime of the process.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::machine("no threads can be started", error))
}
