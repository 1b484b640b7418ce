use proptest::prelude::*;

use super::{
    Anchor, AnchorFault, Chain, ChainId, ChainKey, Place, Report, Seen, Tail, Verifier, What, Writer,
    last_line,
};
use crate::audit::{AuditEvent, AuditKind};
use crate::clock::Moment;
use crate::secret::Secret;
use std::time::Duration;

fn key(text: &str) -> ChainKey {
    ChainKey::from_stored(&Secret::from(format!("{text:0>32}"))).unwrap()
}

fn now() -> Moment {
    Moment { wall: Duration::from_secs(1_700_000_000), monotonic: Duration::ZERO }
}

fn writer() -> Writer {
    let text = |text: &str| text.to_owned();
    Writer { host: text("box"), process: 7, program: text("hallpass 0"), environment: text("test") }
}

fn id(number: u8) -> ChainId {
    ChainId::of([number; 8])
}

fn begin(number: u8, seen: &Seen, out: &mut Vec<u8>) -> Chain {
    Chain::begin(key("k"), id(number), &writer(), seen, now(), out)
}

fn add(chain: &mut Chain, count: usize, out: &mut Vec<u8>) {
    for at in 0..count {
        let event = AuditEvent::new(now(), AuditKind::TokenGranted).about(&"queue-sync");
        chain.append(&event.fact("version", at.to_string()), out);
    }
}

/// A log of `count` events of one process that ended well, and the anchor of its end.
fn ended(count: usize) -> (Vec<u8>, Anchor) {
    let mut log = Vec::new();
    let mut chain = begin(1, &Seen::default(), &mut log);
    add(&mut chain, count, &mut log);
    let anchor = chain.end(now(), &mut log);
    (log, anchor)
}

fn read(verifier: &mut Verifier, file: usize, log: &[u8]) {
    for (line, bytes) in (1..).zip(log.split_inclusive(|byte| *byte == b'\n')) {
        let text = bytes.strip_suffix(b"\n");
        verifier.line(Place { file, line }, text.unwrap_or(bytes), text.is_some());
    }
}

fn judged(log: &[u8], anchors: &[Anchor]) -> Report {
    let mut verifier = Verifier::new(vec![key("k")], anchors.iter().copied(), true);
    read(&mut verifier, 0, log);
    verifier.finish()
}

fn whats(report: &Report) -> Vec<What> {
    report.findings.iter().map(|finding| finding.what.clone()).collect()
}

fn line_of(log: &[u8], at: usize) -> u64 {
    1 + log[..at].iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Where something was found, or that the end cannot be proven.
fn is_told(report: &Report) -> bool {
    report.broken || !report.is_proven()
}

#[test]
fn a_log_that_nobody_touched_is_proven_to_its_end() {
    let (log, anchor) = ended(5);
    let report = judged(&log, &[anchor]);
    assert!(!report.broken && report.is_proven(), "{report:?}");
    let chain = &report.chains[0];
    assert_eq!((chain.count, chain.verified, chain.tail), (7, 7, Tail::Ended));
    assert_eq!(chain.origin.as_ref().unwrap().host, "box");
}

/// Key and seal were computed independently, with `hmac` of Python.
#[test]
fn it_reads_like_this() {
    let mut log = Vec::new();
    begin(0xab, &Seen::default(), &mut log);
    assert_eq!(
        String::from_utf8(log).unwrap(),
        "{\"schema\":1,\"chain\":\"abababababababab\",\"seq\":0,\"at_ms\":1700000000000,\"kind\":\"chain-begun\",\
         \"facts\":{\"environment\":\"test\",\"host\":\"box\",\"key\":\"166477ff\",\"process\":\"7\",\"program\":\"hallpass 0\"},\
         \"mac\":\"bb3ddf4c4c8d26d86d93c07d43e5bd215ab77414e3c694556d1766406b74ceaf\"}\n"
    );
}

/// Every byte in turn, each changed in every bit: the change is found in its own line, or the end is said not to be provable.
#[test]
fn every_changed_bit_is_found_where_it_is() {
    let (log, _) = ended(2);
    let last = line_of(&log, log.len() - 1);
    for at in 0..log.len() {
        for bit in 0..8 {
            let mut changed = log.clone();
            changed[at] ^= 1 << bit;
            let report = judged(&changed, &[]);
            assert!(is_told(&report), "byte {at} bit {bit}: {report:?}");
            let line = line_of(&log, at);
            let found = report.findings.iter().filter_map(|finding| finding.place).map(|place| place.line);
            let near = found.clone().any(|found| found == line || found == line + 1);
            assert!(near || line == last, "byte {at} bit {bit} of line {line}: {report:?}");
        }
    }
}

#[test]
fn a_log_cut_off_at_every_byte_is_never_called_proven() {
    let (log, anchor) = ended(3);
    // Without the last line end every byte of every line is there.
    for until in 0..log.len() - 1 {
        let report = judged(&log[..until], &[]);
        assert!(
            report.chains.iter().all(|chain| chain.tail == Tail::Open { proven: 0 }),
            "{until}: {report:?}"
        );
        let report = judged(&log[..until], &[anchor]);
        assert!(report.broken, "an anchor knows of more than {until} bytes: {report:?}");
    }
}

fn lines(log: &[u8]) -> Vec<Vec<u8>> {
    log.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn a_missing_line_is_named() {
    let (log, _) = ended(4);
    for gone in 1..5 {
        let mut kept = lines(&log);
        kept.remove(gone);
        let report = judged(&kept.concat(), &[]);
        assert_eq!(whats(&report), [What::Missing { from: gone as u64, until: gone as u64 }]);
        assert_eq!(report.findings[0].place, Some(Place { file: 0, line: gone as u64 + 1 }));
    }
    assert_eq!(whats(&judged(&lines(&log)[1..].concat(), &[])), [What::BeginningMissing { sequence: 1 }]);
}

#[test]
fn a_changed_seal_is_one_finding_and_not_two() {
    let (log, _) = ended(4);
    let mut all = lines(&log);
    let at = all[2].len() - 10;
    all[2][at] = if all[2][at] == b'0' { b'1' } else { b'0' };
    assert_eq!(whats(&judged(&all.concat(), &[])), [What::Changed { sequence: 2 }]);
}

#[test]
fn a_chain_made_anew_with_the_public_key_is_found() {
    let mut log = Vec::new();
    let chain = Chain::begin(ChainKey::public(), id(9), &writer(), &Seen::default(), now(), &mut log);
    chain.end(now(), &mut log);
    assert_eq!(whats(&judged(&log, &[])), [What::Unkeyed]);
    let mut verifier = Verifier::new(vec![key("k")], [], true).accepting_public();
    read(&mut verifier, 0, &log);
    assert!(!verifier.finish().broken);
}

#[test]
fn without_the_key_or_with_another_nothing_is_called_verified() {
    let (log, _) = ended(3);
    for keys in [vec![], vec![key("other")]] {
        let mut verifier = Verifier::new(keys, [], true);
        read(&mut verifier, 0, &log);
        let report = verifier.finish();
        assert_eq!(whats(&report), [What::KeyUnknown(key("k").id().clone())]);
        assert_eq!((report.chains[0].verified, report.chains[0].tail), (0, Tail::Open { proven: 0 }));
    }
}

/// A process dies over a line; the next one says how much of it there was.
#[test]
fn a_line_that_was_never_finished_is_told_from_one_that_was_damaged() {
    let mut log = Vec::new();
    let mut chain = begin(1, &Seen::default(), &mut log);
    add(&mut chain, 3, &mut log);
    let whole = log.len();
    add(&mut chain, 1, &mut log);
    for torn in whole + 1..log.len() {
        let mut log = log[..torn].to_vec();
        let (last, torn) = last_line(&log);
        log.push(b'\n');
        begin(2, &Seen { last, torn }, &mut log).end(now(), &mut log);
        let report = judged(&log, &[]);
        assert!(!report.broken, "{torn}: {report:?}");
        assert_eq!(report.chains[0].tail, Tail::Open { proven: 4 }, "the next process saw four lines");
        let mut worse = log.clone();
        worse.remove(whole);
        if torn > 1 && torn < 250 {
            assert!(judged(&worse, &[]).broken, "{torn} bytes, one taken out of them");
        }
    }
}

#[test]
fn a_process_that_writes_on_behind_a_torn_line_loses_none_of_its_own() {
    let (mut log, mut other) = (Vec::new(), Vec::new());
    let mut living = begin(1, &Seen::default(), &mut log);
    let mut dying = begin(2, &Seen::default(), &mut log);
    add(&mut dying, 1, &mut other);
    log.extend_from_slice(&other[..other.len() / 2]);
    add(&mut living, 2, &mut log);
    living.end(now(), &mut log);
    let report = judged(&log, &[]);
    assert_eq!(whats(&report), [What::Torn { bytes: other.len() / 2 }]);
    assert_eq!((report.chains[0].verified, report.chains[0].tail), (4, Tail::Ended));
}

#[test]
fn what_was_cut_off_is_known_to_the_next_process() {
    let mut log = Vec::new();
    let mut chain = begin(1, &Seen::default(), &mut log);
    add(&mut chain, 3, &mut log);
    let (last, torn) = last_line(&log);
    let mut later = Vec::new();
    begin(2, &Seen { last, torn }, &mut later).end(now(), &mut later);
    assert!(!judged(&[&log[..], &later].concat(), &[]).broken);
    for kept in 0..4 {
        let cut = [lines(&log)[..kept].concat(), later.clone()].concat();
        let what = match kept {
            0 => What::ChainMissing { known: 4 },
            count => What::CutOff { count: count as u64, known: 4 },
        };
        assert_eq!(whats(&judged(&cut, &[])), [what]);
    }
}

#[test]
fn a_chain_goes_on_in_another_file_and_can_be_judged_from_there() {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut chain = begin(1, &Seen::default(), &mut first);
    add(&mut chain, 2, &mut first);
    chain.carry_on(&writer(), now(), &mut second);
    add(&mut chain, 2, &mut second);
    chain.end(now(), &mut second);
    let judge = |files: &[&[u8]], complete| {
        let mut verifier = Verifier::new(vec![key("k")], [], complete);
        files.iter().enumerate().for_each(|(at, log)| read(&mut verifier, at, log));
        verifier.finish()
    };
    assert!(!judge(&[&first, &second], true).broken);
    assert_eq!(whats(&judge(&[&second], true)), [What::BeginningMissing { sequence: 3 }]);
    let removed = judge(&[&second], false);
    assert_eq!(whats(&removed), [What::BegunEarlier { sequence: 3 }]);
    assert!(!removed.broken && removed.chains[0].verified == 4);
    let mut cut = lines(&first);
    cut.pop();
    assert_eq!(whats(&judge(&[&cut.concat(), &second], true)), [What::Missing { from: 2, until: 2 }]);
    assert!(judge(&[&second, &first], true).broken, "the files in the wrong order");
}

#[test]
fn an_anchor_that_was_changed_or_has_another_key_does_not_count() {
    let (_, anchor) = ended(1);
    let mut line = Vec::new();
    anchor.write(&key("k"), &mut line);
    line.pop();
    assert_eq!(Anchor::read(&line, &[key("k")]), Ok(anchor));
    assert_eq!(Anchor::read(&line, &[key("other")]), Err(AnchorFault::Unsealed));
    for at in 0..line.len() {
        let mut changed = line.clone();
        changed[at] ^= 1;
        assert!(Anchor::read(&changed, &[key("k")]).is_err(), "byte {at}");
    }
}

#[test]
fn a_fact_is_cut_before_a_line_gets_too_long() {
    let (mut log, mut out) = (Vec::new(), Vec::new());
    let mut chain = begin(1, &Seen::default(), &mut log);
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"];
    let event = AuditEvent::new(now(), AuditKind::CallRefused).about(&"\u{1}".repeat(9000));
    let event = names.iter().fold(event, |event, name| event.fact(name, "\u{1}".repeat(9000)));
    chain.append(&event, &mut out);
    assert!(out.len() <= super::LONGEST_LINE, "{}", out.len());
    log.extend_from_slice(&out);
    assert!(!judged(&log, &[]).broken);
}

/// Two processes on one file, each with some events, their lines mixed as `order` says; each ends.
fn mixed(order: &[bool]) -> Vec<u8> {
    let mut log = Vec::new();
    let mut chains = [begin(1, &Seen::default(), &mut log), begin(2, &Seen::default(), &mut log)];
    order.iter().for_each(|second| add(&mut chains[usize::from(*second)], 1, &mut log));
    chains.into_iter().for_each(|chain| {
        chain.end(now(), &mut log);
    });
    log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_edit_of_a_log_of_two_processes_is_found(
        order in prop::collection::vec(any::<bool>(), 1..24), edit in 0..6, a: prop::sample::Index, b: prop::sample::Index, byte in 1u8..,
    ) {
        let log = mixed(&order);
        prop_assert!(!judged(&log, &[]).broken);
        let mut all = lines(&log);
        let (one, two) = (a.index(all.len()), b.index(all.len()));
        match edit {
            0 => drop(all.remove(one)),
            1 => all.swap(one, two),
            2 => { let line = all[one].clone(); all.insert(two, line); }
            3 => { let at = b.index(all[one].len()); all[one][at] ^= byte; }
            4 => { let at = b.index(all[one].len()); all[one].insert(at, byte); }
            _ => { let at = b.index(all[one].len()); all[one].remove(at); }
        }
        let report = judged(&all.concat(), &[]);
        // The order of lines of different chains among themselves is not part of what is proven.
        let harmless = (1..=2).all(|number| {
            let of = |lines: &[Vec<u8>]| -> Vec<Vec<u8>> {
                let name = format!("\"chain\":\"{}\"", id(number));
                lines.iter().filter(|line| String::from_utf8_lossy(line).contains(&name)).cloned().collect()
            };
            of(&all) == of(&lines(&log))
        }) && all.len() == lines(&log).len();
        prop_assert!(harmless || is_told(&report), "edit {edit} of {one}, {two}: {report:?}");
        prop_assert!(!harmless || !report.broken);
    }

    #[test]
    fn nothing_that_is_read_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), cut: prop::sample::Index) {
        let (log, _) = ended(2);
        let at = cut.index(log.len());
        let report = judged(&[&log[..at], &bytes, &log[at..]].concat(), &[]);
        prop_assert!(bytes.is_empty() || !report.findings.is_empty() || !report.is_proven());
    }
}
