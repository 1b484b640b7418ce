use hallpass_core::FaultCode;
use hallpass_core::template::StarKind;

use super::{Counts, Record, RecordedCall, RecordedStar};
use crate::learn::Taken;

pub(crate) fn call(method: &str, path: &str, rule: Option<&str>, worked: u64) -> RecordedCall {
    let segments = path.split('/').skip(1).enumerate();
    let stars = segments.filter(|(_, segment)| *segment == "*");
    RecordedCall {
        method: method.to_owned(),
        path: path.to_owned(),
        rule: rule.map(str::to_owned),
        stars: stars
            .map(|(segment, _)| RecordedStar { segment, kind: StarKind::Parameter, varied: true })
            .collect(),
        first_ms: 1000,
        last_ms: 2000,
        counts: Counts { worked, refused: u64::from(rule.is_none()), ..Counts::default() },
    }
}

pub(crate) fn record(calls: Vec<RecordedCall>) -> Record {
    let mut record = Record::new("queue-sync".parse().unwrap(), "dev".parse().unwrap(), 500);
    record.add(&Taken { calls, other: 0 }, 3000);
    record
}

#[test]
fn counts_of_several_processes_add_up() {
    let rule = Some("GET /**");
    let mut record = record(vec![call("GET", "/a/*", rule, 3), call("GET", "/a", None, 0)]);
    let mut later = call("GET", "/a/*", rule, 4);
    (later.first_ms, later.last_ms) = (1500, 9000);
    later.stars[0].kind = StarKind::Unclear;
    record.add(&Taken { calls: vec![later], other: 2 }, 9500);
    assert_eq!((record.since_ms, record.until_ms, record.other), (500, 9500, 2));
    let merged = record.calls.iter().find(|call| call.path == "/a/*").unwrap();
    assert_eq!((merged.counts.worked, merged.first_ms, merged.last_ms), (7, 1000, 9000));
    assert_eq!(merged.stars[0].kind, StarKind::Unclear, "what was unclear once stays so");
    assert_eq!(Record::read(record.text().as_bytes()).unwrap(), record);
}

#[test]
fn there_is_an_end_to_what_is_kept() {
    let many = (0..Record::MOST_KINDS + 10).map(|n| call("GET", &format!("/a{n}"), None, 0)).collect();
    let record = record(many);
    assert_eq!((record.calls.len(), record.other), (Record::MOST_KINDS, 10));
    assert!((record.text().len() as u64) < Record::LARGEST / 8);
}

#[test]
fn records_of_two_machines_become_one_and_those_of_two_integrations_do_not() {
    let mut one = record(vec![call("GET", "/a", None, 0)]);
    one.merge(&record(vec![call("GET", "/a", None, 0), call("PUT", "/b", None, 0)])).unwrap();
    assert_eq!(one.calls.iter().map(|call| call.counts.refused).collect::<Vec<_>>(), [2, 1]);
    let other = Record::new("another".parse().unwrap(), "dev".parse().unwrap(), 0);
    assert_eq!(one.merge(&other).unwrap_err().code(), FaultCode::RecordUnreadable);
}

#[test]
fn what_could_not_have_been_written_is_not_read() {
    let sound = record(vec![call("GET", "/a/*", Some("GET /**"), 1)]).text();
    assert!(Record::read(sound.as_bytes()).is_ok());
    let bad = [
        sound.replace("\"version\": 1", "\"version\": 2"),
        sound.replace("/a/*", "/a/../b"),
        sound.replace("\"method\": \"GET\"", "\"method\": \"GET\\n\""),
        sound.replace("GET /**", "anything"),
        sound.replace("\"segment\": 1", "\"segment\": 0"),
        sound.replace("\"other\"", "\"canary\""),
        sound[..sound.len() / 2].to_owned(),
        String::new(),
    ];
    for text in bad {
        let fault = Record::read(text.as_bytes()).unwrap_err();
        assert_eq!(fault.code(), FaultCode::RecordUnreadable, "{text}");
        assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
    }
}
