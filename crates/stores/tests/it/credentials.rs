//! Failover, sharing, and what is never taken.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use hallpass_core::test_support::ManualTime;
use hallpass_core::{
    BoxFuture, CompareAndSet, Counter, Counters, Credential, CredentialSource, EntryInfo, EntryName, Fault,
    FaultCode, Reread, Secret, Spawn, Stage, Store, StoreTraits, StoredSecret, Version,
};
use hallpass_stores::{CredentialParts, Places, StoreCredentials, StoreLimits};
use tokio::sync::Semaphore;

use crate::fakes::{Collected, named, said};

const NEEDED: &[&str] = &["client_id", "client_secret"];

/// A store that answers as it was told, each answer when it is let go.
struct Scripted {
    scheme: &'static str,
    answers: Mutex<VecDeque<Result<String, FaultCode>>>,
    reads: Mutex<u64>,
    gate: Semaphore,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    /// Answers at once; the last answer stays.
    fn saying(scheme: &'static str, answers: &[Result<&str, FaultCode>]) -> Arc<Self> {
        let store = Self::gated(scheme, answers);
        store.gate.add_permits(1_000_000);
        store
    }

    fn gated(scheme: &'static str, answers: &[Result<&str, FaultCode>]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.map(str::to_owned)).collect();
        Arc::new(Self { scheme, answers: Mutex::new(answers), reads: Mutex::new(0), gate: Semaphore::new(0) })
    }

    fn reads(&self) -> u64 {
        *self.reads.lock().unwrap()
    }

    fn answer(&self) -> Result<StoredSecret, Fault> {
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        let version = Version::new(&self.reads().to_string());
        answer
            .map(|value| StoredSecret { value: Secret::from(value), version })
            .map_err(|code| Fault::new(code, format!("from {}", self.scheme)))
    }
}

impl Store for Scripted {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: self.scheme, writable: false, compare_and_set: CompareAndSet::None }
    }

    fn read<'a>(&'a self, _: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        assert_eq!(stage, Stage::Current, "a credential comes from nowhere else");
        Box::pin(async {
            *self.reads.lock().unwrap() += 1;
            self.gate.acquire().await.unwrap().forget();
            self.answer()
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        unreachable!()
    }

    fn put_pending<'a>(&'a self, _: &'a EntryName, _: Secret) -> BoxFuture<'a, Result<Version, Fault>> {
        unreachable!()
    }

    fn promote<'a>(
        &'a self,
        _: &'a EntryName,
        _: &'a Version,
        _: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        unreachable!()
    }

    fn discard<'a>(&'a self, _: &'a EntryName, _: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        unreachable!()
    }
}

/// Tasks on the runtime of the test.
#[derive(Debug)]
struct OnTokio;

impl Spawn for OnTokio {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(tokio::spawn(task));
    }
}

struct Bench {
    source: Arc<StoreCredentials>,
    audit: Arc<Collected>,
    counters: Arc<Counters>,
}

fn bench(stores: &[&Arc<Scripted>]) -> Bench {
    let (audit, counters) = (Arc::new(Collected::default()), Arc::new(Counters::new()));
    // It stands still, so that no answer is ever late.
    let time = ManualTime::default();
    let around = Arc::new(Places::new(StoreLimits::DEFAULT, Arc::new(time.clone()), Arc::new(time)));
    let place = |store: &&Arc<Scripted>| around.of(Arc::clone(*store) as Arc<dyn Store>, named("queue-sync"));
    let source = StoreCredentials::new(CredentialParts {
        integration: "queue-sync".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        required: NEEDED,
        primary: place(&stores[0]),
        others: stores[1..].iter().map(place).collect(),
        around,
        spawn: Arc::new(OnTokio),
        meter: counters.clone(),
        audit: audit.clone(),
    });
    Bench { source: Arc::new(source), audit, counters }
}

fn stored(secret: &str, serial: u64) -> String {
    format!(r#"{{"client_id":"id","client_secret":"{secret}","serial":{serial},"environment":"prod"}}"#)
}

fn secret_of(credential: &Credential) -> &str {
    credential.member("client_secret").unwrap().expose_str().unwrap()
}

impl Bench {
    async fn asked(&self, reread: Reread) -> Result<String, FaultCode> {
        let credential = self.source.credential(reread).await.map_err(|fault| fault.code())?;
        Ok(secret_of(&credential).to_owned())
    }
}

#[tokio::test]
async fn cached_reads_once_and_forced_reads_again() {
    let store = Scripted::saying("local", &[Ok(&stored("one", 1)), Ok(&stored("two", 2))]);
    let bench = bench(&[&store]);
    for _ in 0..3 {
        assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "one");
    }
    assert_eq!(bench.asked(Reread::Forced).await.unwrap(), "two");
    assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "two");
    assert_eq!((store.reads(), bench.counters.value(Counter::StoreReads)), (2, 2));
}

#[tokio::test]
async fn a_look_beside_finds_what_was_replaced_and_does_without_a_store_that_fails() {
    let down = Err(FaultCode::StoreUnreachable);
    let store = Scripted::saying("local", &[Ok(&stored("one", 1)), Ok(&stored("two", 2)), down]);
    let bench = bench(&[&store]);
    assert_eq!(bench.asked(Reread::Beside).await.unwrap(), "one", "nothing is held yet");
    assert_eq!(bench.asked(Reread::Beside).await.unwrap(), "two");
    assert_eq!(bench.asked(Reread::Beside).await.unwrap(), "two", "what is held will do");
    assert_eq!(store.reads(), 3);
}

#[tokio::test]
async fn every_read_is_audited_and_says_no_secret() {
    let store = Scripted::saying("local", &[Ok(&stored("canary", 1)), Ok(r#"{"client_id":"canary"}"#)]);
    let bench = bench(&[&store]);
    bench.asked(Reread::Cached).await.unwrap();
    bench.asked(Reread::Forced).await.unwrap_err();
    let lines = bench.audit.lines.lock().unwrap().clone();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(r#""store":"local","version":"1"}"#), "{}", lines[0]);
    assert!(lines[0].contains(r#""fingerprint":""#) && lines[0].contains(r#""kind":"secret-read""#));
    assert!(lines[1].contains(r#""fault":"credential-malformed""#), "{}", lines[1]);
    let text = format!("{lines:?} {:?}", bench.source);
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_used() {
    let store = Scripted::saying("local", &[Ok(&stored("one", 1))]);
    let other = Scripted::saying("file", &[Ok(&stored("other", 1))]);
    let bench = bench(&[&store, &other]);
    bench.audit.refuses.store(true, Ordering::SeqCst);
    assert_eq!(bench.asked(Reread::Cached).await, Err(FaultCode::AuditUnwritable));
    assert_eq!(other.reads(), 0, "another place would not be audited either");
    bench.audit.refuses.store(false, Ordering::SeqCst);
    assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "one");
}

#[tokio::test]
async fn places_are_asked_in_order_until_one_has_it() {
    let absent = Scripted::saying("env", &[Err(FaultCode::EntryNotFound)]);
    let broken = Scripted::saying("file", &[Err(FaultCode::PermissionsTooOpen)]);
    let good = Scripted::saying("local", &[Ok(&stored("one", 1))]);
    let never = Scripted::saying("memory", &[Ok(&stored("two", 2))]);
    let bench = bench(&[&absent, &broken, &good, &never]);
    assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "one");
    assert_eq!([absent.reads(), broken.reads(), good.reads(), never.reads()], [1, 1, 1, 0]);
    bench.asked(Reread::Forced).await.unwrap();
    assert_eq!(absent.reads(), 2, "a forced read begins at the first place again");
}

#[tokio::test]
async fn when_all_fail_the_fault_lists_them_and_the_telling_one_decides() {
    let absent = Scripted::saying("env", &[Err(FaultCode::EntryNotFound)]);
    let broken = Scripted::saying("file", &[Err(FaultCode::PermissionsTooOpen)]);
    let locked = Scripted::saying("local", &[Err(FaultCode::StoreLocked)]);
    let fault = bench(&[&absent, &broken, &locked]).source.credential(Reread::Cached).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::PermissionsTooOpen);
    for part in ["3 places", "from env", "from file", "from local"] {
        assert!(fault.detail().contains(part), "{fault}");
    }
    assert_eq!(bench(&[&absent, &absent]).asked(Reread::Cached).await, Err(FaultCode::EntryNotFound));
    let alone = bench(&[&broken]).source.credential(Reread::Cached).await.unwrap_err();
    assert_eq!(alone.detail(), "from file", "one place speaks for itself");
}

#[tokio::test]
async fn another_environments_credential_is_never_taken() {
    let foreign = stored("canary", 9).replace("prod", "test");
    let store = Scripted::saying("local", &[Ok(&foreign)]);
    let fault = bench(&[&store]).source.credential(Reread::Cached).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::EnvironmentMismatch);
    assert!(!said(&fault).contains("canary"));
    let other = Scripted::saying("file", &[Ok(&stored("ours", 1))]);
    assert_eq!(bench(&[&store, &other]).asked(Reread::Cached).await.unwrap(), "ours");
}

#[tokio::test]
async fn only_the_first_place_may_lower_the_serial() {
    let down = Err(FaultCode::StoreUnreadable);
    let primary = Scripted::saying("local", &[Ok(&stored("seven", 7)), down, down, Ok(&stored("three", 3))]);
    let without = r#"{"client_id":"id","client_secret":"unnumbered"}"#;
    let replica = Scripted::saying("file", &[Ok(&stored("six", 6)), Ok(without)]);
    let bench = bench(&[&primary, &replica]);
    assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "seven");
    assert_eq!(bench.asked(Reread::Forced).await.unwrap(), "seven", "the replica lags");
    assert_eq!(bench.asked(Reread::Forced).await.unwrap(), "seven", "no serial is older than any");
    assert_eq!(bench.asked(Reread::Forced).await.unwrap(), "three", "the primary was put back on purpose");
    assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "three");
}

#[tokio::test]
async fn a_replica_may_bring_a_newer_or_equal_credential() {
    let primary = Scripted::saying("local", &[Ok(&stored("seven", 7)), Err(FaultCode::StoreUnreadable)]);
    let replica = Scripted::saying("file", &[Ok(&stored("again", 7)), Ok(&stored("eight", 8))]);
    let bench = bench(&[&primary, &replica]);
    bench.asked(Reread::Cached).await.unwrap();
    assert_eq!(bench.asked(Reread::Forced).await.unwrap(), "again");
    assert_eq!(bench.asked(Reread::Forced).await.unwrap(), "eight");
}

#[tokio::test]
async fn a_failed_reread_leaves_the_last_good_one() {
    let store = Scripted::saying("local", &[Ok(&stored("one", 1)), Err(FaultCode::StoreUnreadable)]);
    let bench = bench(&[&store]);
    bench.asked(Reread::Cached).await.unwrap();
    assert_eq!(bench.asked(Reread::Forced).await, Err(FaultCode::StoreUnreadable));
    assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "one");
}

/// Starts `count` callers, all of whom wait before the gate opens.
async fn crowd(
    bench: &Bench,
    count: usize,
    reread: Reread,
) -> Vec<tokio::task::JoinHandle<Result<String, FaultCode>>> {
    let callers = (0..count).map(|_| {
        let source = Arc::clone(&bench.source);
        tokio::spawn(async move {
            let credential = source.credential(reread).await.map_err(|fault| fault.code())?;
            Ok(secret_of(&credential).to_owned())
        })
    });
    let callers = callers.collect();
    settle().await;
    callers
}

/// On one thread, lets every task that can go on do so: each is polled between two yields of ours.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_cold_crowd_is_one_read() {
    for answer in [Ok(stored("one", 1)), Err(FaultCode::StoreUnreadable)] {
        let store = Scripted::gated("local", &[answer.as_deref().map_err(|code| *code)]);
        let bench = bench(&[&store]);
        let callers = crowd(&bench, 10_000, Reread::Cached).await;
        store.gate.add_permits(1_000_000);
        let expected = answer.map(|_| "one".to_owned());
        for caller in callers {
            assert_eq!(caller.await.unwrap(), expected);
        }
        assert_eq!(store.reads(), 1);
    }
}

#[tokio::test]
async fn a_forced_reader_takes_no_read_that_began_before_it_asked() {
    let store = Scripted::gated("local", &[Ok(&stored("old", 1)), Ok(&stored("new", 2))]);
    let bench = bench(&[&store]);
    let cold = crowd(&bench, 1, Reread::Cached).await;
    let forced = crowd(&bench, 100, Reread::Forced).await;
    store.gate.add_permits(1_000_000);
    for caller in cold {
        assert_eq!(caller.await.unwrap().unwrap(), "old");
    }
    for caller in forced {
        assert_eq!(caller.await.unwrap().unwrap(), "new");
    }
    assert_eq!(
        store.reads(),
        3,
        "the first of the forced ones has one of its own, and the others, who asked after it began, share one"
    );
}

#[tokio::test]
async fn of_two_reads_side_by_side_the_newer_answer_stays_whichever_ends_last() {
    for answers in [["one", "two"], ["two", "one"]] {
        let [first, second] = answers.map(|name| stored(name, if name == "two" { 2 } else { 1 }));
        let store = Scripted::gated("local", &[Ok(&first), Ok(&second)]);
        let bench = bench(&[&store]);
        let cold = crowd(&bench, 1, Reread::Cached).await;
        let forced = crowd(&bench, 1, Reread::Forced).await;
        store.gate.add_permits(2);
        for caller in cold {
            assert_eq!(caller.await.unwrap().unwrap(), answers[0]);
        }
        for caller in forced {
            assert_eq!(caller.await.unwrap().unwrap(), "two");
        }
        assert_eq!(bench.asked(Reread::Cached).await.unwrap(), "two");
    }
}

#[tokio::test]
async fn a_reader_who_is_dropped_hands_over_to_the_next() {
    let store = Scripted::gated("local", &[Ok(&stored("one", 1))]);
    let bench = bench(&[&store]);
    let leader = crowd(&bench, 1, Reread::Cached).await;
    let others = crowd(&bench, 10, Reread::Cached).await;
    leader[0].abort();
    settle().await;
    assert_eq!(store.reads(), 2, "one of the others reads now");
    store.gate.add_permits(1_000_000);
    for caller in others {
        assert_eq!(caller.await.unwrap().unwrap(), "one");
    }
    assert_eq!(store.reads(), 2);
}
