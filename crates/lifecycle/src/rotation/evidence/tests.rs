use std::time::Duration;

use hallpass_core::{Environment, Fingerprint, LastUsed, Slot, SlotId};

use super::{Ack, AckReport, Finding, Overlap, Question, judge};
use crate::rotation::time::WallTime;

const HOUR: Duration = Duration::from_secs(3600);

fn at(hours: u32) -> WallTime {
    WallTime::at(Duration::from_secs(1_800_000_000)).after(HOUR * hours)
}

fn print(secret: &str) -> Fingerprint {
    Fingerprint::of(b"id", secret.as_bytes())
}

fn ack(consumer: &str, secret: &str, environment: &str, hour: u32) -> Ack {
    Ack {
        consumer: consumer.into(),
        fingerprint: print(secret),
        environment: environment.parse().unwrap(),
        at: at(hour),
    }
}

fn slot(last_used: LastUsed) -> Slot {
    Slot { id: SlotId::new("old"), active: true, last_used, created: None, revision: None }
}

/// Promoted in hour 0, an overlap of ten hours, quiet for two; `edit` changes what is asked.
fn findings(
    used: LastUsed,
    registered: &[&str],
    acks: Vec<Ack>,
    edit: impl FnOnce(&mut Question<'_>),
) -> Vec<Finding> {
    let (environment, slot): (Environment, _) = ("prod".parse().unwrap(), slot(used));
    let acks = AckReport { registered: registered.iter().map(|name| (*name).to_owned()).collect(), acks };
    let mut question = Question {
        promoted: at(0),
        new: print("new"),
        environment: &environment,
        old: Some(&slot),
        shows_last_use: true,
        overlap: HOUR * 10,
        quiet: HOUR * 2,
        arithmetic_suffices: false,
        acks: &acks,
        now: at(10),
    };
    edit(&mut question);
    judge(&question)
}

#[test]
fn quiet_and_elapsed_is_enough() {
    assert_eq!(findings(LastUsed::Never, &[], vec![], |_| ()), []);
    assert_eq!(findings(LastUsed::At(at(8).since_epoch()), &[], vec![], |_| ()), []);
}

#[test]
fn the_overlap_has_to_pass_to_the_millisecond() {
    let early = at(10).before(Duration::from_millis(1));
    assert_eq!(findings(LastUsed::Never, &[], vec![], |q| q.now = early), [Finding::OverlapRunning(at(10))]);
}

#[test]
fn a_use_after_the_promotion_starts_the_quiet_anew() {
    let used = at(9);
    let found = findings(LastUsed::At(used.since_epoch()), &[], vec![], |_| ());
    assert_eq!(found, [Finding::StillUsed(used, at(11))]);
    assert_eq!(found[0].passes_at(), Some(at(11)));
}

#[test]
fn a_platform_that_says_nothing_needs_consumers_that_do() {
    assert_eq!(findings(LastUsed::Unknown, &[], vec![], |_| ()), [Finding::NothingToGoBy]);
    assert_eq!(
        findings(LastUsed::Never, &[], vec![], |q| q.shows_last_use = false),
        [Finding::NothingToGoBy]
    );
    assert_eq!(findings(LastUsed::Unknown, &["a"], vec![ack("a", "new", "prod", 1)], |_| ()), []);
    assert_eq!(findings(LastUsed::Unknown, &[], vec![], |q| q.arithmetic_suffices = true), []);
}

#[test]
fn every_registered_consumer_has_to_speak_for_itself() {
    let acks = vec![ack("a", "new", "prod", 1), ack("b", "old", "prod", 2), ack("c", "new", "default", 3)];
    let found = findings(LastUsed::Never, &["a", "b", "c", "d"], acks, |_| ());
    let elsewhere = Finding::Elsewhere("c".into(), "default".parse().unwrap());
    assert_eq!(found, [Finding::OnAnother("b".into(), print("old")), elsewhere, Finding::Silent("d".into())]);
}

#[test]
fn the_last_word_of_a_consumer_counts_and_only_one_since_the_promotion() {
    let went_back = vec![ack("a", "old", "prod", 5), ack("a", "new", "prod", 4)];
    assert_eq!(
        findings(LastUsed::Never, &["a"], went_back, |_| ()),
        [Finding::OnAnother("a".into(), print("old"))]
    );
    let before = vec![ack("a", "new", "prod", 1)];
    assert_eq!(
        findings(LastUsed::Never, &["a"], before, |q| q.promoted = at(2)).len(),
        2,
        "silent, and the overlap runs"
    );
}

#[test]
fn a_stranger_with_the_new_secret_elsewhere_is_a_finding() {
    let found = findings(LastUsed::Never, &[], vec![ack("x", "new", "default", 1)], |_| ());
    assert_eq!(found, [Finding::Elsewhere("x".into(), "default".parse().unwrap())]);
}

#[test]
fn the_sum_is_printed_term_by_term() {
    let overlap = Overlap {
        store_lag: Duration::from_secs(60),
        cache: Duration::from_secs(300),
        token_lifetime: HOUR,
        skew: Duration::from_secs(60),
        activation: Duration::from_secs(10),
        sandbox_life: Overlap::SANDBOX_LIFE,
    };
    assert_eq!(
        overlap.to_string(),
        "store lag 1 min + cache 5 min + token lifetime 1 h + clock difference 1 min + activation 10 s + longest life of a sandbox 14 h = 15 h 7 min"
    );
}
