//! The extension at port 2773.

use std::sync::Arc;

use hallpass_cloud_emulator::aws::Extension;
use hallpass_cloud_emulator::{Behaviour, Cloud, StandIn};
use hallpass_clouds::aws::SecretsExtension;
use hallpass_core::test_support::store_contract;
use hallpass_core::{FaultCode, Secret, Stage, Store};

use super::{Place, REGION, named, promoted, put, shown, variables};

struct Beside {
    place: Place,
    extension: Arc<Extension>,
    door: StandIn,
}

impl Beside {
    async fn new() -> Self {
        let place = Place::new().await;
        let extension = Arc::new(Extension::new(Arc::clone(&place.aws), REGION));
        let door = StandIn::start(Arc::clone(&extension) as Arc<dyn Cloud>, None).await.unwrap();
        Self { place, extension, door }
    }

    fn store(&self, token: &str) -> SecretsExtension {
        let url = self.door.url();
        let port = url.rsplit_once(':').unwrap().1;
        SecretsExtension::open(variables(&[
            ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port),
            ("AWS_SESSION_TOKEN", token),
        ]))
    }
}

#[tokio::test]
async fn it_keeps_the_contract_of_what_is_read_only() {
    let beside = Beside::new().await;
    for (name, value) in [("prod/a b?&=%", "one"), ("STORE_CONTRACT_OTHER", "two")] {
        let made =
            serde_json::json!({ "Name": name.replace(['?', '&', '%', ' '], "_"), "SecretString": value });
        beside.place.aws.operate(REGION, "CreateSecret", &made).unwrap();
    }
    let store = Arc::new(beside.store(Extension::TOKEN));
    store_contract::read_only(store, &named("prod/a_b__=_"), &Secret::from("one")).await;
}

#[tokio::test]
async fn bytes_and_64_kib_come_through() {
    let beside = Beside::new().await;
    let api = beside.place.store();
    let values: [Vec<u8>; 3] = [vec![0xff, 0, 0x80], vec![b'"'; 64 * 1024], vec![1; 64 * 1024]];
    for (index, value) in values.iter().enumerate() {
        let name = format!("entry-{index}");
        let pending = api.put_pending(&named(&name), Secret::new(value.clone())).await.unwrap();
        api.promote(&named(&name), &pending, None).await.unwrap();
        let read = beside.store(Extension::TOKEN).read(&named(&name), Stage::Current).await.unwrap();
        assert!(read.value.expose() == value && read.version == pending, "value {index}");
    }
}

#[tokio::test]
async fn it_serves_a_copy_until_that_expires() {
    let beside = Beside::new().await;
    let (api, store) = (beside.place.store(), beside.store(Extension::TOKEN));
    let one = promoted(&api, "a", "one", None).await;
    assert_eq!(store.read(&named("a"), Stage::Current).await.unwrap().version, one);
    let two = promoted(&api, "a", "two", Some(&one)).await;
    let stale = store.read(&named("a"), Stage::Current).await.unwrap();
    assert_eq!(stale.version, one, "which is why it is no primary place");
    beside.extension.expire_copies();
    assert_eq!(store.read(&named("a"), Stage::Current).await.unwrap().version, two);
}

#[tokio::test]
async fn what_goes_wrong_is_said_and_a_next_place_may_bridge_it() {
    let beside = Beside::new().await;
    promoted(&beside.place.store(), "a", "canary", None).await;
    put(&beside.place.store(), "pending-only", "canary").await;
    let code = async |store: &SecretsExtension, name: &str| {
        let fault = store.read(&named(name), Stage::Current).await.unwrap_err();
        assert!(!shown(&fault).contains("canary") && !shown(&fault).contains(Extension::TOKEN), "{fault}");
        assert!(!fault.hint().is_empty());
        fault.code()
    };
    let store = beside.store(Extension::TOKEN);
    beside.extension.set_ready(false);
    assert_eq!(code(&store, "a").await, FaultCode::StoreUnreachable, "not ready");
    beside.extension.set_ready(true);
    assert_eq!(code(&store, "absent").await, FaultCode::EntryNotFound);
    assert_eq!(code(&store, "pending-only").await, FaultCode::EntryNotFound, "the placeholder is nothing");
    assert_eq!(code(&beside.store("another token"), "a").await, FaultCode::CloudIdentityMissing);
    assert_eq!(code(&SecretsExtension::open(variables(&[])), "a").await, FaultCode::CloudIdentityMissing);
    beside.door.next(Behaviour::Garbage);
    assert_eq!(code(&beside.store(Extension::TOKEN), "a").await, FaultCode::StoreUnreachable);
    beside.door.always(Some(Behaviour::Answer(hallpass_cloud_emulator::Reply::bytes(200, "{canary"))));
    assert_eq!(code(&store, "a").await, FaultCode::StoreAnswerBad);
}
