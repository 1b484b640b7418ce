//! Variables that KMS encrypted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use hallpass_clouds::aws::{KmsEnv, Settings};
use hallpass_core::{FaultCode, Secret, Stage, Store};

use super::{Place, REGION, named, settings, shown, variables};

const FUNCTION: (&str, &str) = ("AWS_LAMBDA_FUNCTION_NAME", "queue-sync");

fn context(function: &str) -> BTreeMap<String, String> {
    [("LambdaFunctionName".to_owned(), function.to_owned())].into()
}

#[tokio::test]
async fn a_function_opens_what_was_encrypted_for_it() {
    let place = Place::new().await;
    let sealed = place.aws.encrypt(&place.aws.key(REGION), b"one", &context("queue-sync"));
    let store = KmsEnv::open(settings(&place.door.url(), REGION, &[("SECRET", &sealed), FUNCTION]));
    assert!(store.read(&named("SECRET"), Stage::Current).await.unwrap().value == Secret::from("one"));
    assert_eq!(place.door.seen()[0].operation.as_deref(), Some("TrentService.Decrypt"));
}

#[tokio::test]
async fn it_is_decrypted_once_and_again_when_the_variable_changes() {
    let place = Place::new().await;
    let key = place.aws.key(REGION);
    let seal = |plain: &[u8]| OsString::from(place.aws.encrypt(&key, plain, &BTreeMap::new()));
    let held = Arc::new(Mutex::new(seal(b"one")));
    let (inner, keys) = (Arc::clone(&held), variables(&[]));
    let settings = Settings {
        variables: Arc::new(move |name: &str| match name {
            "SECRET" => Some(inner.lock().unwrap().clone()),
            _ => keys(name),
        }),
        ..place.settings()
    };
    let store = Arc::new(KmsEnv::open(settings));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(&store);
        readers.spawn(async move { store.read(&named("SECRET"), Stage::Current).await.unwrap().version });
    }
    let versions = readers.join_all().await;
    assert_eq!(place.door.seen().len(), 1, "64 cold readers are one request");
    *held.lock().unwrap() = seal(b"two");
    let two = store.read(&named("SECRET"), Stage::Current).await.unwrap();
    assert!(two.value == Secret::from("two") && two.version != versions[0]);
    assert_eq!(place.door.seen().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let place = Place::new().await;
    let key = place.aws.key(REGION);
    let other = place.aws.key("us-east-1");
    let disabled = place.aws.key(REGION);
    place.aws.set_key_enabled(&disabled, false);
    let foreign = place.aws.encrypt(&key, b"canary", &context("another-function"));
    let no_context = place.aws.encrypt(&key, b"canary", &BTreeMap::new());
    let far = place.aws.encrypt(&other, b"canary", &context("queue-sync"));
    let stopped = place.aws.encrypt(&disabled, b"canary", &context("queue-sync"));
    let table = [
        (
            "FOREIGN",
            &*foreign,
            FaultCode::CredentialMalformed,
            "InvalidCiphertextException",
            "LambdaFunctionName=queue-sync",
        ),
        (
            "NO_CONTEXT",
            &no_context,
            FaultCode::CredentialMalformed,
            "InvalidCiphertextException",
            "LambdaFunctionName=queue-sync",
        ),
        ("FAR", &far, FaultCode::CredentialMalformed, "InvalidCiphertextException", "encrypt it"),
        ("STOPPED", &stopped, FaultCode::StoreVersionUnusable, "DisabledException", "enable the KMS key"),
        ("DAMAGED", "AAAA", FaultCode::CredentialMalformed, "InvalidCiphertextException", "encrypt it"),
        ("PLAIN", "canary: no Base64", FaultCode::CredentialMalformed, "no Base64", "`env:`"),
        ("EMPTY", "", FaultCode::CredentialMalformed, "no Base64", "aws kms encrypt"),
    ];
    let all: Vec<_> = table.iter().map(|row| (row.0, row.1)).chain([FUNCTION]).collect();
    let store = KmsEnv::open(settings(&place.door.url(), REGION, &all));
    for (name, _, code, detail, hint) in table {
        let fault = store.read(&named(name), Stage::Current).await.unwrap_err();
        assert_eq!(fault.code(), code, "{name}: {fault}");
        assert!(
            fault.detail().contains(detail) && fault.hint().contains(hint),
            "{name}: {fault}, {}",
            fault.hint()
        );
        assert!(!detail.ends_with("Exception") || fault.detail().contains("request 5ee0"), "{fault}");
        assert!(!shown(&fault).contains("canary"), "{fault}");
    }
    let missing = store.read(&named("ABSENT"), Stage::Current).await.unwrap_err();
    assert_eq!(missing.code(), FaultCode::EntryNotFound);
    let wrong = store.read(&named("canary=1"), Stage::Current).await.unwrap_err();
    assert_eq!(wrong.code(), FaultCode::ReferenceMalformed);
    assert!(!shown(&wrong).contains("canary"));
}

#[tokio::test]
async fn a_key_that_was_denied_is_asked_again_once_it_is_allowed() {
    let place = Place::new().await;
    let sealed = place.aws.encrypt(&place.aws.key(REGION), b"one", &BTreeMap::new());
    let store = KmsEnv::open(settings(&place.door.url(), REGION, &[("SECRET", &sealed)]));
    place.aws.deny("kms:Decrypt");
    let denied = store.read(&named("SECRET"), Stage::Current).await.unwrap_err();
    assert_eq!(denied.code(), FaultCode::StoreDenied);
    assert!(denied.detail().contains("kms:Decrypt"));
    place.aws.allow("kms:Decrypt");
    assert!(store.read(&named("SECRET"), Stage::Current).await.is_ok(), "a refusal is not remembered");
}
