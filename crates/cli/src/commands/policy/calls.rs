//! Calls to be judged, as a list gives them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Its line, from 1.
    pub(super) line: usize,
    /// What has to come out, where the line says so.
    pub(super) expected: Option<Expected>,
    /// The method, as written.
    pub(super) method: String,
    /// Path and query, as written.
    pub(super) target: String,
}

/// What has to come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expected {
    /// The call is allowed.
    Allow,
    /// The call is refused.
    Deny,
}

/// The calls of the file, or of standard input for `-`.
pub(super) fn read(file: &Path) -> Result<Vec<Call>, Failure> {
    let name =
        if file == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", file.display()) };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text)
    } else {
        File::open(file).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
    };
    let length = read.map_err(|error| {
        let hint = "name a text file with one `METHOD PATH` a line, or `-` for standard input";
        Failure::plain(
            Exit::Machine,
            format!("{name} cannot be read"),
            Some(hint.to_owned()),
            Some(Box::new(error)),
        )
    })?;
    if length as u64 > LARGEST {
        return Err(Failure::usage(format!("{name} is longer than {LARGEST} bytes"), "split the list"));
    }
    parse(&text, &name)
}

fn parse(text: &str, name: &str) -> Result<Vec<Call>, Failure> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let (mut calls, mut wrong) = (Vec::new(), Vec::new());
    for (number, line) in lines {
        match call(number, line) {
            Some(call) => calls.push(call),
            None => wrong.push(format!("{name}, line {number}: expected `METHOD PATH`")),
        }
    }
    let hint = "write for example `GET /api/v2/routing/queues`, with `allow ` or `deny ` before it if it has to be so";
    if !wrong.is_empty() {
        return Err(Failure::usage(wrong.join("\n"), hint));
    }
    if calls.is_empty() {
        return Err(Failure::usage(format!("{name} has no calls"), hint));
    }
    Ok(calls)
}

fn call(number: usize, line: &str) -> Option<Call> {
    let (first, rest) = words(line)?;
    let expected = match first {
        "allow" => Some(Expected::Allow),
        "deny" => Some(Expected::Deny),
        _ => None,
    };
    let (method, target) = if expected.is_some() { words(rest)? } else { (first, rest) };
    let sound = method.bytes().all(|byte| byte.is_ascii_alphabetic()) && target.starts_with('/');
    sound.then(|| Call { line: number, expected, method: method.to_owned(), target: target.to_owned() })
}

fn words(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once(char::is_whitespace)?;
    Some((first, rest.trim_start()))
}

/// A call as it is printed: without what its query says, without control characters, and not endless.
pub(super) fn shown(method: &str, target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, ""), |(path, _)| (path, "?..."));
    format!("{} {}{query}", shown_part(method), shown_part(path))
}

/// A part of a call as it is printed.
pub(super) fn shown_part(text: &str) -> String {
    let more = if text.chars().count() > LONGEST_SHOWN { "..." } else { "" };
    text.chars().take(LONGEST_SHOWN).flat_map(visible).chain(more.chars()).collect()
}

fn visible(letter: char) -> impl Iterator<Item = char> {
    let escaped = letter.is_control().then(|| letter.escape_default());
    let plain = (!letter.is_control()).then_some(letter);
    escaped.into_iter().flatten().chain(plain)
}

/// Far more calls than anybody writes down.
const LARGEST: u64 = 4 * 1024 * 1024;
/// A path longer than this is recognised by its beginning.
const LONGEST_SHOWN: usize = 160;

#[cfg(test)]
mod tests {
    use super::{Call, Expected, parse, shown};

    #[test]
    fn a_line_is_an_expectation_a_method_and_a_path() {
        let calls = parse("# all\n\n GET /a\r\nallow PUT  /b?x=1\ndeny GET /c d\n", "it").unwrap();
        let call = |line, expected, method: &str, target: &str| Call {
            line,
            expected,
            method: method.to_owned(),
            target: target.to_owned(),
        };
        let expected = [
            call(3, None, "GET", "/a"),
            call(4, Some(Expected::Allow), "PUT", "/b?x=1"),
            call(5, Some(Expected::Deny), "GET", "/c d"),
        ];
        assert_eq!(calls, expected);
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for text in ["", "# none", "GET", "allow GET", "GET api", "permit GET /a", "/a GET"] {
            assert!(parse(text, "it").is_err(), "{text}");
        }
    }

    #[test]
    fn a_query_and_control_characters_are_not_shown() {
        assert_eq!(shown("GET", "/a?token=canary"), "GET /a?...");
        assert_eq!(shown("GET", "/a\u{1b}[1m"), "GET /a\\u{1b}[1m");
        assert_eq!(shown("GET", &"/".repeat(161)).len(), "GET ".len() + 163);
    }
}
