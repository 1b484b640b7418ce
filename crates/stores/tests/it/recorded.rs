//! Reads of a secret that are on record.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hallpass_core::test_support::{ManualTime, store_contract};
use hallpass_core::{EntryName, FaultCode, Stage, Store};
use hallpass_stores::{MemoryStore, Reading, RecordedStore};
use serde_json::{Value, json};

use crate::fakes::{Collected, named, promote};

const CLIENT: &str = r#"{"client_id":"one","client_secret":"planted"}"#;

fn recorded(entry: EntryName) -> (RecordedStore, Arc<Collected>) {
    let (time, audit) = (ManualTime::default(), Arc::new(Collected::default()));
    let reading = Reading { entry, integration: "queue-sync".parse().ok(), by: "rotation" };
    let store = Arc::new(MemoryStore::new(Arc::new(time.clone())));
    (RecordedStore::new(store, reading, Arc::clone(&audit) as _, Arc::new(time)), audit)
}

fn facts(audit: &Collected) -> Vec<Value> {
    let lines = audit.lines.lock().unwrap();
    lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["facts"].clone()).collect()
}

#[tokio::test]
async fn a_read_is_on_record_with_what_was_read_and_by_whom() {
    let (store, audit) = recorded(named("secret"));
    let version = promote(&store, "secret", CLIENT).await;
    let version = version.as_str();
    store.read(&named("secret"), Stage::Current).await.unwrap();
    // The first read was that of `promote`, which found nothing: somebody asked for a secret that should be there.
    let missing = json!({"by": "rotation", "fault": "entry-not-found", "store": "memory"});
    let fingerprint = hallpass_core::Fingerprint::of(b"one", b"planted").to_string();
    let read = json!({"by": "rotation", "fingerprint": fingerprint, "store": "memory", "version": version});
    assert_eq!(facts(&audit), [missing, read]);
    let line = audit.lines.lock().unwrap().concat();
    assert!(line.contains(r#""integration":"queue-sync","kind":"secret-read""#), "{line}");
    assert!(!line.contains("planted"), "{line}");
}

#[tokio::test]
async fn an_empty_stage_and_a_document_beside_the_secret_are_no_secrets() {
    let (store, audit) = recorded(named("secret"));
    for stage in [Stage::Pending, Stage::Previous] {
        store.read(&named("secret"), stage).await.unwrap_err();
    }
    promote(&store, "secret.rotation", "{}").await;
    store.read(&named("secret.rotation"), Stage::Current).await.unwrap();
    assert_eq!(facts(&audit), [] as [Value; 0]);
    store.put_pending(&named("secret"), "a bearer, which has no client".into()).await.unwrap();
    store.read(&named("secret"), Stage::Pending).await.unwrap();
    let facts = facts(&audit);
    assert_eq!(
        (facts.len(), &facts[0]["stage"], &facts[0]["fingerprint"]),
        (1, &json!("pending"), &Value::Null)
    );
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_handed_out() {
    let (store, audit) = recorded(named("secret"));
    promote(&store, "secret", CLIENT).await;
    audit.refuses.store(true, Ordering::SeqCst);
    let fault = store.read(&named("secret"), Stage::Current).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::AuditUnwritable);
}

#[tokio::test]
async fn it_keeps_the_contract_of_the_store_below() {
    let make = async || Arc::new(recorded(named("secret")).0) as Arc<dyn Store>;
    store_contract::writable(make).await;
}
