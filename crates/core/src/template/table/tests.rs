use proptest::prelude::{ProptestConfig, Strategy, any, proptest};

use super::{PathTable, segments};
use crate::template::StarKind::{Parameter, Unclear, Value};
use crate::template::{StarKind, TooLong};

fn table() -> PathTable {
    let mut table = PathTable::new();
    for path in [
        "/api/v2/routing/queues",
        "/api/v2/routing/queues/{queueId}",
        "/api/v2/conversations/{conversationId}/participants/{participantId}/attributes",
        "/api/v2/users/me",
        "/incontactapi/services/{version}/contacts/completed",
        "/api/v2/outbound/**",
    ] {
        table.add_path(path);
    }
    table.add_word("search");
    table
}

fn seen(path: &str) -> (String, Vec<(usize, StarKind)>) {
    let template = table().template(path).unwrap();
    (template.text, template.stars.iter().map(|star| (star.segment, star.kind)).collect())
}

#[test]
fn what_a_table_calls_a_parameter_is_a_star() {
    let uuid = "3f2a81c4-0000-4000-8000-0123456789ab";
    let cases = [
        ("/api/v2/routing/queues".to_owned(), "/api/v2/routing/queues", vec![]),
        (format!("/api/v2/routing/queues/{uuid}"), "/api/v2/routing/queues/*", vec![(4, Parameter)]),
        ("/api/v2/routing/queues/vip".to_owned(), "/api/v2/routing/queues/*", vec![(4, Parameter)]),
        (
            format!("/api/v2/conversations/{uuid}/participants/7/attributes"),
            "/api/v2/conversations/*/participants/*/attributes",
            vec![(3, Parameter), (5, Parameter)],
        ),
        ("/api/v2/users/me".to_owned(), "/api/v2/users/me", vec![]),
    ];
    for (path, text, stars) in cases {
        assert_eq!(seen(&path), (text.to_owned(), stars), "{path}");
    }
}

#[test]
fn what_no_table_knows_is_a_star_and_says_how_sure_that_is() {
    let cases = [
        ("/api/v2/users/jsmith", "/api/v2/users/*", vec![(3, Unclear)]),
        ("/api/v2/users/4711", "/api/v2/users/*", vec![(3, Value)]),
        ("/api/v2/outbound/campaigns/77", "/api/v2/outbound/*/*", vec![(3, Unclear), (4, Value)]),
        ("/api/v2/users/ann%40example.com/search", "/api/v2/users/*/search", vec![(3, Value)]),
        ("/canary", "/*", vec![(0, Unclear)]),
    ];
    for (path, text, stars) in cases {
        assert_eq!(seen(path), (text.to_owned(), stars), "{path}");
    }
}

#[test]
fn a_word_in_the_place_of_a_parameter_stays_and_so_does_a_version() {
    assert_eq!(seen("/api/v2/routing/queues/search").0, "/api/v2/routing/queues/search");
    let versioned = "/incontactapi/services/v31.0/contacts/completed";
    assert_eq!(seen(versioned), (versioned.to_owned(), vec![]));
    let (text, stars) = seen("/incontactapi/services/latest/contacts/completed");
    assert_eq!((text.as_str(), stars), ("/incontactapi/services/*/contacts/completed", vec![(2, Parameter)]));
}

#[test]
fn a_value_in_a_rule_is_no_word() {
    let mut table = table();
    table.add_path("/api/v2/routing/queues/3f2a81c4-0000-4000-8000-0123456789ab");
    table.add_word("49170123456");
    let template = |path: &str| table.template(path).unwrap().text;
    assert_eq!(template("/49170123456"), "/*");
}

#[test]
fn slashes_at_the_end_stay_and_endless_paths_are_not_looked_at() {
    assert_eq!(seen("/api/v2/routing/queues/").0, "/api/v2/routing/queues/");
    assert_eq!(seen("/").0, "/");
    assert_eq!(PathTable::new().template("/a").unwrap().text, "/*");
    assert_eq!(table().template(&"/a".repeat(21)), Err(TooLong));
    assert!(table().template(&"/a".repeat(20)).is_ok());
}

/// Segments as callers send them: words of the table, values of every kind, and noise.
fn segment() -> impl Strategy<Value = String> {
    let hex = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}";
    proptest::prop_oneof![
        hex,
        "[a-z]{1,8}(@|%40)example\\.com",
        "\\+?[0-9]{5,15}",
        "[A-Za-z0-9_-]{20,60}",
        "canary-[a-z]{1,12}",
        "[a-z]{1,9}",
        "(api|v2|routing|queues|users|search|conversations)",
        "\\PC{0,12}".prop_map(|text| text.replace('/', "-")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_value_of_a_path_is_ever_kept(segments_sent in proptest::collection::vec(segment(), 1..12), slash in any::<bool>()) {
        let path = format!("/{}{}", segments_sent.join("/"), if slash { "/" } else { "" });
        let table = table();
        let template = table.template(&path).unwrap();
        let kept: Vec<_> = segments(&template.text).collect();
        assert_eq!(kept.len(), segments(&path).count());
        for (index, (kept, sent)) in kept.iter().zip(segments(&path)).enumerate() {
            let starred = template.stars.iter().any(|star| star.segment == index);
            assert_eq!(starred, *kept == "*", "{path}");
            assert!(*kept == "*" || (*kept == sent && (sent.is_empty() || table.may_keep(sent))), "{path}");
        }
    }
}
