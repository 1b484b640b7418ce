use hallpass_core::policy::{Policy, Rule};
use hallpass_core::template::{PathTable, StarKind};
use hallpass_core::{Ending, IntegrationName, ObservedCall};
use http::{Method, StatusCode};

use super::{Doubt, LeftOut, Tight};
use crate::learn::record::tests::{call, record};
use crate::learn::{Counts, Record, Tally};

fn rules(tight: &Tight) -> Vec<&str> {
    tight.lines.iter().map(|line| line.rule.as_str()).collect()
}

#[test]
fn what_worked_earns_a_rule_and_nothing_else_does() {
    let mut denied = call("POST", "/api/v2/routing/queues", Some("POST /**"), 0);
    denied.counts = Counts { denied: 4, ..Counts::default() };
    let mut mixed = call("GET", "/api/v2/routing/queues", Some("GET /**"), 2);
    mixed.counts.denied = 1;
    let calls = vec![denied, mixed, call("GET", "/api/v2/users/me", None, 0)];
    let tight = Tight::of(&record(calls.clone()), false);
    assert_eq!(rules(&tight), ["GET /api/v2/routing/queues"]);
    assert_eq!(tight.lines[0].doubts, [Doubt::SometimesDenied]);
    let left: Vec<_> = tight.left_out.iter().map(|(line, why)| (line.rule.as_str(), *why)).collect();
    assert_eq!(
        left,
        [("POST /api/v2/routing/queues", LeftOut::NeverWorked), ("GET /api/v2/users/me", LeftOut::Refused)]
    );
    let asked_for = Tight::of(&record(calls), true);
    assert_eq!(rules(&asked_for), ["GET /api/v2/routing/queues", "GET /api/v2/users/me"]);
}

#[test]
fn words_and_queries_of_the_rule_in_force_stay() {
    let narrow = "GET /api/v2/routing/queues/vip-1?expand=x";
    let mut one = call("GET", "/api/v2/routing/queues/*", Some(narrow), 1);
    one.stars[0].varied = false;
    assert_eq!(rules(&Tight::of(&record(vec![one]), false)), [narrow]);
    let open = call("GET", "/api/v2/users/*/x", Some("GET /api/v2/users/ann/**"), 1);
    assert_eq!(rules(&Tight::of(&record(vec![open]), false)), ["GET /api/v2/users/ann/x"]);
}

#[test]
fn a_star_that_may_be_a_word_earns_no_rule() {
    let mut unclear = call("GET", "/api/v2/*/*", Some("GET /**"), 9);
    unclear.stars[0].kind = StarKind::Unclear;
    unclear.stars[1].varied = false;
    let tight = Tight::of(&record(vec![unclear.clone()]), false);
    assert_eq!(rules(&tight), [""; 0]);
    assert_eq!((tight.left_out[0].1, &tight.left_out[0].0.unclear[..]), (LeftOut::Unclear, &[2][..]));
    assert_eq!(tight.left_out[0].0.doubts, [Doubt::OneValue(4)]);
    // A rule that names the word says what it is.
    unclear.rule = Some("GET /api/v2/things/*".into());
    assert_eq!(rules(&Tight::of(&record(vec![unclear]), false)), ["GET /api/v2/things/*"]);
}

/// Every call of a small world, under every small set of rules: what is learnt covers what worked, and nothing that the rules refused.
#[test]
fn what_is_learnt_covers_what_worked_and_never_more_than_was_allowed() {
    let texts = [
        "GET /**",
        "GET /a/*",
        "GET /a/1/**",
        "GET /a/*/b",
        "PUT /a/1",
        "GET /a/2?x=1",
        "GET /c/*/*",
        "GET /a",
    ];
    let paths = ["/a", "/a/1", "/a/2", "/a/1/b", "/a/2/b", "/c/1/2", "/c/2/b", "/a/b", "/d", "/b/1"];
    let queries = [None, Some("x=1")];
    let calls = || {
        let both = [Method::GET, Method::PUT].map(|method| paths.map(|path| (method.clone(), path)));
        both.into_iter()
            .flatten()
            .flat_map(|(method, path)| queries.map(|query| (method.clone(), path, query)))
    };
    let integration: IntegrationName = "queue-sync".parse().unwrap();
    for picked in 1u32..(1 << texts.len()) {
        let chosen = texts.iter().enumerate().filter(|(index, _)| picked & (1 << index) != 0);
        let rules: Vec<Rule> = chosen.map(|(_, text)| text.parse().unwrap()).collect();
        let policy = Policy::new(integration.clone(), rules.clone());
        let mut table = PathTable::new();
        ["/a/{id}", "/a/{id}/b", "/c/{one}/{other}"].iter().for_each(|path| table.add_path(path));
        let tally = Tally::new(table, &rules);
        let mut worked = Vec::new();
        for (method, path, query) in calls() {
            let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
            let ending = match policy.decide(&method, &target) {
                Ok(permit) => Ending::Answered { rule: permit.rule(), status: StatusCode::OK },
                Err(_) => Ending::Refused,
            };
            tally.note(&ObservedCall { integration: &integration, method: &method, path, ending }, 1);
            // `/d` is a word that nobody knows.
            if ending != Ending::Refused && path != "/d" {
                worked.push((method, target));
            }
        }
        let mut record = Record::new(integration.clone(), "dev".parse().unwrap(), 1);
        record.add(&tally.take(), 1);
        let tight = Tight::of(&record, false);
        let learnt = tight.lines.iter().map(|line| line.rule.parse().unwrap()).collect();
        let learnt = Policy::new(integration.clone(), learnt);
        for (method, target) in &worked {
            assert!(learnt.decide(method, target).is_ok(), "{rules:?}: {method} {target}: {tight:?}");
        }
        for (method, path, query) in calls() {
            let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
            let (now, then) =
                (policy.decide(&method, &target).is_ok(), learnt.decide(&method, &target).is_ok());
            assert!(now || !then, "{rules:?}: {method} {target} was refused: {tight:?}");
        }
    }
}
