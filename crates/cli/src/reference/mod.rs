//! The pages of `docs/reference`, made from the tables and the grammar that decide. A test for each fails when its page is out of date, and
//! `HALLPASS_BLESS=1` writes it anew.

mod audit;
mod commands;
mod configuration;
mod faults;
mod lint;
mod variables;

use std::path::Path;

use hallpass_testkit::compare_with_file;

/// Compares `page` with the file of that name.
#[track_caller]
fn assert_page(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    compare_with_file(path, page.as_bytes()).unwrap();
}

/// A text in a cell of a table: on one line, and without what would end the cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// What stands below the heading of every page.
const MADE: &str = "Made from the code; `HALLPASS_BLESS=1 cargo test -p hallpass-cli` writes it anew.";

#[test]
fn the_index_leads_to_every_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || index.contains(&format!("]({name})")), "the index lacks {name}");
    }
}
