//! The queue of misbehaviour: which rules a request meets, and what is left of them afterwards.

use crate::misbehave::{Act, Misbehaviour, Target};

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Script {
    rules: Vec<Misbehaviour>,
}

impl Script {
    pub(crate) fn new(rules: Vec<Misbehaviour>) -> Self {
        Self { rules }
    }

    pub(crate) fn add(&mut self, rule: Misbehaviour) {
        self.rules.push(rule);
    }

    /// What happens to this request: delays first, then at most one other act.
    pub(crate) fn take(&mut self, request: &Asked<'_>) -> Vec<Act> {
        let mut acts = Vec::new();
        for rule in self.rules.iter_mut().filter(|rule| request.meets(rule)) {
            if rule.after > 0 {
                rule.after -= 1;
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times = times.saturating_sub(1);
            }
            acts.push(rule.act.clone());
            if !rule.act.is_delay() {
                break;
            }
        }
        self.rules.retain(|rule| rule.times != Some(0));
        acts
    }
}

/// What a rule may look at.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// Which surface it is for; never [`Target::Any`].
    pub(crate) kind: Target,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) client_id: Option<&'a str>,
}

impl Asked<'_> {
    fn meets(&self, rule: &Misbehaviour) -> bool {
        (rule.on == Target::Any || rule.on == self.kind)
            && rule.times != Some(0)
            && rule.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(self.method))
            && rule.path.as_deref().is_none_or(|pattern| path_matches(pattern, self.path))
            && rule.client_id.as_deref().is_none_or(|id| Some(id) == self.client_id)
    }
}

/// Whether a path fits a pattern of segments.
pub(crate) fn path_matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some(wanted), Some(given)) if is_wildcard(wanted) || wanted == given => {}
            _ => return false,
        }
    }
}

fn is_wildcard(segment: &str) -> bool {
    segment == "*" || (segment.starts_with('{') && segment.ends_with('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Asked<'_> =
        Asked { kind: Target::Api, method: "GET", path: "/api/v2/routing/queues", client_id: Some("c") };

    #[test]
    fn rules_are_used_up_in_order() {
        let mut script = Script::default();
        script.add(Misbehaviour::on_token(Act::ResetBeforeEffect));
        script.add(Misbehaviour::on_api(Act::fail(500)).times(2));
        script.add(Misbehaviour::on_api(Act::fail(503)));
        let statuses: Vec<u16> = (0..4)
            .filter_map(|_| match script.take(&CALL).pop() {
                Some(Act::Fail { status, .. }) => Some(status),
                _ => None,
            })
            .collect();
        assert_eq!(statuses, [500, 500, 503]);
    }

    #[test]
    fn a_delay_leaves_the_request_to_the_next_rule() {
        let mut script = Script::default();
        script.add(Misbehaviour::on_api(Act::Delay { millis: 5 }));
        script.add(Misbehaviour::on_api(Act::fail(503)));
        assert_eq!(script.take(&CALL).len(), 2);
        assert!(script.take(&CALL).is_empty());
    }

    #[test]
    fn the_first_requests_may_pass() {
        let mut script = Script::new(vec![Misbehaviour::on_api(Act::fail(503)).after(1).forever()]);
        let met: Vec<bool> = (0..3).map(|_| !script.take(&CALL).is_empty()).collect();
        assert_eq!(met, [false, true, true]);
    }

    #[test]
    fn patterns_match_whole_segments() {
        assert!(path_matches("/api/v2/routing/queues/{queueId}", "/api/v2/routing/queues/7"));
        assert!(path_matches("/api/**", "/api/v2/routing"));
        assert!(!path_matches("/api/v2/routing/*", "/api/v2/routing/queues/7"));
        assert!(!path_matches("/api/v2", "/api/v2/routing"));
    }
}
