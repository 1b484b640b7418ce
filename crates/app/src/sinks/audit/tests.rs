use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hallpass_core::audit::chain::{Anchor, ChainKey, Place, Report, Tail, Verifier, What, Writer};
use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Clock as _, FaultCode, Secret};
use hallpass_outbound::OsRandomness;

use super::log::ChainedLog;
use super::output::Output;
use super::pen::Pen;
use super::{Hand, open, target};
use crate::Purpose;
use crate::audit::{AuditRecord, files};
use crate::config::{AuditConfig, AuditTarget};

fn key() -> ChainKey {
    ChainKey::from_stored(&Secret::from("0123456789abcdef0123456789abcdef")).unwrap()
}

fn hand(time: &ManualTime) -> Hand {
    let writer =
        Writer { host: "box".into(), process: 7, program: "hallpass 0".into(), environment: "test".into() };
    Hand { writer, clock: Arc::new(time.clone()), randomness: Arc::new(OsRandomness) }
}

fn config(path: &Path) -> AuditConfig {
    AuditConfig {
        target: Some(AuditTarget::File(path.to_owned())),
        key: None,
        anchors: None,
        rotate_at: 1 << 30,
        keep: None,
    }
}

fn sink(config: &AuditConfig, time: &ManualTime) -> Arc<dyn AuditSink> {
    open(config.target.as_ref(), config, key(), hand(time)).unwrap()
}

fn event(time: &ManualTime, kind: AuditKind) -> AuditEvent {
    AuditEvent::new(time.now(), kind).about(&"queue-sync").fact("fingerprint", "9c1185a5")
}

/// What all files of the log come to.
fn report(path: &Path, anchors: Vec<Anchor>, complete: bool) -> Report {
    let mut verifier = Verifier::new(vec![key()], anchors, complete);
    let rotated = files::rotated(path).unwrap().into_iter().map(|(_, path)| path);
    for (file, path) in rotated.chain([path.to_owned()]).enumerate() {
        let text = fs::read(path).unwrap_or_default();
        for (line, bytes) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
            let whole = bytes.strip_suffix(b"\n");
            verifier.line(Place { file, line }, whole.unwrap_or(bytes), whole.is_some());
        }
    }
    verifier.finish()
}

fn anchors(path: &Path) -> Vec<Anchor> {
    let text = fs::read(path).unwrap();
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Anchor::read(line, &[key()]).unwrap())
        .collect()
}

#[test]
fn a_file_is_private_and_every_process_ends_its_own_chain() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    for _ in 0..2 {
        sink(&config(&path), &time).record(&event(&time, AuditKind::Started)).unwrap();
    }
    let report = report(&path, Vec::new(), true);
    assert!(!report.broken && report.is_proven() && report.chains.len() == 2, "{report:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn who_does_nothing_leaves_no_trace() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    drop(sink(&config(&path), &time));
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_file_that_cannot_be_opened_is_a_fault() {
    let config = config(Path::new("/nowhere/audit.jsonl"));
    let opened = open(config.target.as_ref(), &config, key(), hand(&ManualTime::default()));
    assert_eq!(opened.unwrap_err().code(), FaultCode::AuditUnwritable);
}

#[test]
fn standard_output_is_a_gateways_alone() {
    let config = AuditConfig { target: Some(AuditTarget::Stdout), ..config(Path::new("")) };
    assert_eq!(target(&config, Purpose::Gateway), Some(AuditTarget::Stdout));
    assert_eq!(target(&config, Purpose::Command), Some(AuditTarget::Stderr));
    assert_eq!(target(&config, Purpose::Wrapper), Some(AuditTarget::Stderr));
    assert_eq!(target(&config, Purpose::Inspection), None);
    let nothing = AuditConfig { target: None, ..config };
    assert_eq!(target(&nothing, Purpose::Gateway), Some(AuditTarget::Stderr));
    assert_eq!(target(&nothing, Purpose::Command), None);
}

/// What may not wait takes along what was queued before it, in order, and nothing that a thread does is needed for that.
#[test]
fn what_must_be_written_is_there_at_once_and_in_order() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    let sink = sink(&config(&path), &time);
    for kind in [AuditKind::TokenGranted, AuditKind::CallRefused, AuditKind::RotationStep] {
        sink.record(&event(&time, kind)).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let at = |kind: &str| text.find(&format!("\"{kind}\"")).unwrap();
    assert!(at("token-granted") < at("call-refused") && at("call-refused") < at("rotation-step"), "{text}");
}

#[test]
fn what_is_queued_is_written_without_anybody_asking_again() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    let log = sink(&config(&path), &time);
    for written in 1..4 {
        log.record(&event(&time, AuditKind::TokenGranted)).unwrap();
        let is_there = || fs::read_to_string(&path).unwrap().matches("token-granted").count() == written;
        let looks = (0..12_000).any(|_| {
            thread::park_timeout(Duration::from_millis(5));
            is_there()
        });
        assert!(looks, "event {written} is never written");
    }
}

#[test]
fn a_storm_of_refused_calls_is_on_record_to_the_last_and_anchored() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    let kept = folder.path().join("anchors");
    let config = AuditConfig { anchors: Some(kept.clone()), ..config(&path) };
    let log = sink(&config, &time);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope
                .spawn(|| (0..2500).for_each(|_| log.record(&event(&time, AuditKind::CallRefused)).unwrap()));
        }
    });
    drop(log);
    let anchors = anchors(&kept);
    let report = report(&path, anchors.clone(), true);
    assert!(!report.broken && report.is_proven(), "{report:?}");
    // Its beginning, its end, and everything between.
    assert_eq!(report.chains[0].verified, 10_002);
    assert_eq!(anchors.last().map(|anchor| anchor.count), Some(10_002));
    assert!(anchors.len() >= 5, "{}", anchors.len());
}

#[test]
fn files_give_way_and_the_chain_goes_on_through_them() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    let config = AuditConfig { rotate_at: 2000, ..config(&path) };
    let logs = [sink(&config, &time), sink(&config, &time)];
    for at in 0..60 {
        logs[at % 2].record(&event(&time, AuditKind::SecretRead)).unwrap();
    }
    drop(logs);
    let files = files::rotated(&path).unwrap();
    assert!(files.len() > 5, "{files:?}");
    let whole = report(&path, Vec::new(), true);
    assert!(!whole.broken && whole.is_proven() && whole.chains.len() == 2, "{whole:?}");
    // Whatever file is taken away, it is missed.
    fs::remove_file(&files[2].1).unwrap();
    assert!(report(&path, Vec::new(), true).broken);
    assert!(report(&path, Vec::new(), false).broken);
}

#[test]
fn old_files_are_removed_where_that_is_asked_for_and_the_rest_can_be_judged() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    let config = AuditConfig { rotate_at: 2000, keep: Some(2), ..config(&path) };
    let log = sink(&config, &time);
    (0..60).for_each(|_| log.record(&event(&time, AuditKind::SecretRead)).unwrap());
    drop(log);
    let files = files::rotated(&path).unwrap();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[0].0 > 3);
    let report = report(&path, Vec::new(), false);
    assert!(!report.broken && report.is_proven(), "{report:?}");
    assert!(matches!(report.findings[0].what, What::BegunEarlier { .. }));
}

#[test]
fn copies_of_a_frozen_process_do_not_go_on_with_the_same_numbers() {
    let (folder, time) = (tempfile::tempdir().unwrap(), ManualTime::default());
    let path = folder.path().join("audit.jsonl");
    let log = sink(&config(&path), &time);
    log.record(&event(&time, AuditKind::Started)).unwrap();
    time.freeze(Duration::from_secs(3600));
    log.record(&event(&time, AuditKind::SecretRead)).unwrap();
    drop(log);
    let report = report(&path, Vec::new(), true);
    assert!(!report.broken && report.chains.len() == 2, "{report:?}");
    assert_eq!(report.chains[0].tail, Tail::Open { proven: 2 }, "the chain after the freeze vouches for it");
}

/// Takes so many bytes, and then none until it is told otherwise.
#[derive(Clone)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (taken, room) = &mut *self.0.lock().unwrap();
        let more = bytes.len().min(*room);
        if more == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        taken.extend_from_slice(&bytes[..more]);
        *room -= more;
        Ok(more)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Wherever the disk gets full: whoever may not act is told, nothing that was queued is lost or doubled, and the log shows no break.
#[test]
fn a_disk_that_gets_full_at_any_byte_stops_acts_and_breaks_no_chain() {
    let time = ManualTime::default();
    let whole = {
        let disk = Disk(Arc::new(Mutex::new((Vec::new(), usize::MAX))));
        let log = ChainedLog::new(Pen::new(Output::stream(disk.clone()), None, key(), hand(&time)));
        log.record(&event(&time, AuditKind::SecretRead)).unwrap();
        log.record(&event(&time, AuditKind::SecretRead)).unwrap();
        disk.0.lock().unwrap().0.len()
    };
    for room in 0..whole {
        let disk = Disk(Arc::new(Mutex::new((Vec::new(), room))));
        let log = ChainedLog::new(Pen::new(Output::stream(disk.clone()), None, key(), hand(&time)));
        let (mut acted, mut granted) = (0, 0);
        for _ in 0..3 {
            granted += usize::from(log.record(&event(&time, AuditKind::TokenGranted)).is_ok());
            acted += usize::from(log.record(&event(&time, AuditKind::SecretRead)).is_ok());
        }
        assert!(acted < 3, "{room}");
        assert!(
            log.record(&event(&time, AuditKind::TokenGranted)).is_err(),
            "nothing is queued behind a failure"
        );
        disk.0.lock().unwrap().1 = usize::MAX;
        for _ in 0..5 {
            log.record(&event(&time, AuditKind::TokenGranted)).unwrap();
        }
        drop(log);
        let text = disk.0.lock().unwrap().0.clone();
        let mut verifier = Verifier::new(vec![key()], [], true);
        for (line, bytes) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            if !bytes.is_empty() {
                verifier.line(Place { file: 0, line }, bytes, true);
            }
        }
        let report = verifier.finish();
        assert!(!report.broken, "{room}: {report:?}\n{}", String::from_utf8_lossy(&text));
        let records = || text.split(|byte| *byte == b'\n').filter_map(AuditRecord::of);
        let count = |kind: &str| records().filter(|record| record.kind == kind).count();
        assert_eq!(count("token-granted"), granted + 5, "{room}: what was queued is there once");
        assert!(count("secret-read") >= acted, "{room}: what was acted on is on record");
    }
}
