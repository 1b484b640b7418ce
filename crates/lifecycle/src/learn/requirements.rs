//! Which permissions a call needs, by a table.

use hallpass_core::template::{KnownCall, Needs, StarKind};

use super::record::RecordedStar;

/// A table of calls and what they need: our own, or one that was read from a vendor's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    rows: Vec<Requirement>,
    whole: bool,
}

/// One call of an API and what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The method, in capitals.
    pub method: String,
    /// The path, with `{name}` where a value stands.
    pub path: String,
    /// The permissions.
    pub needs: Permissions,
    /// Whether a client's own token may be used for it at all.
    pub by_client: bool,
    /// Where that is written.
    pub source: String,
}

/// What a call needs besides a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Nothing.
    Token,
    /// Each of them.
    All(Vec<String>),
    /// One of them.
    Any(Vec<String>),
    /// Nobody says.
    Unstated,
}

/// What a table says about a call on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    /// It is this one.
    Row(&'a Requirement),
    /// It may be one of these: a `*` of the record may hide a word in which they differ.
    OneOf(Vec<&'a Requirement>),
    /// The table does not have it.
    Unknown,
}

impl Requirements {
    /// A table of `rows`, which are some of the calls there are.
    #[must_use]
    pub fn new(rows: Vec<Requirement>) -> Self {
        Self { rows, whole: false }
    }

    /// A table of `rows`, which are all the calls there are, as in a vendor's own file.
    #[must_use]
    pub fn whole(rows: Vec<Requirement>) -> Self {
        Self { rows, whole: true }
    }

    /// Whether it has every call there is, so that one may conclude from what it does not have.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Our own table.
    #[must_use]
    pub fn of_known(calls: &[KnownCall]) -> Self {
        Self::new(calls.iter().map(Requirement::of_known).collect())
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Requirement] {
        &self.rows
    }

    /// What `method path` is, where `path` is a template whose stars are `stars`. Of several rows that fit, the one with the longest run of words
    /// at its beginning wins: `/users/me` before `/users/{userId}`.
    #[must_use]
    pub fn find(&self, method: &str, path: &str, stars: &[RecordedStar]) -> Match<'_> {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let may_be_word =
            |index: usize| stars.iter().any(|star| star.segment == index && star.kind == StarKind::Unclear);
        let fits = |row: &&Requirement| row.method == method && fits(row, &segments, &may_be_word);
        let rows = self.rows.iter().filter(fits);
        let words =
            |row: &Requirement| -> Vec<bool> { parts(&row.path).map(|part| !is_parameter(part)).collect() };
        if stars.iter().any(|star| star.kind == StarKind::Unclear) {
            let mut candidates: Vec<_> = rows.collect();
            candidates.sort_by_key(|row| std::cmp::Reverse(words(row)));
            return if candidates.is_empty() { Match::Unknown } else { Match::OneOf(candidates) };
        }
        rows.max_by_key(|row| words(row)).map_or(Match::Unknown, Match::Row)
    }
}

impl Requirement {
    fn of_known(call: &KnownCall) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            method: call.method.to_owned(),
            path: call.path.to_owned(),
            needs: match call.needs {
                Needs::Token => Permissions::Token,
                Needs::All(names) => Permissions::All(owned(names)),
                Needs::Any(names) => Permissions::Any(owned(names)),
                Needs::Unstated => Permissions::Unstated,
            },
            by_client: true,
            source: call.source.to_owned(),
        }
    }
}

fn fits(row: &Requirement, segments: &[&str], may_be_word: &impl Fn(usize) -> bool) -> bool {
    let mut parts = parts(&row.path);
    let all = segments.iter().enumerate().all(|(index, segment)| match parts.next() {
        Some(part) if is_parameter(part) => !segment.is_empty(),
        Some(part) => part == *segment || (*segment == "*" && may_be_word(index)),
        None => false,
    });
    all && parts.next().is_none()
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1)
}

/// Whether a part of a row's path stands for a value.
pub(crate) fn is_parameter(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::{Match, Permissions, Requirement, Requirements};
    use crate::learn::RecordedStar;
    use hallpass_core::template::StarKind;

    fn table() -> Requirements {
        let row = |method: &str, path: &str| Requirement {
            method: method.into(),
            path: path.into(),
            needs: Permissions::Token,
            by_client: true,
            source: String::new(),
        };
        Requirements::new(vec![
            row("GET", "/users/{userId}"),
            row("GET", "/users/me"),
            row("PUT", "/users/{userId}"),
            row("GET", "/users/{userId}/{list}"),
            row("GET", "/users/{userId}/skills"),
        ])
    }

    fn find(method: &str, path: &str, kind: StarKind) -> Vec<String> {
        let segments = path.split('/').skip(1).enumerate().filter(|(_, segment)| *segment == "*");
        let stars: Vec<_> =
            segments.map(|(segment, _)| RecordedStar { segment, kind, varied: true }).collect();
        match table().find(method, path, &stars) {
            Match::Row(row) => vec![row.path.clone()],
            Match::OneOf(rows) => rows.iter().map(|row| format!("? {}", row.path)).collect(),
            Match::Unknown => Vec::new(),
        }
    }

    #[test]
    fn words_win_over_parameters() {
        assert_eq!(find("GET", "/users/me", StarKind::Parameter), ["/users/me"]);
        assert_eq!(find("GET", "/users/*", StarKind::Parameter), ["/users/{userId}"]);
        assert_eq!(find("GET", "/users/*/skills", StarKind::Value), ["/users/{userId}/skills"]);
        assert_eq!(find("PUT", "/users/*", StarKind::Value), ["/users/{userId}"]);
        assert!(find("DELETE", "/users/*", StarKind::Value).is_empty());
        assert!(find("GET", "/users", StarKind::Value).is_empty());
        assert!(find("GET", "/users/", StarKind::Value).is_empty());
    }

    #[test]
    fn what_may_hide_a_word_is_never_taken_for_sure() {
        assert_eq!(find("GET", "/users/*", StarKind::Unclear), ["? /users/me", "? /users/{userId}"]);
        assert_eq!(find("GET", "/*/me", StarKind::Unclear), ["? /users/me", "? /users/{userId}"]);
        assert!(find("GET", "/*", StarKind::Unclear).is_empty());
    }
}
