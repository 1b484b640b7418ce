//! Consent to what a revocation costs.

use std::io::{self, BufRead, IsTerminal};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Goes on where somebody said so: by a flag, or by typing the name on a terminal, where a `y` is typed too easily.
pub(super) fn demand(name: &str, given: bool, printer: &Printer) -> Result<(), Failure> {
    if given {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        let message =
            "nobody consented: standard input is not a terminal, and `--yes` is missing; nothing was done";
        return Err(Failure::usage(message, "read the lines above, then repeat it with `--yes`"));
    }
    printer.ask(&format!("type {name} to go on: "));
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::machine("the terminal cannot be read", error))?;
    if line.trim() == name {
        return Ok(());
    }
    let hint = "repeat it, and type the name of the integration";
    Err(Failure::plain(Exit::Refused, "that is not its name; nothing was done", Some(hint.to_owned()), None))
}
