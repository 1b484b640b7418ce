//! `hallpass completions`: what a shell needs to complete our commands.

use clap::Args;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Print the completions of a shell
///
/// The script goes to standard output. Where a shell looks for it is the shell's affair; bash, for example, reads
/// ~/.local/share/bash-completion/completions/hallpass.
///
/// Example: hallpass completions bash > ~/.local/share/bash-completion/completions/hallpass
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints them.
    pub(crate) fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::grammar(), "hallpass", &mut script);
        printer.bytes(&script)?;
        Ok(Exit::Done)
    }
}
