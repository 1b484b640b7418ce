//! The decision, and the permit it yields.

use http::Method;
use http::uri::PathAndQuery;

use super::{Rule, ambiguity};
use crate::names::IntegrationName;

/// What one integration may call: deny by default.
#[derive(Clone, Debug)]
pub struct Policy {
    integration: IntegrationName,
    rules: Vec<Rule>,
}

/// The right to send one method and target as one integration; demanded by everything that attaches a token.
///
/// It owns the bytes that were decided on, and they are the bytes that are sent.
#[derive(Debug)]
pub struct Permit {
    integration: IntegrationName,
    method: Method,
    target: PathAndQuery,
    rule: usize,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The path can be read in two ways; the text says how.
    #[error("{0}")]
    Ambiguous(&'static str),
    /// The query carries a token: RFC 6750 section 2.3 advises against it, and it would end in logs.
    #[error("the query carries `access_token`")]
    TokenInQuery,
    /// No rule covers the call.
    #[error("no rule covers it")]
    NotAllowed,
}

impl Policy {
    /// A policy of `rules` for `integration`.
    #[must_use]
    pub fn new(integration: IntegrationName, rules: Vec<Rule>) -> Self {
        Self { integration, rules }
    }

    /// Whether `method target` may be sent, where `target` is path and query exactly as they will be sent.
    ///
    /// # Errors
    /// The [`Refusal`] says why not.
    pub fn decide(&self, method: &Method, target: &str) -> Result<Permit, Refusal> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        if let Some(reason) = ambiguity(path) {
            return Err(Refusal::Ambiguous(reason));
        }
        if query.is_some_and(names_a_token) {
            return Err(Refusal::TokenInQuery);
        }
        let parsed = PathAndQuery::try_from(target)
            .map_err(|_| Refusal::Ambiguous("it is not a valid request target"))?;
        if parsed.as_str() != target {
            return Err(Refusal::Ambiguous("it has a fragment"));
        }
        let rule = self.rules.iter().position(|rule| rule.covers(method, path, query));
        let rule = rule.ok_or(Refusal::NotAllowed)?;
        Ok(Permit { integration: self.integration.clone(), method: method.clone(), target: parsed, rule })
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl Permit {
    /// The integration it was given to.
    #[must_use]
    pub fn integration(&self) -> &IntegrationName {
        &self.integration
    }

    /// The method to send.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path and query to send, byte for byte.
    #[must_use]
    pub fn target(&self) -> &PathAndQuery {
        &self.target
    }

    /// The first rule that covers the call, counted from zero.
    #[must_use]
    pub fn rule(&self) -> usize {
        self.rule
    }
}

fn names_a_token(query: &str) -> bool {
    query.split(['&', ';']).any(|pair| {
        let name = pair.split('=').next().unwrap_or(pair);
        name.eq_ignore_ascii_case("access_token")
    })
}

#[cfg(test)]
mod tests {
    use super::{Policy, Refusal};
    use http::Method;

    fn policy() -> Policy {
        let rules = ["GET /api/v2/routing/queues/**"].iter().map(|rule| rule.parse().unwrap()).collect();
        Policy::new("queue-sync".parse().unwrap(), rules)
    }

    #[test]
    fn a_permit_carries_the_bytes_decided_on() {
        let permit = policy().decide(&Method::GET, "/api/v2/routing/queues?name=a%20b").unwrap();
        assert_eq!(permit.target().as_str(), "/api/v2/routing/queues?name=a%20b");
        assert_eq!(permit.integration().as_str(), "queue-sync");
        assert_eq!(permit.rule(), 0);
    }

    #[test]
    fn everything_else_is_refused() {
        let refuse = |method: Method, target: &str| policy().decide(&method, target).unwrap_err();
        assert_eq!(refuse(Method::DELETE, "/api/v2/routing/queues/1"), Refusal::NotAllowed);
        assert_eq!(refuse(Method::GET, "/api/v2/users"), Refusal::NotAllowed);
        assert_eq!(refuse(Method::GET, "/deny?/api/v2/routing/queues"), Refusal::NotAllowed);
        assert!(matches!(refuse(Method::GET, "/api/v2/routing/queues/../users"), Refusal::Ambiguous(_)));
        assert!(matches!(refuse(Method::GET, "/api/v2/routing/queues?a#b"), Refusal::Ambiguous(_)));
        assert_eq!(refuse(Method::GET, "/api/v2/routing/queues?access_token=x"), Refusal::TokenInQuery);
    }
}
