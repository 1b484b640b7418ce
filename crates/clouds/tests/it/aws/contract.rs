//! The suite that every store passes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hallpass_clouds::aws::KmsEnv;
use hallpass_core::test_support::store_contract;
use hallpass_core::{Secret, Stage, Store};

use super::{Place, REGION, named, promoted, settings};

const VALUE: &str = "a:b%25+ =\n\u{1f511}\n";

#[tokio::test]
async fn secrets_manager_keeps_the_contract() {
    let places = Mutex::new(Vec::new());
    let make = async || {
        let place = Place::new().await;
        let store = place.store();
        places.lock().unwrap().push(place);
        Arc::new(store) as Arc<dyn Store>
    };
    store_contract::writable(make).await;
}

#[tokio::test]
async fn encrypted_variables_keep_the_contract() {
    let place = Place::new().await;
    let key = place.aws.key(REGION);
    let sealed = place.aws.encrypt(&key, VALUE.as_bytes(), &BTreeMap::new());
    let store = KmsEnv::open(settings(&place.door.url(), REGION, &[("QUEUE_SYNC", &sealed)]));
    store_contract::read_only(Arc::new(store), &named("QUEUE_SYNC"), &Secret::from(VALUE)).await;
}

#[tokio::test]
async fn a_secret_is_found_by_name_and_by_arn_with_and_without_its_suffix() {
    let place = Place::new().await;
    let store = place.store();
    promoted(&store, "prod/queue-sync", "one", None).await;
    let partial = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/queue-sync";
    let read = store.read(&named(partial), Stage::Current).await.unwrap();
    assert!(read.value == Secret::from("one"));
    let listed = store.list().await.unwrap();
    assert_eq!(listed.len(), 1, "one secret, by its name");
}

#[tokio::test]
async fn what_is_listed_is_what_is_described() {
    let place = Place::new().await;
    let store = place.store();
    let one = promoted(&store, "a", "one", None).await;
    promoted(&store, "a", "two", Some(&one)).await;
    let described = store.describe(&named("a")).await.unwrap();
    assert!(described.written.is_some(), "AWS knows when CURRENT was written");
    assert_eq!(store.list().await.unwrap(), [described]);
}

#[tokio::test]
async fn who_may_not_ask_for_dates_is_told_the_rest() {
    let place = Place::new().await;
    let store = place.store();
    for name in ["a", "b", "c"] {
        promoted(&store, name, "one", None).await;
    }
    place.aws.deny("secretsmanager:ListSecretVersionIds");
    let before = place.operations().len();
    let listed = store.list().await.unwrap();
    assert!(listed.len() == 3 && listed.iter().all(|info| info.written.is_none() && info.current.is_some()));
    assert_eq!(
        place.operations()[before..],
        ["ListSecrets", "ListSecretVersionIds"],
        "who is denied once asks no more"
    );
    assert!(store.describe(&named("a")).await.unwrap().written.is_none());
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let place = Place::new().await;
    let store = place.store();
    for number in 0..101 {
        put_one(&store, &format!("entry-{number:03}")).await;
    }
    let listed = store.list().await.unwrap();
    assert_eq!(listed.len(), 101);
    assert!(listed.is_sorted_by(|one, next| one.name < next.name));
    assert_eq!(place.operations().iter().filter(|operation| *operation == "ListSecrets").count(), 2);
}

async fn put_one(store: &dyn Store, name: &str) {
    store.put_pending(&named(name), Secret::from("one")).await.unwrap();
}
