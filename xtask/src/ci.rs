//! `cargo xtask ci`: what `.ci/run` runs on a build machine.

use std::process::Command;

use crate::workspace::Workspace;
use crate::{Fault, shell, test};

/// Prints what this machine has, then runs `test --system`.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<bool, Fault> {
    let tools: [&[&str]; 6] = [
        &["rustc", "--version"],
        &["cargo", "--version"],
        &["python3", "--version"],
        &["node", "--version"],
        &["uname", "-srm"],
        &["nproc"],
    ];
    for words in tools {
        let mut command = Command::new(words[0]);
        let said = shell::capture(command.args(&words[1..]));
        let said = said.map_or_else(|_| "not here".to_owned(), |said| said.trim().to_owned());
        println!("{:<8} {said}", words[0]);
    }
    let mut all = vec!["--system".to_owned()];
    all.extend_from_slice(arguments);
    test::command(workspace, &all)
}
