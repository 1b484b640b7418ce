use std::thread;

use hallpass_core::template::{PathTable, StarKind};
use hallpass_core::{Ending, IntegrationName, ObservedCall};
use http::{Method, StatusCode};

use super::{Taken, Tally};
use crate::learn::{Record, RecordedCall};

fn tally() -> Tally {
    let mut paths = PathTable::new();
    paths.add_path("/api/v2/routing/queues/{queueId}");
    let rules: Vec<_> = ["GET /api/**", "PUT /api/**"].iter().map(|rule| rule.parse().unwrap()).collect();
    Tally::new(paths, &rules)
}

fn note(tally: &Tally, method: &Method, path: &str, ending: Ending, at: u64) {
    let integration: IntegrationName = "queue-sync".parse().unwrap();
    tally.note(&ObservedCall { integration: &integration, method, path, ending }, at);
}

fn answered(status: u16) -> Ending {
    Ending::Answered { rule: 0, status: StatusCode::from_u16(status).unwrap() }
}

fn only(taken: Taken) -> RecordedCall {
    assert_eq!(taken.calls.len(), 1, "{taken:?}");
    taken.calls.into_iter().next().unwrap()
}

#[test]
fn endings_are_told_apart_and_each_call_is_taken_once() {
    let tally = tally();
    let endings = [200, 204, 302, 401, 403, 404, 429, 500].map(answered);
    for ending in endings.into_iter().chain([Ending::Unanswered { rule: 0 }]) {
        note(&tally, &Method::GET, "/api/v2/routing/queues/7", ending, 70);
    }
    let call = only(tally.take());
    assert_eq!(
        (call.text().as_str(), call.rule.as_deref()),
        ("GET /api/v2/routing/queues/*", Some("GET /api/**"))
    );
    let counts = call.counts;
    assert_eq!(
        (counts.worked, counts.denied, counts.failed, counts.unanswered, counts.refused),
        (3, 2, 3, 1, 0)
    );
    assert_eq!((call.first_ms, call.last_ms), (70, 70));
    assert!(tally.take().is_empty());
    note(&tally, &Method::GET, "/api/v2/routing/queues/7", Ending::Refused, 80);
    let refused = only(tally.take());
    assert_eq!((refused.rule, refused.counts.refused), (None, 1));
}

#[test]
fn a_star_varies_once_two_values_were_seen() {
    let tally = tally();
    let look = |path: &str| {
        note(&tally, &Method::GET, path, answered(200), 1);
        only(tally.take()).stars[0]
    };
    assert!(!look("/api/v2/routing/queues/one").varied);
    assert!(!look("/api/v2/routing/queues/one").varied);
    let star = look("/api/v2/routing/queues/two");
    assert!(star.varied && star.kind == StarKind::Parameter && star.segment == 4);
}

#[test]
fn a_caller_that_tries_everything_fills_nothing() {
    let mut paths = PathTable::new();
    let words: Vec<String> = (b'a'..=b'z').map(|letter| format!("word{}", char::from(letter))).collect();
    words.iter().for_each(|word| paths.add_word(word));
    let tally = Tally::new(paths, &[]);
    for one in &words {
        for other in &words {
            note(&tally, &Method::GET, &format!("/{one}/{other}"), Ending::Refused, 1);
        }
    }
    note(&tally, &"CANARY".parse().unwrap(), "/worda", Ending::Refused, 1);
    note(&tally, &Method::GET, &"/worda".repeat(30), Ending::Refused, 1);
    let taken = tally.take();
    assert_eq!(taken.calls.len(), Record::MOST_KINDS);
    assert_eq!(taken.other, 26 * 26 - Record::MOST_KINDS as u64 + 2);
    assert!(!format!("{taken:?}").contains("CANARY"));
}

#[test]
fn threads_count_together() {
    let tally = tally();
    thread::scope(|scope| {
        for thread in 0..4 {
            let tally = &tally;
            scope.spawn(move || {
                for n in 0..500 {
                    note(
                        tally,
                        &Method::GET,
                        &format!("/api/v2/routing/queues/{thread}-{n}"),
                        answered(200),
                        n,
                    );
                }
            });
        }
    });
    assert_eq!(only(tally.take()).counts.worked, 2000);
}

#[test]
fn what_could_not_be_written_is_added_to_what_comes_later() {
    let tally = tally();
    let mut kept = Taken::default();
    for path in ["/api/v2/routing/queues/1", "/api/v2/routing/queues/2"] {
        note(&tally, &Method::GET, path, answered(200), 1);
        kept.add(tally.take());
    }
    assert_eq!(only(kept).counts.worked, 2);
}

#[test]
fn no_canary_is_in_a_record() {
    let tally = tally();
    let canaries =
        ["canary", "canary@example.com", "%2B49170555", "AQIDBA==", "0a1b2c3d-0000-4000-8000-000000000001"];
    for canary in canaries {
        for path in [
            format!("/{canary}"),
            format!("/api/v2/routing/queues/{canary}"),
            format!("/api/{canary}/queues"),
        ] {
            note(&tally, &Method::GET, &path, answered(200), 1);
            note(&tally, &Method::PUT, &path, Ending::Refused, 1);
        }
    }
    let mut record = Record::new("queue-sync".parse().unwrap(), "dev".parse().unwrap(), 1);
    record.add(&tally.take(), 1);
    let (text, debug) = (record.text(), format!("{tally:?}"));
    for canary in canaries {
        assert!(!text.contains(canary) && !debug.contains(canary), "{canary}");
    }
}
