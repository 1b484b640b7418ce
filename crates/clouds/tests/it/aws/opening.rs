//! Opening: what it costs, what it asks, and what a stand-in with an authority of its own takes.

use hallpass_cloud_emulator::{Authority, StandIn};
use hallpass_clouds::aws::{Identity, SecretsManager, Settings};
use hallpass_core::{FaultCode, Stage, Store};

use super::{Place, REGION, named, promoted, settings, shown, variables};

#[tokio::test]
async fn opening_asks_nobody_and_the_region_is_known_before() {
    let place = Place::new().await;
    let store = place.store();
    assert_eq!(store.place(), Some(REGION));
    assert!(place.door.seen().is_empty());
    let of_variables =
        Settings { region: None, ..settings("http://127.0.0.1:1", REGION, &[("AWS_REGION", "us-east-2")]) };
    assert_eq!(SecretsManager::open(of_variables).place(), Some("us-east-2"));
}

#[tokio::test]
async fn a_read_is_one_request() {
    let place = Place::new().await;
    let store = place.store();
    promoted(&store, "a", "one", None).await;
    let before = place.door.seen().len();
    store.read(&named("a"), Stage::Current).await.unwrap();
    assert_eq!(place.operations()[before..], ["GetSecretValue"]);
}

#[tokio::test]
async fn connecting_asks_for_an_identity_and_for_no_secret() {
    let place = Place::new().await;
    place.store().connect().await.unwrap();
    assert!(place.door.seen().is_empty(), "keys in variables are there already");
    let nobody = settings(&place.door.url(), REGION, &[("AWS_SECRET_ACCESS_KEY", "")]);
    let fault = SecretsManager::open(nobody).connect().await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing, "{fault}");
}

#[tokio::test]
async fn extra_roots_are_trusted_and_nobody_else_s() {
    let aws = std::sync::Arc::new(hallpass_cloud_emulator::aws::Aws::new());
    let authority = Authority::new();
    let door = StandIn::start(aws.endpoint(REGION), Some(&authority)).await.unwrap();
    let plain = settings(&door.url(), REGION, &[]);
    let trusting = Settings { extra_roots: Some(authority.pem().into()), ..plain.clone() };
    let store = SecretsManager::open(trusting);
    promoted(&store, "a", "one", None).await;
    assert!(store.read(&named("a"), Stage::Current).await.is_ok());
    let refused = SecretsManager::open(plain).read(&named("a"), Stage::Current).await.unwrap_err();
    assert_eq!(refused.code(), FaultCode::StoreUnreachable);
    assert!(refused.detail().contains("TLS"), "{refused}");
}

#[tokio::test]
async fn settings_that_cannot_work_say_so_at_the_first_read() {
    let fine = settings("http://127.0.0.1:1", REGION, &[]);
    let table = [
        (Settings { extra_roots: Some("canary".into()), ..fine.clone() }, "extra roots"),
        (Settings { endpoint: Some("http://example.com".into()), ..fine.clone() }, "endpoint"),
        (Settings { endpoint: Some("canary".into()), ..fine.clone() }, "endpoint"),
        (Settings { region: None, ..fine.clone() }, "no region"),
    ];
    for (settings, said) in table {
        let fault = SecretsManager::open(settings).read(&named("a"), Stage::Current).await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::ConfigurationInvalid, "{fault}");
        assert!(fault.detail().contains(said), "{fault}");
        assert!(!shown(&fault).contains("canary"));
    }
}

#[tokio::test]
async fn nobody_to_sign_as_is_a_fault_of_the_machine_and_nothing_is_sent() {
    let place = Place::new().await;
    let nobody = Settings {
        variables: std::sync::Arc::new(|_| None),
        identity: Identity::VariablesOnly,
        ..place.settings()
    };
    let fault = SecretsManager::open(nobody).read(&named("a"), Stage::Current).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing, "{fault}");
    assert!(fault.detail().contains("no credentials") && fault.hint().contains("role"), "{fault}");
    assert!(place.door.seen().is_empty());
}

#[test]
fn nothing_of_a_key_is_printed() {
    let store = SecretsManager::open(settings("http://127.0.0.1:1", REGION, &[]));
    let text = format!("{store:?} {:?}", Settings::new(variables(&[])));
    assert!(!text.contains("canary"), "{text}");
}
