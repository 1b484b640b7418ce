//! Every command's own help.

use std::fmt::Write as _;

use clap::Command;

use super::{MADE, assert_page};
use crate::arguments::Arguments;

#[test]
fn the_page_of_commands_is_up_to_date() {
    // The width of a terminal must not change the page.
    let mut grammar = Arguments::grammar().term_width(100);
    grammar.build();
    let mut page =
        format!("# Commands\n\n{MADE}\n\nWhat `hallpass COMMAND --help` says, for every command.\n");
    write_help(&grammar, "hallpass", &mut page);
    assert_page("commands.md", &page);
}

fn write_help(command: &Command, name: &str, page: &mut String) {
    let help = command.clone().render_long_help().to_string();
    let help: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
    write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", help.join("\n")).unwrap();
    let below =
        command.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set());
    below.for_each(|command| write_help(command, &format!("{name} {}", command.get_name()), page));
}
