//! A rotation's document in a key of App Configuration.

use std::sync::Arc;

use hallpass_cloud_emulator::azure::{CONFIG_READ, CONFIG_WRITE, Denial, KEY_VAULT_REFERENCE};
use hallpass_cloud_emulator::{Behaviour, Reply};
use hallpass_clouds::azure::MOST_DOCUMENT_BYTES;
use hallpass_core::test_support::document_contract;
use hallpass_core::{DocumentStore, FaultCode, Secret, Version};

use super::{Scene, shown};

const KEY: &str = "rotation/queue sync:%+&?#\u{1f511}";

#[tokio::test]
async fn a_key_keeps_the_promises_of_a_document() {
    for label in [None, Some("eu west&1")] {
        let scene = Scene::start().await;
        document_contract::replaceable(async || {
            scene.azure.world.forget_key_values();
            Arc::new(scene.document(KEY, label)) as Arc<dyn DocumentStore>
        })
        .await;
        assert!(scene.azure.world.key_value(KEY, label).is_some());
    }
}

#[tokio::test]
async fn of_many_who_replace_at_once_one_does() {
    let scene = Arc::new(Scene::start().await);
    for round in 0..5 {
        let expected = scene.document(KEY, None).read().await.unwrap().map(|stored| stored.version);
        let tries: Vec<_> = (0..8)
            .map(|nth| {
                let (scene, expected) = (Arc::clone(&scene), expected.clone());
                tokio::spawn(async move {
                    let value = Secret::from(format!("{round} {nth}"));
                    scene.document(KEY, None).replace(value, expected.as_ref()).await
                })
            })
            .collect();
        let mut replaced = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(_) => replaced += 1,
                Err(fault) => assert_eq!(fault.code(), FaultCode::VersionConflict, "{fault}"),
            }
        }
        assert_eq!(replaced, 1);
    }
}

#[tokio::test]
async fn labels_are_places_of_their_own() {
    let scene = Scene::start().await;
    let (plain, labelled) = (scene.document(KEY, None), scene.document(KEY, Some("eu")));
    let version = plain.replace(Secret::from("plain"), None).await.unwrap();
    assert!(labelled.read().await.unwrap().is_none());
    let fault = labelled.replace(Secret::from("x"), Some(&version)).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::VersionConflict, "the tag of another label is nobody's");
    labelled.replace(Secret::from("labelled"), None).await.unwrap();
    assert!(plain.read().await.unwrap().unwrap().value == Secret::from("plain"));
}

#[tokio::test]
async fn a_look_sees_what_was_written_before_it_although_replicas_are_behind() {
    let scene = Scene::start().await;
    let document = scene.document(KEY, None);
    let one = document.replace(Secret::from("one"), None).await.unwrap();
    let two = document.replace(Secret::from("two"), Some(&one)).await.unwrap();
    scene.azure.world.lag_key_values(1);
    assert_eq!(document.read().await.unwrap().unwrap().version, two);
    // Whoever did not write it may be behind. What it wrote on the strength of that would be a conflict.
    let stranger = scene.document(KEY, None);
    let behind = stranger.read().await.unwrap().unwrap().version;
    assert_eq!(behind, one);
    let late = stranger.replace(Secret::from("late"), Some(&behind)).await.unwrap_err();
    assert_eq!(late.code(), FaultCode::VersionConflict);
    assert_eq!(stranger.read().await.unwrap().unwrap().version, two);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_made_twice() {
    let scene = Scene::start().await;
    let document = scene.document(KEY, None);
    let one = document.replace(Secret::from("one"), None).await.unwrap();
    for lost in [Behaviour::Reset, Behaviour::Answer(Reply::bytes(503, ""))] {
        let before = scene.azure.config.seen().len();
        scene.azure.config.next(lost);
        assert!(document.replace(Secret::from("two"), Some(&one)).await.is_err());
        assert_eq!(scene.azure.config.seen().len(), before + 1, "asked once");
    }
    // Nobody knows what became of it, so whoever wants to know reads; and it can be tried again.
    assert!(document.read().await.unwrap().unwrap().value == Secret::from("one"));
    document.replace(Secret::from("two"), Some(&one)).await.unwrap();
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_with_what_to_do() {
    type Arrange = fn(&Scene);
    let rows: [(&str, Arrange, FaultCode, &[&str]); 5] = [
        (
            "no role",
            |it| it.azure.world.deny(CONFIG_WRITE, Denial::Rbac),
            FaultCode::StoreDenied,
            &[CONFIG_WRITE],
        ),
        (
            "a locked key",
            |it| it.azure.world.lock_key_value("k", None, true),
            FaultCode::StoreUnwritable,
            &["locked", "az appconfig kv unlock --key k"],
        ),
        ("too many requests", |it| it.azure.world.throttle(1, 7), FaultCode::StoreThrottled, &["429"]),
        (
            "an answer without a tag",
            |it| it.azure.config.next(Behaviour::Answer(Reply::bytes(200, "{\"value\":\"canary\"}"))),
            FaultCode::StoreAnswerBad,
            &["documented form"],
        ),
        (
            "no JSON",
            |it| it.azure.config.next(Behaviour::Answer(Reply::bytes(200, "canary"))),
            FaultCode::StoreAnswerBad,
            &["documented form"],
        ),
    ];
    for (what, arrange, code, parts) in rows {
        let scene = Scene::start().await;
        let document = scene.document("k", None);
        let version = document.replace(Secret::from("{}"), None).await.unwrap();
        arrange(&scene);
        let fault = document.replace(Secret::from("canary"), Some(&version)).await.unwrap_err();
        assert_eq!(fault.code(), code, "{what}: {fault}");
        let text = shown(&fault);
        assert!(parts.iter().all(|part| text.contains(part)), "{what}: {text}");
        assert!(!text.contains("canary"), "{what}: {text}");
    }
}

#[tokio::test]
async fn what_is_no_document_is_not_read_as_one_and_what_is_too_long_is_not_sent() {
    let scene = Scene::start().await;
    let world = &scene.azure.world;
    world.write_key_value(
        "k",
        None,
        "{\"uri\":\"https://v.vault.azure.net/secrets/a\"}",
        Some(KEY_VAULT_REFERENCE),
    );
    let fault = scene.document("k", None).read().await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::ReferenceMalformed);
    assert!(scene.azure.vault.seen().is_empty(), "the reference is not followed");

    let fits = scene.document("fits", None);
    let version = fits.replace(Secret::new(vec![b'x'; MOST_DOCUMENT_BYTES]), None).await.unwrap();
    let before = scene.azure.config.seen().len();
    for value in [vec![b'x'; MOST_DOCUMENT_BYTES + 1], vec![0xff]] {
        let fault = fits.replace(Secret::new(value), Some(&version)).await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreUnwritable, "{fault}");
    }
    assert_eq!(scene.azure.config.seen().len(), before);

    world.deny(CONFIG_READ, Denial::Rbac);
    let fault = fits.read().await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreDenied, "what may not be read is not taken for empty");
    let late = fits.replace(Secret::from("x"), Some(&Version::new("0"))).await.unwrap_err();
    assert_eq!(late.code(), FaultCode::VersionConflict);
}
