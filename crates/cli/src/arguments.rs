//! The command line, read. What a person types may be a secret in the wrong place, so errors do not repeat it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser};

use crate::commands::Command;
use crate::exit::{self, Exit};
use crate::printer::Printer;

/// Short-lived, least-privilege API access for serverless integrations with contact-centre platforms.
///
/// An integration's code calls a sidecar on loopback; the sidecar attaches a token that the code never sees, renews it in time, and refuses
/// every call that the integration's allow-list does not cover. Start with `hallpass quickstart`: it needs nothing.
#[derive(Debug, Parser)]
#[command(name = "hallpass", version, propagate_version = false, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The configuration file [default: HALLPASS_CONFIG, then ./hallpass.toml]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// The whole grammar, for whoever reads it, prints it or explains it.
    pub(crate) fn grammar() -> clap::Command {
        Self::command().after_help(exit::TABLE)
    }

    /// Reads the command line, or answers it: help, version and errors are printed here.
    pub(crate) fn read(
        arguments: impl IntoIterator<Item = OsString>,
        printer: &Printer,
    ) -> Result<Self, Exit> {
        let mut grammar = Self::grammar();
        let matches = grammar.try_get_matches_from_mut(arguments);
        matches.and_then(|mut matches| Self::from_arg_matches_mut(&mut matches)).map_err(|mut error| {
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                let printed = printer.bytes(error.render().to_string().as_bytes());
                return printed.map_or(Exit::Machine, |()| Exit::Done);
            }
            mask(&mut error);
            printer.talk(error.render().to_string().trim_end());
            Exit::Usage
        })
    }
}

/// Takes what was typed out of an error, unless it plainly is the name of a flag or a command.
fn mask(error: &mut clap::Error) {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        let harmless = match error.get(kind) {
            None => continue,
            // Which argument lacks or has a wrong value is our own text.
            Some(_) if kind == ContextKind::InvalidArg && error.kind() != ErrorKind::UnknownArgument => true,
            Some(ContextValue::String(text)) => is_plain_name(text),
            Some(_) => true,
        };
        if !harmless {
            error.insert(kind, ContextValue::String("[not shown]".to_owned()));
            // Suggestions repeat it.
            error.insert(ContextKind::Suggested, ContextValue::None);
        }
    }
}

/// Flags and commands are short lower-case words; a secret with only those is not worth the name.
fn is_plain_name(text: &str) -> bool {
    text.len() <= 24 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{Arguments, is_plain_name};
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_may_be_a_secret_is_no_plain_name() {
        for plain in ["--stay", "srve", "-x"] {
            assert!(is_plain_name(plain), "{plain}");
        }
        for secret in
            ["{\"client_secret\":\"x\"}", "--client-secret=x", "aB3dE", "a-long-word-that-goes-on-and-on"]
        {
            assert!(!is_plain_name(secret), "{secret}");
        }
    }
}
