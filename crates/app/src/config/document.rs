//! From the bytes of a file to a tree that knows where everything stands.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::faults::{Collector, Place};
use super::suggest::presentable;

/// The text of a configuration file, or what is wrong with it as a whole.
pub(super) fn text_of(content: Vec<u8>) -> Result<String, (String, &'static str)> {
    if content.len() as u64 > LARGEST_FILE {
        let hint = "is this the file you meant?";
        return Err((format!("it is longer than {} KiB", LARGEST_FILE / 1024), hint));
    }
    // Windows editors write UTF-16 with a byte order mark; a UTF-8 one is skipped by the parser.
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return Err(("it is UTF-16 text, expected UTF-8".to_owned(), "save it again as UTF-8"));
    }
    String::from_utf8(content).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        (format!("line {line} is not UTF-8 text"), "save it again as UTF-8")
    })
}

/// The tree of `text`, or `None` when it is not TOML at all. What stands in it twice is noted as a fault and does not hinder the rest
/// from being checked.
pub(super) fn tree_of<'t>(text: &'t str, faults: &mut Collector<'_>) -> Option<Spanned<DeTable<'t>>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut twice = BTreeSet::new();
    for error in errors {
        let span = error.span().unwrap_or_default();
        if error.message() != DUPLICATE {
            // After a real error of syntax the parser guesses, and whatever it finds later is its own doing.
            let message = format!("this is not TOML: {}", error.message());
            match error.span() {
                Some(span) => faults.at(span, message, None),
                None => faults.on(Place::File, message, None),
            }
            return None;
        }
        let header = Header::of(text, span.start);
        // The keys below a header that stands twice stand twice because of it.
        if header.holds(span.start) || !twice.contains(&header.start) {
            let (message, hint) = header.twice_in_words(text, &span);
            faults.at(span.clone(), message, hint.to_owned());
        }
        if header.holds(span.start) {
            twice.insert(header.start);
        }
    }
    Some(tree)
}

/// The table header a place in the text belongs to; empty above the first one.
struct Header<'t> {
    start: usize,
    line: &'t str,
}

impl<'t> Header<'t> {
    /// The nearest line at or before `offset` that begins with `[`. An array over several lines may fool this; only wording hangs on it.
    fn of(text: &'t str, offset: usize) -> Self {
        let end = text[offset..].find('\n').map_or(text.len(), |length| offset + length);
        let opens_line =
            |at: usize| text[..at].rsplit('\n').next().is_none_or(|before| before.trim().is_empty());
        let start = text[..end].match_indices('[').map(|(at, _)| at).rfind(|at| opens_line(*at));
        start.map_or(Self { start: 0, line: "" }, |start| Self {
            start,
            line: text[start..].lines().next().unwrap_or_default(),
        })
    }

    fn holds(&self, offset: usize) -> bool {
        (self.start..self.start + self.line.len()).contains(&offset)
    }

    /// What is said when the key at `span` stands a second time, and what to do.
    fn twice_in_words(&self, text: &str, span: &Range<usize>) -> (String, &'static str) {
        let key = text.get(span.clone()).unwrap_or_default();
        let key = presentable(key.trim_matches(['"', '\'']));
        let of_integrations = self.line.trim_start_matches(['[', ' ', '\t']).starts_with("integrations");
        match (self.holds(span.start), of_integrations) {
            (true, true) => {
                (format!("two integrations are named `{key}`"), "give each integration a name of its own")
            }
            (true, false) => (format!("the table `{key}` stands here a second time"), "make one of them"),
            (false, _) => (format!("the key `{key}` stands here a second time"), "keep one of them"),
        }
    }
}

/// What the parser says about a key or a table that stands twice; a test holds it to that.
const DUPLICATE: &str = "duplicate key";
/// A thousand integrations fit in a fifth of this; what is longer is another file, and is not read into memory.
pub(super) const LARGEST_FILE: u64 = 1024 * 1024;
