//! The only place that prints: data to standard output, talk to standard error.
//!
//! A reader that has gone away (`hallpass secret list | head -1`) is no error: what is printed after that goes nowhere.

use std::io::{self, IsTerminal, Write};

use hallpass_app::config::Variables;
use serde::Serialize;

use crate::failure::Failure;

/// Prints. Knows whether a person is looking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    terminal: bool,
    colour: bool,
    /// The same of standard error, where talk goes.
    talk_terminal: bool,
    talk_colour: bool,
}

impl Printer {
    /// For the streams of this process. `NO_COLOR` and `TERM=dumb` are heeded; nothing is ever said by colour alone.
    pub(crate) fn of_process(variables: &dyn Variables) -> Self {
        let terminal = io::stdout().is_terminal();
        let is_set = |name| variables.value(name).is_some_and(|value| !value.is_empty());
        let dumb = variables.value("TERM").is_some_and(|term| term == "dumb");
        let (talk_terminal, fine) = (io::stderr().is_terminal(), !dumb && !is_set("NO_COLOR"));
        Self { terminal, colour: terminal && fine, talk_terminal, talk_colour: talk_terminal && fine }
    }

    /// One that dresses text for standard error, which may lead elsewhere than standard output.
    pub(crate) fn for_talk(&self) -> Self {
        Self { terminal: self.talk_terminal, colour: self.talk_colour, ..*self }
    }

    /// A step of something that takes a while, the `number`th of `of`. On a terminal the line is written over once the step is done; elsewhere it is said once,
    /// when it begins.
    pub(crate) fn step(&self, text: &str, (number, of): (usize, usize), done: bool) {
        let mut stderr = io::stderr().lock();
        if !self.talk_terminal {
            let plain = if done { Ok(()) } else { writeln!(stderr, "  {text}") };
            return plain.unwrap_or_default();
        }
        let (up, mark) = if done { ("\u{1b}[1A\u{1b}[2K", self.for_talk().mark(true)) } else { ("", " ") };
        writeln!(stderr, "{up}{mark} {number}/{of} {text}").ok();
    }

    /// A line, or several, of data.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// One value as one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value)
            .map_err(|error| Failure::machine("a value has no JSON form", error))?;
        self.data(&text)
    }

    /// One value as JSON over several lines, for documents that people read as well.
    pub(crate) fn json_document(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::machine("a value has no JSON form", error))?;
        self.data(&text)
    }

    /// Bytes as they are, at once.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::machine("standard output cannot be written", error))
            }
            _ => Ok(()),
        }
    }

    /// A line, or several, of talk. If nobody can hear it, nobody can be told so either.
    pub(crate) fn talk(&self, text: &str) {
        writeln!(io::stderr().lock(), "{text}").ok();
    }

    /// How long something still takes. On a terminal the line is written over; elsewhere it is said once, when it is `known` no more.
    pub(crate) fn wait(&self, text: &str, known: bool) {
        let mut stderr = io::stderr().lock();
        if io::stderr().is_terminal() {
            let up = if known { "\u{1b}[1A\u{1b}[2K" } else { "" };
            writeln!(stderr, "{up}{text}").ok();
        } else if !known {
            writeln!(stderr, "{text}").ok();
        }
    }

    /// A question without an end of line.
    pub(crate) fn ask(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{text}").and_then(|()| stderr.flush()).ok();
    }

    /// How a line that holds begins, or one that does not: always as wide as the other.
    pub(crate) fn mark(&self, held: bool) -> &'static str {
        match (held, self.terminal, self.colour) {
            (true, true, true) => "\u{1b}[32m✓\u{1b}[0m",
            (false, true, true) => "\u{1b}[31m✗\u{1b}[0m",
            (true, true, false) => "✓",
            (false, true, false) => "✗",
            (true, false, _) => "ok    ",
            (false, false, _) => "FAILED",
        }
    }

    /// The sign of a difference: `+`, `~` or `-`.
    pub(crate) fn sign(&self, sign: &str) -> String {
        let colour = match sign {
            "+" => 32,
            "~" => 33,
            _ => 31,
        };
        if self.colour { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_owned() }
    }

    /// A heading.
    pub(crate) fn heading(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A printer for a file or a pipe.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { terminal: false, colour: false, talk_terminal: false, talk_colour: false }
    }
}

/// Rows of text, their columns aligned, two blanks apart and two set in.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `text` as one word of a command that somebody may paste into a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{Printer, columns, shell_word};

    #[test]
    fn a_word_for_a_shell_is_quoted_where_it_has_to_be() {
        let words = ["a/b.env", "a b", "it's", ""].map(shell_word);
        assert_eq!(words, ["a/b.env", "'a b'", "'it'\\''s'", "''"]);
    }

    #[test]
    fn columns_are_aligned_and_leave_no_trailing_blanks() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(columns(&[row("über", "x"), row("a", ""), row("ab", "yy")]), "  über  x\n  a\n  ab    yy");
    }

    #[test]
    fn without_a_terminal_there_is_no_escape() {
        assert_eq!(Printer::plain().mark(true).trim_end(), "ok");
        assert_eq!(Printer::plain().heading("x"), "x");
    }
}
