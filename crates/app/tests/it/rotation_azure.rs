//! Rotation of a secret in a Key Vault, which cannot compare: the document rests in a key of App Configuration.

use hallpass_app::lifecycle::{Order, Stop, WallTime};
use hallpass_app::{Fault, FaultCode};
use hallpass_cloud_emulator::azure::{Azure, CONFIG_READ, CONFIG_WRITE, Denial};
use hallpass_core::Clock as _;

use crate::rotation_stage::{DAY, NAME, Place, Shape, Stage, document};
use crate::rotation_whole::rotate_once;

const KEY: &str = "rotation/queue-sync";

fn azure(stage: &Stage) -> &Azure {
    stage.azure.as_ref().unwrap()
}

/// The document, and nothing else that rotations keep: beside the secret the vault holds its PENDING values and no more.
fn apart(stage: &Stage, secrets: &[&str]) {
    let told = azure(stage).world.key_value(KEY, Some("test")).unwrap();
    assert!(told.contains("\"last\"") && !told.contains("planted"), "{told}");
    assert!(secrets.iter().all(|secret| !told.contains(secret)), "a secret stands in the document");
    let entries = azure(stage).vault.seen().into_iter().map(|seen| seen.path);
    assert!(entries.into_iter().all(|path| !path.contains("rotation")), "nothing of it is in the vault");
}

async fn whole(shape: Shape, deletions: usize, times: usize) {
    let mut stage = Stage::set(shape, Place::Azure).await;
    for _ in 0..times {
        let began = stage.time.now().wall;
        rotate_once(&mut stage, deletions).await;
        let (_, secret) = stage.current().await;
        apart(&stage, &[&secret]);
        assert_eq!(
            azure(&stage).world.enabled_holding(&secret),
            0,
            "a value is JSON, and not the bare secret"
        );
        let expires = azure(&stage).world.expiry(NAME).unwrap();
        let (period, early) = (90 * DAY, 30 * DAY);
        // Promoted within the first hours of a rotation that began when the secret was due.
        let promoted = expires - (period + early).as_secs();
        assert!(promoted >= (began + period).as_secs() && promoted < (began + period + 2 * DAY).as_secs());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_two_clients_take_turns_in_a_key_vault() {
    whole(Shape::Clients, 0, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_access_keys_overlap_in_a_key_vault() {
    whole(Shape::Keys, 1, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_an_application_is_followed_by_its_successors_in_a_key_vault() {
    whole(Shape::Applications, 1, 1).await;
}

async fn due() -> Stage {
    let mut stage = Stage::set(Shape::Clients, Place::Azure).await;
    stage.advance(90 * DAY);
    stage
}

fn fault(stage: &Stage, stop: &Stop) -> Fault {
    stop.fault(NAME, WallTime::at(stage.time.now().wall)).unwrap_or_else(|| panic!("{stop:?}"))
}

async fn unharmed(stage: &Stage) {
    assert_eq!(stage.made_and_deleted(), (0, 0));
    assert_eq!(stage.current().await, ("client-a".to_owned(), "planted-a".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_document_it_is_refused_and_so_is_one_where_none_is_needed() {
    let mut stage = due().await;
    let line = format!("document = \"{}\"", document(azure(&stage)));
    stage.reconfigure(&line, "");
    let refused = fault(&stage, &stage.run(Order::Due).await);
    assert_eq!(refused.code(), FaultCode::RotationRefused);
    assert!(refused.detail().contains("`azure-kv:` store has no compare-and-set"), "{refused}");
    assert!(refused.hint().contains("document = \"azure-appconfig:https://"), "{}", refused.hint());
    let app = stage.app().await;
    let rotation = stage.rotation(&app).unwrap();
    assert_eq!(rotation.planned().await.unwrap_err().code(), FaultCode::RotationRefused);
    assert_eq!(rotation.hold("x").await.unwrap_err().code(), FaultCode::RotationRefused);
    unharmed(&stage).await;
    assert_eq!(azure(&stage).world.key_value(KEY, Some("test")), None);

    let more = format!("document = \"{}\"", document(azure(&stage)));
    let local = Stage::with(Shape::Clients, Place::Local, &more, None).await;
    let refused = fault(&local, &local.run(Order::Run).await);
    assert_eq!(refused.code(), FaultCode::RotationRefused);
    assert!(refused.hint().contains("remove `document`"), "{}", refused.hint());
    unharmed(&local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_had_stops_it_before_anything_is_made() {
    type Arrange = fn(&Azure);
    let rows: [(&str, Arrange, FaultCode, &str); 4] = [
        (
            "no role to read",
            |it| it.world.deny(CONFIG_READ, Denial::Rbac),
            FaultCode::StoreDenied,
            CONFIG_READ,
        ),
        (
            "no role to write",
            |it| it.world.deny(CONFIG_WRITE, Denial::Rbac),
            FaultCode::StoreDenied,
            CONFIG_WRITE,
        ),
        (
            "somebody else's key",
            |it| it.world.write_key_value(KEY, Some("test"), "{\"colour\":\"blue\"}", None),
            FaultCode::StoreCorrupted,
            "not a rotation's document",
        ),
        (
            "a locked key",
            |it| {
                let held =
                    hallpass_app::lifecycle::Document::new(NAME.parse().unwrap(), "test".parse().unwrap());
                let text = held.stored().expose_str().unwrap().to_owned();
                it.world.write_key_value(KEY, Some("test"), &text, None);
                it.world.lock_key_value(KEY, Some("test"), true);
            },
            FaultCode::StoreUnwritable,
            "locked",
        ),
    ];
    for (what, arrange, code, says) in rows {
        let stage = due().await;
        arrange(azure(&stage));
        let fault = fault(&stage, &stage.run(Order::Due).await);
        assert_eq!(fault.code(), code, "{what}: {fault}");
        assert!(fault.detail().contains(says), "{what}: {fault}");
        azure(&stage).world.allow_all();
        unharmed(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_machine_is_told_who_has_the_lease() {
    let stage = due().await;
    let app = stage.app().await;
    let rotation = stage.rotation(&app).unwrap();
    rotation.hold("first").await.unwrap();
    let held = fault(&stage, &stage.run(Order::Due).await);
    assert_eq!((held.code(), held.detail()), (FaultCode::RotationHeld, "first"));
    rotation.release().await.unwrap();
    // Both run at once: each replaces the document by its entity tag, so one of them is told.
    let (one, two) = tokio::join!(stage.run(Order::Due), stage.run(Order::Due));
    let told = [&one, &two].into_iter().filter(|stop| match stop {
        Stop::LeaseHeld(..) => true,
        Stop::Failed(trouble) => trouble.code == "version-conflict",
        _ => false,
    });
    let went_on = [&one, &two].into_iter().filter(|stop| matches!(stop, Stop::Waiting(..))).count();
    assert_eq!((told.count(), went_on), (1, 1), "{one:?} {two:?}");
    assert_eq!(stage.made_and_deleted().0, 1, "one secret was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_somebody_stores_during_the_promotion_is_not_retired_but_told() {
    let stage = due().await;
    let value = r#"{"client_id":"client-a","client_secret":"planted-a","environment":"test","serial":9}"#;
    azure(&stage).world.follow(NAME, value);
    let stop = stage.run(Order::Due).await;
    let Stop::Stuck(stuck) = &stop else { panic!("{stop:?}") };
    assert_eq!(stuck.cause, hallpass_app::lifecycle::Cause::StoreChanged);
    assert_eq!(stage.current().await.1, "planted-a", "theirs is current");
    assert_eq!(stage.made_and_deleted(), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_grant_names_the_document() {
    let mut named = Stage::set(Shape::Clients, Place::Azure).await;
    let config = azure(&named).config.url();
    named.reconfigure(&config, "https://acme-config.azconfig.io");
    let vault = azure(&named).vault.url();
    named.reconfigure(&vault, "https://acme-kv.vault.azure.net");
    let app = named.app().await;
    let reading = app.grants(Some(NAME), false).unwrap();
    assert_eq!(reading.len(), 1, "whoever only reads needs nothing of the document");
    let writing = app.grants(Some(NAME), true).unwrap();
    let [secret, document] = &writing[..] else { panic!("{writing:?}") };
    assert!(secret.policy.contains("/secrets/queue-sync-pending\""), "{}", secret.policy);
    assert!(
        document
            .reference
            .starts_with("azure-appconfig:https://acme-config.azconfig.io/kv/rotation/queue-sync")
    );
    assert!(
        document.policy.contains("App Configuration Data Owner")
            && document.policy.contains("--name acme-config ")
    );
}
