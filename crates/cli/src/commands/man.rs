//! `hallpass man`: the pages for `man`, made from the same text as `--help`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::Man as Page;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Print the manual page, or write one for each command
///
/// Without --dir the page of hallpass itself goes to standard output. With it, that page and one for every command are written into the folder, such as
/// hallpass-secret-put.1; pages that are there already are replaced.
///
/// Example: hallpass man --dir ~/.local/share/man/man1
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder to write all pages into; it is made if it is not there
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints it, or writes them.
    pub(crate) fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let mut grammar = Arguments::grammar();
        // Gives every command its whole name, which a page is called by.
        grammar.build();
        match self.dir {
            None => printer.bytes(&page(grammar)?)?,
            Some(folder) => {
                let count = write(&grammar, &folder)?;
                printer.talk(&format!("wrote {count} pages into `{}`", folder.display()));
            }
        }
        Ok(Exit::Done)
    }
}

/// Writes the page of `grammar` and those of the commands below it. How many there were.
fn write(grammar: &clap::Command, folder: &Path) -> Result<usize, Failure> {
    let cannot =
        |path: &Path, error| Failure::machine(format!("`{}` cannot be written", path.display()), error);
    fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    let name = grammar.get_display_name().unwrap_or(grammar.get_name()).to_owned();
    let path = folder.join(format!("{name}.1"));
    fs::write(&path, page(grammar.clone())?).map_err(|error| cannot(&path, error))?;
    let below = grammar.get_subcommands().filter(|command| is_ours(command));
    below.map(|command| write(command, folder)).try_fold(1, |count, more| Ok(count + more?))
}

/// Whether a command has a page: `help` is known to everybody.
fn is_ours(command: &clap::Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn page(grammar: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let rendered = Page::new(grammar).render(&mut page);
    rendered.map_err(|error| Failure::machine("the page cannot be made", error))?;
    Ok(page)
}
