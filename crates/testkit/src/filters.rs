//! Replacing what changes from run to run.

use std::env;

/// Which parts of a text are replaced, and by what.
///
/// ```
/// use hallpass_testkit::snapshot::Filters;
///
/// let filters = Filters::standard().literal("/home/me/project", "[PROJECT]");
/// let text = "/home/me/project/x: pass 9f86d081 at 127.0.0.1:7780";
/// assert_eq!(filters.apply(text), "[PROJECT]/x: pass [HEX] at 127.0.0.1:[PORT]");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Filters {
    literals: Vec<(String, String)>,
    patterns: Vec<Pattern>,
}

impl Filters {
    /// Replaces nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Ports of this machine, times, temporary folders and hexadecimal identifiers.
    ///
    /// Not durations: how long something waits is often the very thing to look at.
    #[must_use]
    pub fn standard() -> Self {
        Self::none().ports().times().temporary_folders().hex()
    }

    /// This very text, wherever it stands. Literals go before patterns, in the order given.
    #[must_use]
    pub fn literal(mut self, text: impl Into<String>, replacement: impl Into<String>) -> Self {
        self.literals.push((text.into(), replacement.into()));
        self
    }

    /// The port in `127.0.0.1:PORT`, `localhost:PORT` and `[::1]:PORT`.
    #[must_use]
    pub fn ports(self) -> Self {
        self.pattern(port)
    }

    /// Times such as `2026-01-31T10:20:30.123Z`, and dates by themselves.
    #[must_use]
    pub fn times(self) -> Self {
        self.pattern(time)
    }

    /// Durations such as `1.5ms`, `20 s` and `3 min`.
    #[must_use]
    pub fn durations(self) -> Self {
        self.pattern(duration)
    }

    /// Folders that `tempfile` made below the system's temporary folder.
    #[must_use]
    pub fn temporary_folders(self) -> Self {
        self.pattern(temporary_folder)
    }

    /// UUIDs, and words of eight or more hexadecimal digits: fingerprints, digests, identifiers.
    #[must_use]
    pub fn hex(self) -> Self {
        self.pattern(hex)
    }

    /// The text with everything replaced.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (literal, replacement) in self.literals.iter().filter(|(literal, _)| !literal.is_empty()) {
            text = text.replace(literal, replacement);
        }
        let mut done = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(letter) = rest.chars().next() {
            let found = self.patterns.iter().find_map(|pattern| pattern(&done, rest));
            let (length, replacement) = match &found {
                Some((length, replacement)) => (*length, *replacement),
                None => (letter.len_utf8(), &rest[..letter.len_utf8()]),
            };
            done.push_str(replacement);
            rest = &rest[length..];
        }
        done
    }

    fn pattern(mut self, pattern: Pattern) -> Self {
        self.patterns.push(pattern);
        self
    }
}

/// Looks at what is already written and what is left; says how much to replace, and by what.
type Pattern = fn(&str, &str) -> Option<(usize, &'static str)>;

fn port(before: &str, rest: &str) -> Option<(usize, &'static str)> {
    let local = ["127.0.0.1:", "localhost:", "[::1]:"].iter().any(|host| before.ends_with(host));
    let length = count(rest, u8::is_ascii_digit);
    (local && length > 0).then_some((length, "[PORT]"))
}

fn time(before: &str, rest: &str) -> Option<(usize, &'static str)> {
    if in_word(before) || !looks_like(rest, "0000-00-00") {
        return None;
    }
    if !looks_like(&rest[10..], "T00:00:00") {
        let alone = !rest[10..].starts_with(|letter: char| letter.is_ascii_alphanumeric());
        return alone.then_some((10, "[DATE]"));
    }
    let mut length = 19;
    if rest[length..].starts_with('.') {
        length += 1 + count(&rest[length + 1..], u8::is_ascii_digit);
    }
    if rest[length..].starts_with('Z') {
        length += 1;
    } else if looks_like(&rest[length..], "+00:00") || looks_like(&rest[length..], "-00:00") {
        length += 6;
    }
    Some((length, "[TIME]"))
}

fn duration(before: &str, rest: &str) -> Option<(usize, &'static str)> {
    let whole = count(rest, u8::is_ascii_digit);
    if whole == 0 || in_word(before) || before.ends_with('.') {
        return None;
    }
    let mut length = whole;
    if rest[length..].starts_with('.') {
        let fraction = count(&rest[length + 1..], u8::is_ascii_digit);
        length += if fraction > 0 { 1 + fraction } else { 0 };
    }
    length += usize::from(rest[length..].starts_with(' '));
    let unit = count(&rest[length..], |byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    let known = ["ns", "us", "µs", "ms", "s", "min", "h", "d"].contains(&rest.get(length..length + unit)?);
    known.then_some((length + unit, "[DURATION]"))
}

fn temporary_folder(_: &str, rest: &str) -> Option<(usize, &'static str)> {
    // A slash first: asking the system for its folder at every letter would be slow.
    let below = rest.starts_with('/').then(env::temp_dir)?;
    let below = below.to_str()?.trim_end_matches('/');
    let name = rest.strip_prefix(below)?.strip_prefix("/.tmp")?;
    let length = count(name, u8::is_ascii_alphanumeric);
    (length > 0).then_some((below.len() + "/.tmp".len() + length, "[TMP]"))
}

fn hex(before: &str, rest: &str) -> Option<(usize, &'static str)> {
    if in_word(before) {
        return None;
    }
    let ends =
        |length: usize| !rest[length..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    if looks_like(rest, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && ends(36) {
        return Some((36, "[UUID]"));
    }
    let length = count(rest, u8::is_ascii_hexdigit);
    (length >= 8 && ends(length)).then_some((length, "[HEX]"))
}

/// Whether the text so far ends within a word.
fn in_word(before: &str) -> bool {
    before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

/// How many bytes at the start are of that sort.
fn count(text: &str, sort: impl Fn(&u8) -> bool) -> usize {
    text.bytes().take_while(sort).count()
}

/// Whether the text starts with that shape, in which `0` is any digit and `x` any hexadecimal digit.
fn looks_like(text: &str, shape: &str) -> bool {
    let fits = |(byte, shape): (u8, u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        other => byte == other,
    };
    text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_this_machine_are_replaced_and_others_kept() {
        let text = "http://127.0.0.1:4711/x localhost:80 [::1]:9 example.com:443 127.0.0.1: none";
        let expected =
            "http://127.0.0.1:[PORT]/x localhost:[PORT] [::1]:[PORT] example.com:443 127.0.0.1: none";
        assert_eq!(Filters::none().ports().apply(text), expected);
    }

    #[test]
    fn times_are_replaced_in_every_form_we_print() {
        let text = "2026-01-31T10:20:30Z 2026-01-31T10:20:30.125+00:00 on 2026-01-31, not 12026-01-31 nor 2026-01-311";
        let expected = "[TIME] [TIME] on [DATE], not 12026-01-31 nor 2026-01-311";
        assert_eq!(Filters::none().times().apply(text), expected);
    }

    #[test]
    fn durations_are_replaced_when_asked_for() {
        let text = "took 1.5ms, 20 s and 3 min; 30 steps; v1.2s; 7µs";
        assert_eq!(
            Filters::none().durations().apply(text),
            "took [DURATION], [DURATION] and [DURATION]; 30 steps; v1.2s; [DURATION]"
        );
        assert_eq!(Filters::standard().apply("wait 20 s"), "wait 20 s");
    }

    #[test]
    fn temporary_folders_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{}/hallpass.toml: no such file", folder.path().display());
        assert_eq!(Filters::standard().apply(&text), "[TMP]/hallpass.toml: no such file");
    }

    #[test]
    fn identifiers_are_replaced_and_words_kept() {
        let text =
            "key 9f86d081 id 550e8400-e29b-41d4-a716-446655440000 facade 1234567 xdeadbeef0 deadbeef_1";
        assert_eq!(
            Filters::none().hex().apply(text),
            "key [HEX] id [UUID] facade 1234567 xdeadbeef0 deadbeef_1"
        );
    }

    #[test]
    fn literals_go_first_and_letters_of_any_script_survive() {
        let filters = Filters::standard().literal("/home/me", "[HOME]");
        assert_eq!(filters.apply("/home/me/été → ☎"), "[HOME]/été → ☎");
    }
}
