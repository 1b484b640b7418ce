//! One allow rule: `METHOD PATH`, optionally with a query.

use std::fmt;
use std::str::FromStr;

use http::Method;

use super::ambiguity;

/// `METHOD PATH`, for example `GET /api/v2/routing/queues/**`.
///
/// `*` is one whole, non-empty segment; a final `/**` is zero or more segments. Everything else is compared byte for byte, so a `%`
/// in a request is matched only by a wildcard. The query is ignored unless the rule names one, which must then be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    method: Method,
    segments: Vec<Segment>,
    open_end: bool,
    query: Option<Box<str>>,
    text: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Any,
}

/// Why a text is not a rule. Says what was expected, not what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuleFault(&'static str);

impl Rule {
    /// Whether the rule covers a call. `path` must be unambiguous ([`ambiguity`]): [`super::Policy::decide`] sees to that.
    #[must_use]
    pub fn covers(&self, method: &Method, path: &str, query: Option<&str>) -> bool {
        self.method == *method && self.covers_path(path) && self.covers_query(query)
    }

    /// The rule as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn covers_path(&self, path: &str) -> bool {
        let mut given = path.strip_prefix('/').unwrap_or(path).split('/');
        for segment in &self.segments {
            let Some(part) = given.next() else { return false };
            let fits = match segment {
                Segment::Literal(literal) => **literal == *part,
                Segment::Any => !part.is_empty(),
            };
            if !fits {
                return false;
            }
        }
        self.open_end || given.next().is_none()
    }

    fn covers_query(&self, query: Option<&str>) -> bool {
        self.query.as_deref().is_none_or(|wanted| query == Some(wanted))
    }
}

impl FromStr for Rule {
    type Err = RuleFault;

    fn from_str(text: &str) -> Result<Self, RuleFault> {
        let (method, target) =
            text.split_once(' ').ok_or(RuleFault("expected `METHOD PATH` with one space"))?;
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(RuleFault("expected a method in capitals, such as GET"));
        }
        if matches!(method, "CONNECT" | "TRACE") {
            return Err(RuleFault("CONNECT and TRACE are never forwarded"));
        }
        let method = method.parse().map_err(|_| RuleFault("expected a method in capitals, such as GET"))?;
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.into())),
            None => (target, None),
        };
        if let Some(reason) = ambiguity(path) {
            return Err(RuleFault(reason_in_rule(reason)));
        }
        let (path, open_end) = match path.strip_suffix("/**") {
            Some(prefix) => (prefix, true),
            None => (path, false),
        };
        let segments = if open_end && path.is_empty() { Vec::new() } else { segments(path)? };
        Ok(Self { method, segments, open_end, query, text: text.into() })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn segments(path: &str) -> Result<Vec<Segment>, RuleFault> {
    path[1..]
        .split('/')
        .map(|part| match part {
            "*" => Ok(Segment::Any),
            part if part.contains('*') => {
                Err(RuleFault("`*` stands for a whole segment, `/**` only at the end"))
            }
            part => Ok(Segment::Literal(part.into())),
        })
        .collect()
}

fn reason_in_rule(reason: &'static str) -> &'static str {
    match reason {
        "it does not begin with `/`" => "expected a path that begins with `/`",
        _ => {
            "expected a path without empty or dot segments, spaces, `;`, `#`, backslashes or encoded separators"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;
    use http::Method;

    fn covers(rule: &str, method: &str, target: &str) -> bool {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        rule.parse::<Rule>().unwrap().covers(&method.parse::<Method>().unwrap(), path, query)
    }

    #[test]
    fn an_open_end_covers_its_own_root() {
        let rule = "GET /queues/**";
        assert!(covers(rule, "GET", "/queues"));
        assert!(covers(rule, "GET", "/queues/a/b"));
        assert!(covers(rule, "GET", "/queues/"));
        assert!(!covers(rule, "GET", "/queuesx"));
        assert!(!covers(rule, "GET", "/"));
        assert!(covers("GET /**", "GET", "/anything/at/all"));
    }

    #[test]
    fn a_star_is_one_whole_segment() {
        let rule = "PATCH /c/*/participants/*/attributes";
        assert!(covers(rule, "PATCH", "/c/1/participants/2/attributes"));
        assert!(covers(rule, "PATCH", "/c/a%20b/participants/2/attributes"));
        assert!(!covers(rule, "PATCH", "/c/1/2/participants/2/attributes"));
        assert!(!covers(rule, "PATCH", "/c//participants/2/attributes"));
        assert!(!covers(rule, "PATCH", "/c/1/participants/2/attributes/"));
    }

    #[test]
    fn methods_case_query_and_trailing_slash_are_exact() {
        assert!(!covers("GET /a", "HEAD", "/a"), "HEAD is not implied by GET");
        assert!(!covers("GET /a", "OPTIONS", "/a"));
        assert!(!covers("GET /api", "GET", "/API"));
        assert!(!covers("GET /a", "GET", "/a/"));
        assert!(covers("GET /a", "GET", "/a?x=1"), "the query is ignored unless named");
        assert!(covers("GET /a?x=1", "GET", "/a?x=1"));
        assert!(!covers("GET /a?x=1", "GET", "/a?x=1&y=2"));
        assert!(!covers("GET /a?x=1", "GET", "/a"));
        assert!(!covers("GET /a", "GET", "/%61"), "raw bytes are compared");
    }

    #[test]
    fn malformed_rules_are_refused() {
        let bad = [
            "",
            "GET",
            "/a",
            "get /a",
            "GET  /a",
            "GET a",
            "GET /a*",
            "GET /**/a",
            "GET /a/../b",
            "GET //a",
            "GET /a b",
            "CONNECT /a",
            "* /a",
            "GET /a/***",
            "GET https://x/a",
            "GET /a%2f",
        ];
        for text in bad {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
