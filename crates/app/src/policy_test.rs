//! What an integration's rules say about a call that nobody makes.
//!
//! The verdict is the policy's own ([`Policy::decide`]). What is added here is why: which rule it was, or how near the nearest came. Only the
//! configuration is needed: no store is opened, no secret read, nothing sent.

use hallpass_core::policy::{Policy, Refusal, Rule};
use hallpass_core::{Fault, FaultCode};
use http::Method;
use serde::Serialize;

use crate::config::{Config, IntegrationConfig};

/// Whether a call may be made, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It may.
    Allowed {
        /// The first rule that covers it.
        rule: RuleName,
    },
    /// It may not.
    Refused(Reason),
}

/// One of an integration's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleName {
    /// Its place in the list, from 1.
    pub index: usize,
    /// As it is written.
    pub text: String,
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// The method is none.
    NoMethod,
    /// The path can be read in two ways.
    Ambiguous {
        /// How.
        detail: &'static str,
    },
    /// The query carries a token.
    TokenInQuery,
    /// No rule covers it.
    NoRule {
        /// Those that come nearest, the nearest first.
        nearest: Vec<Near>,
    },
}

/// A rule that does not cover a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Near {
    /// Which.
    #[serde(flatten)]
    pub rule: RuleName,
    /// Where it begins to say something else.
    pub difference: Difference,
}

/// The first thing in which a rule and a call differ. What the query of a call says is left out: it may be personal or secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "in", rename_all = "kebab-case")]
pub enum Difference {
    /// The method.
    Method {
        /// What the rule has.
        rule: String,
        /// What the call has.
        call: String,
    },
    /// A segment of the path, counted from 1. One that is absent is `None`.
    Segment {
        /// Which.
        number: usize,
        /// What the rule has.
        rule: Option<String>,
        /// What the call has.
        call: Option<String>,
    },
    /// One path ends with `/`, the other does not.
    TrailingSlash {
        /// Whether it is the call's.
        in_call: bool,
    },
    /// The rule names a query, and the call has another or none.
    Query {
        /// What the rule has.
        rule: String,
    },
}

impl Config {
    /// What the rules of the integration `name` say about `method target`, where `target` is path and query as they would be sent.
    ///
    /// # Errors
    /// `integration-unknown`.
    pub fn policy_verdict(&self, name: &str, method: &str, target: &str) -> Result<Verdict, Fault> {
        let found = self.integrations.iter().find(|integration| integration.name.as_str() == name);
        found.map(|integration| verdict(integration, method, target)).ok_or_else(|| {
            let known: Vec<_> =
                self.integrations.iter().map(|integration| integration.name.as_str()).collect();
            let hint = format!("configured are: {}", known.join(", "));
            Fault::new(FaultCode::IntegrationUnknown, "").with_hint(hint)
        })
    }
}

fn verdict(integration: &IntegrationConfig, method: &str, target: &str) -> Verdict {
    let Ok(method) = method.parse::<Method>() else { return Verdict::Refused(Reason::NoMethod) };
    let rules = &integration.allow;
    let policy = Policy::new(integration.name.clone(), rules.clone());
    let (path, query) = halves(target);
    match policy.decide(&method, target) {
        Ok(_) => {
            let index = rules.iter().position(|rule| rule.covers(&method, path, query)).unwrap_or_default();
            Verdict::Allowed { rule: named(index, rules) }
        }
        Err(Refusal::Ambiguous(detail)) => Verdict::Refused(Reason::Ambiguous { detail }),
        Err(Refusal::TokenInQuery) => Verdict::Refused(Reason::TokenInQuery),
        Err(Refusal::NotAllowed) => {
            Verdict::Refused(Reason::NoRule { nearest: nearest(rules, method.as_str(), path, query) })
        }
    }
}

/// The rules with the fewest differences; of equals, the one written first.
fn nearest(rules: &[Rule], method: &str, path: &str, query: Option<&str>) -> Vec<Near> {
    let differences =
        rules.iter().enumerate().map(|(index, rule)| (index, differences(rule, method, path, query)));
    let mut ranked: Vec<_> = differences.filter(|(_, differences)| !differences.is_empty()).collect();
    ranked.sort_by_key(|(_, differences)| differences.len());
    let near = |(index, differences): (usize, Vec<Difference>)| {
        let difference = differences.into_iter().next()?;
        Some(Near { rule: named(index, rules), difference })
    };
    ranked.into_iter().take(SHOWN).filter_map(near).collect()
}

/// Everything in which `rule` and the call differ, from left to right. Empty exactly when the rule covers the call.
fn differences(rule: &Rule, method: &str, path: &str, query: Option<&str>) -> Vec<Difference> {
    let (rule_method, rule_target) = rule.as_str().split_once(' ').unwrap_or_default();
    let (rule_path, rule_query) = halves(rule_target);
    let mut found = Vec::new();
    if rule_method != method {
        found.push(Difference::Method { rule: rule_method.to_owned(), call: method.to_owned() });
    }
    in_path(rule_path, path, &mut found);
    if let Some(wanted) = rule_query
        && query != Some(wanted)
    {
        found.push(Difference::Query { rule: wanted.to_owned() });
    }
    found
}

fn in_path(rule: &str, call: &str, found: &mut Vec<Difference>) {
    let (rule, open_end) = match rule.strip_suffix("/**") {
        Some(before) => (before, true),
        None => (rule, false),
    };
    let (rule, call) = (segments(rule), segments(call));
    for number in 0..rule.len().max(call.len()) {
        let difference = match (rule.get(number).copied(), call.get(number).copied()) {
            (None, Some(_)) if open_end => break,
            (None, Some("")) => Difference::TrailingSlash { in_call: true },
            (Some(""), None) => Difference::TrailingSlash { in_call: false },
            (Some("*"), Some(segment)) if !segment.is_empty() => continue,
            (wanted, given) if wanted == given => continue,
            (rule, call) => Difference::Segment {
                number: number + 1,
                rule: rule.map(str::to_owned),
                call: call.map(str::to_owned),
            },
        };
        found.push(difference);
    }
}

/// The segments of a path. `/a/` has two, the second of them empty; `/**` alone leaves none.
fn segments(path: &str) -> Vec<&str> {
    path.strip_prefix('/').map(|path| path.split('/').collect()).unwrap_or_default()
}

fn halves(target: &str) -> (&str, Option<&str>) {
    target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
}

fn named(index: usize, rules: &[Rule]) -> RuleName {
    RuleName { index: index + 1, text: rules.get(index).map(Rule::to_string).unwrap_or_default() }
}

/// More than these say nothing to somebody who looks for a slip.
const SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use super::{Difference, differences, nearest};
    use hallpass_core::policy::Rule;
    use http::Method;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    fn first(rule_text: &str, method: &str, path: &str, query: Option<&str>) -> Option<Difference> {
        differences(&rule(rule_text), method, path, query).into_iter().next()
    }

    #[test]
    fn the_first_difference_is_named() {
        let text = |text: &str| Some(text.to_owned());
        let cases = [
            ("GET /a", "POST", "/a", Difference::Method { rule: "GET".into(), call: "POST".into() }),
            ("GET /a/b", "GET", "/a/c", Difference::Segment { number: 2, rule: text("b"), call: text("c") }),
            ("GET /a/*", "GET", "/a", Difference::Segment { number: 2, rule: text("*"), call: None }),
            ("GET /a/*", "GET", "/a/", Difference::Segment { number: 2, rule: text("*"), call: text("") }),
            ("GET /a", "GET", "/a/b", Difference::Segment { number: 2, rule: None, call: text("b") }),
            ("GET /a", "GET", "/a/", Difference::TrailingSlash { in_call: true }),
            ("GET /a/", "GET", "/a", Difference::TrailingSlash { in_call: false }),
        ];
        for (rule, method, path, expected) in cases {
            assert_eq!(first(rule, method, path, None), Some(expected), "{rule} {method} {path}");
        }
        let query = Difference::Query { rule: "x=1".into() };
        assert_eq!(first("GET /a?x=1", "GET", "/a", Some("canary")), Some(query));
    }

    #[test]
    fn there_is_no_difference_exactly_where_the_rule_covers() {
        let rules =
            ["GET /a", "GET /a/", "GET /**", "GET /a/**", "GET /a/*/c", "GET /a/*/**", "PUT /a?x=1", "GET /"];
        let calls = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/a/b/", "/b", "/a/b/c/d"];
        for (text, path) in rules.iter().flat_map(|rule| calls.map(|call| (*rule, call))) {
            for (method, query) in [("GET", None), ("PUT", Some("x=1")), ("PUT", Some("x=2"))] {
                let covers = rule(text).covers(&method.parse::<Method>().unwrap(), path, query);
                assert_eq!(
                    differences(&rule(text), method, path, query).is_empty(),
                    covers,
                    "{text}: {method} {path}"
                );
            }
        }
    }

    #[test]
    fn the_nearest_rule_comes_first() {
        let rules: Vec<_> =
            ["PUT /x/y/z", "GET /a/b/d", "POST /a/b/c", "GET /q", "GET /a/q/q"].map(rule).into();
        let near = nearest(&rules, "GET", "/a/b/c", None);
        assert_eq!(near.iter().map(|near| near.rule.index).collect::<Vec<_>>(), [2, 3, 5]);
    }
}
