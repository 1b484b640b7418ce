//! The administration of CXone's access keys and applications against the emulator, over real sockets and through an integration's client.

use std::sync::Arc;
use std::time::Duration;

use crate::administrator::{START, administrator, code, emulator};
use crate::scripted::settings;
use hallpass_core::policy::Rule;
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Generated, LastUsed, SecretAdmin as _, SlotId};
use hallpass_emulator::{Act, CxoneSettings, Emulator, KeyWrapper, Misbehaviour, NewAccessKey, Settings};
use hallpass_platforms::{
    CxoneApplicationAdmin, CxoneApplicationSettings, CxoneKeyAdmin, CxoneKeySettings, IntegrationCalls,
    PlatformSettings, cxone_application_rules, cxone_key_rules,
};
use serde_json::json;

/// A user `u` with one key `OLD====`, its application `queue-sync`, and who administers them.
struct Scene {
    emulator: Emulator,
    keys: CxoneKeyAdmin,
    applications: CxoneApplicationAdmin,
}

impl Scene {
    async fn with(cxone: CxoneSettings, permissions: Option<&[&str]>) -> Self {
        let cxone = CxoneSettings { separate_userhub: true, ..cxone };
        let base_path = cxone.applications_path.clone();
        let emulator = emulator(Settings { cxone, ..Settings::default() }).await;
        let mut rotator =
            NewAccessKey::named("rotator").id("ROTATOR====").secret("rotator-secret").user("admin");
        if let Some(permissions) = permissions {
            rotator = rotator.permissions(permissions.iter().copied());
        }
        emulator.world().add_access_key(rotator);
        let key = NewAccessKey::named("queue-sync").id("OLD====").secret("old-secret").user("u");
        emulator.world().add_access_key(key.application("app", "app-secret"));
        let time = ManualTime::starting_at(Duration::from_secs(START));
        let mut rules = cxone_key_rules().unwrap();
        rules.extend(cxone_application_rules(&base_path).unwrap());
        let calls = Arc::new(calls(&emulator, &rules, &time));
        let settings = CxoneKeySettings {
            user_id: "u".into(),
            tenant_id: Some(emulator.world().cxone_tenant_id()),
            max_keys: CxoneKeySettings::MOST_KEYS,
        };
        let keys = CxoneKeyAdmin::new(Arc::clone(&calls) as _, Arc::new(time.clone()), settings).unwrap();
        let settings = CxoneApplicationSettings { base_path, name: "queue-sync".into() };
        let applications = CxoneApplicationAdmin::new(calls, Arc::new(time), settings).unwrap();
        Self { emulator, keys, applications }
    }

    async fn new() -> Self {
        Self::with(CxoneSettings::default(), None).await
    }

    fn is_live(&self, made: &Generated) -> bool {
        let name =
            if made.members.contains_key("client_secret") { "client_secret" } else { "access_key_secret" };
        self.emulator.world().is_live(made.slot.as_str(), made.members[name].expose_str().unwrap())
    }

    fn misbehave(&self, method: &str, act: Act) {
        self.emulator.world().misbehave(Misbehaviour::on_api(act).method(method));
    }
}

fn calls(emulator: &Emulator, rules: &[Rule], time: &ManualTime) -> IntegrationCalls {
    let login = format!("{}/authentication/v1/token/access-key", emulator.cxone_userhub_url());
    let settings = PlatformSettings {
        token_url: Some(login.parse().unwrap()),
        api_url: Some(emulator.cxone_userhub_url().parse().unwrap()),
        ..settings("cxone", "userhub")
    };
    let members = json!({ "access_key_id": "ROTATOR====", "access_key_secret": "rotator-secret" });
    administrator(&settings, &members, &emulator.cxone_userhub_url(), rules, time)
}

fn slot(id: &str) -> SlotId {
    SlotId::new(id)
}

#[tokio::test]
async fn a_second_key_overlaps_the_first_and_takes_its_place() {
    for key_wrapper in [KeyWrapper::ResultSet, KeyWrapper::AccessKey] {
        let cxone = CxoneSettings { key_wrapper, keys_per_page: 1, ..CxoneSettings::default() };
        let scene = Scene::with(cxone, None).await;
        let (world, keys, old) = (scene.emulator.world(), &scene.keys, slot("OLD===="));
        let slots = keys.list().await.unwrap();
        assert_eq!((slots.len(), &slots[0].id, slots[0].last_used), (1, &old, LastUsed::Never));

        let made = keys.generate(None).await.unwrap();
        assert!(scene.is_live(&made) && world.is_live("OLD====", "old-secret"));
        assert_eq!(made.members["access_key_id"].expose_str(), Some(made.slot.as_str()));
        let slots = keys.list().await.unwrap();
        assert_eq!(slots.iter().filter(|slot| slot.active).count(), 2);
        assert_eq!(keys.rights(&made.slot).await.unwrap(), keys.rights(&old).await.unwrap());
        let full = keys.generate(None).await.unwrap_err();
        assert_eq!(code(&full), "slots-full");
        assert!(full.detail().contains("`OLD====` (active)"), "{full}");

        for _ in 0..2 {
            keys.set_active(&old, false).await.unwrap();
            assert!(!world.is_live("OLD====", "old-secret"));
        }
        keys.set_active(&old, true).await.unwrap();
        assert!(world.is_live("OLD====", "old-secret"));
        for _ in 0..2 {
            keys.delete(&old).await.unwrap();
        }
        let left: Vec<_> = keys.list().await.unwrap().into_iter().map(|slot| slot.id).collect();
        assert_eq!(left, std::slice::from_ref(&made.slot));
        assert_eq!(world.witness().totals.secrets_made, 1);
    }
}

#[tokio::test]
async fn the_platforms_own_limit_is_read_from_its_refusal() {
    let scene = Scene::with(CxoneSettings { most_keys: Some(1), ..CxoneSettings::default() }, None).await;
    let full = scene.keys.generate(None).await.unwrap_err();
    assert_eq!((code(&full), full.detail().contains("`OLD====`")), ("slots-full", true));
}

#[tokio::test]
async fn a_lost_reply_leaves_a_key_that_the_list_shows_and_that_can_be_deleted() {
    for act in [Act::ResetAfterEffect, Act::TruncateBody { keep: Some(20) }] {
        let scene = Scene::new().await;
        scene.misbehave("POST", act);
        let fault = scene.keys.generate(None).await.unwrap_err();
        assert_eq!(code(&fault), "upstream-answer-bad");
        assert_eq!(scene.emulator.world().witness().totals.secrets_made, 1);
        let slots = scene.keys.list().await.unwrap();
        let orphan = slots.iter().find(|known| known.id != slot("OLD====")).unwrap();
        assert_eq!((slots.len(), orphan.last_used), (2, LastUsed::Never));
        scene.keys.delete(&orphan.id).await.unwrap();
        assert!(scene.is_live(&scene.keys.generate(None).await.unwrap()));
    }
}

#[tokio::test]
async fn a_missing_permission_is_named_in_the_products_words() {
    let cases: [(&[&str], &str); 4] = [
        (&[], "View"),
        (&["Access Key: View"], "Create"),
        (&["Access Key: View", "Access Key: Create"], "Edit"),
        (&["Access Key: View", "Access Key: Edit"], "Delete"),
    ];
    for (held, missing) in cases {
        let scene = Scene::with(CxoneSettings::default(), Some(held)).await;
        let (keys, old) = (&scene.keys, slot("OLD===="));
        let fault = match missing {
            "View" => keys.list().await.map(drop),
            "Create" => keys.generate(None).await.map(drop),
            "Edit" => keys.set_active(&old, false).await,
            _ => keys.delete(&old).await,
        };
        let fault = fault.unwrap_err();
        assert_eq!(code(&fault), "admin-denied");
        assert!(fault.detail().contains(&format!("`Access Key: {missing}`")), "{fault}");
        let last = scene.emulator.world().witness().log.last().unwrap().correlation_id.clone();
        assert!(fault.detail().contains(&last), "{fault}");
        assert!(scene.emulator.world().is_live("OLD====", "old-secret"));
    }
}

#[tokio::test]
async fn every_answer_that_is_no_success_has_its_fault() {
    let scene = Scene::with(CxoneSettings { retry_after: true, ..CxoneSettings::default() }, None).await;
    assert_eq!(code(&scene.keys.set_active(&slot("NONE===="), true).await.unwrap_err()), "slot-unknown");
    let cases = [
        (Act::fail(400), "upstream-refused"),
        (Act::fail(404), "slot-unknown"),
        (Act::fail(500), "upstream-answer-bad"),
        (Act::fail(504), "upstream-timeout"),
        (Act::ResetBeforeEffect, "upstream-answer-bad"),
        // The last: it holds later calls back, and nobody moves the clock.
        (Act::Throttle { retry_after: 7 }, "upstream-throttled"),
    ];
    for (act, wanted) in cases {
        scene.misbehave("PATCH", act.clone());
        let fault = scene.keys.set_active(&slot("OLD===="), false).await.unwrap_err();
        assert_eq!(code(&fault), wanted, "{act:?}");
        let after = matches!(act, Act::Throttle { .. }).then_some(Duration::from_secs(7));
        assert_eq!(fault.retry_after(), after);
    }
    assert!(scene.emulator.world().is_live("OLD====", "old-secret"));
}

#[tokio::test]
async fn keys_of_another_user_are_neither_listed_nor_deleted() {
    let scene = Scene::new().await;
    let other = slot("ROTATOR====");
    assert!(scene.keys.list().await.unwrap().iter().all(|known| known.id != other));
    assert_eq!(code(&scene.keys.delete(&other).await.unwrap_err()), "slot-unknown");
    assert_eq!(code(&scene.keys.set_active(&other, false).await.unwrap_err()), "slot-unknown");
    assert_eq!(code(&scene.keys.rights(&other).await.unwrap_err()), "slot-unknown");
    assert!(scene.emulator.world().is_live("ROTATOR====", "rotator-secret"));
}

#[tokio::test]
async fn an_application_is_replaced_by_its_twin() {
    let scene = Scene::new().await;
    let (world, applications, old) = (scene.emulator.world(), &scene.applications, slot("app"));
    assert_eq!(applications.list().await.unwrap().len(), 1);
    let made = applications.generate(None).await.unwrap();
    assert!(scene.is_live(&made) && world.is_live("app", "app-secret"));
    assert_eq!(applications.rights(&made.slot).await.unwrap(), applications.rights(&old).await.unwrap());
    assert_eq!(applications.list().await.unwrap().len(), 2);

    for (active, times) in [(false, 2), (true, 2)] {
        for _ in 0..times {
            applications.set_active(&old, active).await.unwrap();
        }
        assert_eq!(world.is_live("app", "app-secret"), active);
    }
    for _ in 0..2 {
        applications.delete(&old).await.unwrap();
        assert!(!world.is_live("app", "app-secret"));
    }
    let left: Vec<_> = applications.list().await.unwrap().into_iter().map(|slot| slot.id).collect();
    assert_eq!(left, std::slice::from_ref(&made.slot));
    let next = applications.generate(None).await.unwrap();
    assert!(scene.is_live(&next) && scene.is_live(&made));
    world.advance(Duration::from_secs(604_800));
    assert_eq!(code(&applications.rights(&old).await.unwrap_err()), "slot-unknown");
    applications.delete(&old).await.unwrap();
}

#[tokio::test]
async fn a_lost_reply_leaves_an_application_that_the_list_shows() {
    let scene = Scene::new().await;
    scene.misbehave("POST", Act::ResetAfterEffect);
    assert_eq!(code(&scene.applications.generate(None).await.unwrap_err()), "upstream-answer-bad");
    let slots = scene.applications.list().await.unwrap();
    let orphan = slots.iter().find(|known| known.id != slot("app")).unwrap();
    scene.applications.delete(&orphan.id).await.unwrap();
    assert_eq!(scene.applications.list().await.unwrap().len(), 1);
    assert_eq!(scene.emulator.world().witness().totals.secrets_made, 1);
}

#[tokio::test]
async fn applications_of_others_and_denied_ones_are_left_alone() {
    let scene = Scene::with(CxoneSettings::default(), Some(&["Application Registration: View"])).await;
    let denied = scene.applications.generate(None).await.unwrap_err();
    assert_eq!(code(&denied), "admin-denied");
    let world = scene.emulator.world();
    let other = world.add_access_key(NewAccessKey::named("other").application("other-app", "s"));
    let fault = scene.applications.delete(&slot(&other.client_id)).await.unwrap_err();
    assert_eq!(code(&fault), "slot-unknown");
    assert!(world.is_live("other-app", "s"));
}
