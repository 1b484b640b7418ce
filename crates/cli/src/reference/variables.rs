//! Every environment variable.

use std::fmt::Write as _;

use hallpass_app::config::{Direction, VARIABLES};

use super::{MADE, assert_page, cell};

#[test]
fn the_page_of_variables_is_up_to_date() {
    let mut page = format!("# Variables\n\n{MADE}\n\n{HEAD}");
    for (title, direction) in [("Read", Direction::Read), ("Set for others", Direction::Output)] {
        write!(page, "\n## {title}\n\n| Variable | What it says |\n|---|---|\n").unwrap();
        for variable in VARIABLES.iter().filter(|variable| variable.direction == direction) {
            writeln!(page, "| `{}` | {} |", variable.name, cell(variable.help)).unwrap();
        }
    }
    assert_page("variables.md", &page);
}

const HEAD: &str = "\
A variable that is not listed here means nothing to hallpass, but for those that `env:` references of the configuration name. One that is set to nothing
counts as not set. A flag wins over a variable, a variable over the file.
";
