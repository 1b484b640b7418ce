//! How long files and functions are, against the limits of the house.
//!
//! Counting is deliberately simple, so that anybody can repeat it by eye:
//!
//! * The production lines of a file are all its lines, comments and blank ones too, before the first `#[cfg(test)]`
//!   that opens a module. `#[cfg(test)]` in front of a `mod name;` or a `use` is skipped, not an end.
//! * Files called `tests.rs` and folders called `tests` are not counted: they are tests.
//! * A function runs from its `fn` line to the first line that is a closing brace at the same indentation, which is
//!   where rustfmt puts it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Fault;
use crate::workspace::Workspace;

/// Above this a file is listed.
const FILE_PAUSE: usize = 250;
/// Above this a file fails the check.
const FILE_LIMIT: usize = 400;
/// Above this a function is listed.
const FUNCTION_PAUSE: usize = 60;

/// Lists what is long and fails on what is too long.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Fault> {
    let (mut too_long, mut files, mut lines) = (Vec::new(), 0, 0);
    for package in &workspace.packages {
        for file in production_files(&package.manifest.with_file_name("src"))? {
            let text = fs::read_to_string(&file)?;
            let shown = file.strip_prefix(&workspace.root).unwrap_or(&file).display().to_string();
            let count = production_lines(&text);
            files += 1;
            lines += count;
            if count > FILE_LIMIT {
                too_long.push(format!("{shown}: {count} production lines, at most {FILE_LIMIT}"));
            } else if count > FILE_PAUSE {
                println!("warning: {shown}: {count} production lines, better below {FILE_PAUSE}");
            }
            for function in long_functions(&text) {
                let Function { name, line, length } = function;
                println!(
                    "warning: {shown}:{line}: `{name}` has {length} lines, better below {FUNCTION_PAUSE}"
                );
            }
        }
    }
    println!("{files} files, {lines} production lines");
    if too_long.is_empty() { Ok(()) } else { Err(format!("too long:\n  {}", too_long.join("\n  ")).into()) }
}

/// Every Rust file under a `src` folder that is not a test, in order of name.
pub(crate) fn production_files(source: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut files = Vec::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "tests") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|kind| kind == "rs")
                && path.file_name().is_some_and(|name| name != "tests.rs")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The number of lines before the first test module that is written in the file itself.
pub(crate) fn production_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let opens_module = |index: &usize| {
        let below = lines[index + 1..].iter().map(|line| line.trim());
        let item = below.skip_while(|line| line.is_empty() || line.starts_with("#[")).take(1);
        lines[*index].trim() == "#[cfg(test)]" && item.last().is_some_and(|line| line.ends_with('{'))
    };
    (0..lines.len()).find(opens_module).unwrap_or(lines.len())
}

/// A function that is longer than it should be.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    length: usize,
}

/// The production functions above the limit.
fn long_functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().take(production_lines(text)).collect();
    let functions = lines.iter().enumerate().filter_map(|(index, line)| {
        let name = function_name(line)?;
        let length = length_of(&lines[index..])?;
        Some(Function { name: name.to_owned(), line: index + 1, length })
    });
    functions.filter(|function| function.length > FUNCTION_PAUSE).collect()
}

/// The name, if the line starts a function.
fn function_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (before, after) = line.split_at(line.find("fn ")?);
    let qualifier =
        |word: &str| matches!(word, "const" | "async" | "unsafe" | "extern") || word.starts_with("pub");
    let qualified = before.split_whitespace().all(|word| qualifier(word) || word.ends_with(')'));
    let name = after[3..].split(['(', '<']).next()?;
    (qualified && !name.is_empty()).then_some(name)
}

/// How many lines the function has whose signature starts the slice; `None` for a declaration without a body.
fn length_of(lines: &[&str]) -> Option<usize> {
    let signature = lines.first()?;
    let indent = &signature[..signature.len() - signature.trim_start().len()];
    let opened = lines.iter().position(|line| line.ends_with(['{', '}', ';']))?;
    match lines[opened].chars().last() {
        Some('{') => {
            let body = &lines[opened + 1..];
            let end = body.iter().position(|line| line.strip_prefix(indent) == Some("}"))?;
            Some(opened + end + 2)
        }
        Some('}') => Some(opened + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_module_ends_the_production_lines() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(production_lines(text), 2);
    }

    #[test]
    fn a_test_module_in_another_file_does_not() {
        let text = "mod a;\n#[cfg(test)]\nmod tests;\n\nfn b() {}\n";
        assert_eq!(production_lines(text), 5);
    }

    #[test]
    fn an_attribute_between_changes_nothing() {
        let text = "fn a() {}\n#[cfg(test)]\n#[expect(unused)]\nmod tests {\n}\n";
        assert_eq!(production_lines(text), 1);
    }

    #[test]
    fn a_function_counts_from_its_signature_to_its_brace() {
        let text = format!(
            "impl A {{\n    pub(crate) async fn long(\n        a: u8,\n    ) {{\n{}    }}\n}}\n",
            "        b();\n".repeat(60)
        );
        assert_eq!(long_functions(&text), [Function { name: "long".to_owned(), line: 2, length: 64 }]);
    }

    #[test]
    fn short_functions_declarations_and_mere_mentions_are_not_listed() {
        let text = format!(
            "trait A {{\n    fn declared(&self);\n    fn b() {{}}\n}}\n// a fn in words {{\n{}",
            "\n".repeat(90)
        );
        assert_eq!(long_functions(&text), []);
    }
}
