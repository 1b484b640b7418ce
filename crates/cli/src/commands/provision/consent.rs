//! A person's word before something is changed.

use std::io::{self, BufRead, IsTerminal};

use crate::failure::Failure;
use crate::printer::Printer;

/// Whether it may go on: by the flag, or by the right answer on a terminal.
pub(super) fn consented(printer: &Printer, question: &str, right: &str, yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        let message = "standard input is not a terminal, so nobody can be asked";
        return Err(Failure::usage(message, "look at the plan first, then say `--yes`"));
    }
    printer.ask(question);
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::machine("standard input cannot be read", error))?;
    let answer = answer.trim();
    // One letter may be typed either way; a name has to be the name.
    let fine = answer == right || (right.len() == 1 && answer.eq_ignore_ascii_case(right));
    if !fine {
        printer.talk("nothing was changed");
    }
    Ok(fine)
}
