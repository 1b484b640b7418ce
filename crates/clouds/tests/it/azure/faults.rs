//! Every way in which a vault or a store of key-values can fail us, as one table: code, request id, hint, and nothing secret.

use std::time::Duration;

use hallpass_cloud_emulator::azure::{CONFIG_READ, Denial, GET, LIST};
use hallpass_cloud_emulator::{Behaviour, Reply};
use hallpass_clouds::azure::{KeyVault, Settings};
use hallpass_core::{Fault, FaultCode, Secret, Stage, Store};

use super::{Scene, at, named, promoted, shown};

/// A secret that must not be seen anywhere.
const VALUE: &str = "canary-value";

/// What is wrong, the fault it must be, and what its text must say.
type Row = (&'static str, fn(&Scene), FaultCode, &'static [&'static str]);

#[tokio::test]
async fn every_answer_of_a_vault_is_a_fault_with_its_request_id_and_a_hint() {
    let table: [Row; 9] = [
        (
            "no role",
            |it| it.azure.world.deny(GET, Denial::Rbac),
            FaultCode::StoreDenied,
            &[GET, "ForbiddenByRbac", "grant"],
        ),
        (
            "no access policy",
            |it| it.azure.world.deny(GET, Denial::Policy),
            FaultCode::StoreDenied,
            &[GET, "ForbiddenByPolicy", "secrets get"],
        ),
        (
            "not from here",
            |it| it.azure.world.deny(GET, Denial::Firewall),
            FaultCode::StoreDenied,
            &["ForbiddenByFirewall", "let this network in"],
        ),
        (
            "too often",
            |it| it.azure.world.throttle(9, 7),
            FaultCode::StoreThrottled,
            &["Throttled", "status 429"],
        ),
        (
            "disabled",
            |it| it.azure.world.disable("a"),
            FaultCode::StoreVersionUnusable,
            &["SecretDisabled", "--enabled true"],
        ),
        (
            "deleted",
            |it| it.azure.world.delete("a"),
            FaultCode::EntryNotFound,
            &["SecretNotFound", "az keyvault secret recover --name a"],
        ),
        (
            "no such thing",
            |it| it.azure.world.purge("a"),
            FaultCode::EntryNotFound,
            &["SecretNotFound", "hallpass secret put"],
        ),
        (
            "a wrong audience",
            |it| it.azure.world.misdirect_tokens(),
            FaultCode::CloudIdentityMissing,
            &["Unauthorized", "clock"],
        ),
        (
            "no role to list",
            |it| {
                it.azure.world.deny(GET, Denial::Rbac);
                it.azure.world.deny(LIST, Denial::Rbac);
            },
            FaultCode::StoreDenied,
            &[GET],
        ),
    ];
    for (what, arrange, code, parts) in table {
        let scene = Scene::start().await;
        let store = scene.vault();
        promoted(&store, "a", VALUE, None).await;
        arrange(&scene);
        let fault = store.read(&named("a"), Stage::Current).await.expect_err(what);
        let id = scene.azure.world.last_request_id();
        judge(what, &fault, code, &[parts, &[&*id]].concat());
        assert_eq!(fault.retry_after().is_some(), code == FaultCode::StoreThrottled, "{what}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_fault_too() {
    let rows: [(&str, Behaviour, FaultCode, &[&str]); 8] = [
        ("garbage", Behaviour::Garbage, FaultCode::StoreAnswerBad, &["not HTTP"]),
        ("a reset", Behaviour::Reset, FaultCode::StoreAnswerBad, &["broke off"]),
        ("silence", Behaviour::Hang, FaultCode::StoreUnreachable, &["no answer within 500 ms"]),
        (
            "an error of theirs",
            answer(500, "{\"error\":{\"code\":\"InternalError\",\"message\":\"canary\"}}"),
            FaultCode::StoreAnswerBad,
            &["status 500", "InternalError"],
        ),
        ("an outage", answer(503, "canary"), FaultCode::StoreUnreachable, &["status 503"]),
        (
            "a success without a value",
            answer(200, "{\"id\":\"https://v/secrets/a/0\"}"),
            FaultCode::StoreAnswerBad,
            &["documented form"],
        ),
        ("a success that is no JSON", answer(200, "canary"), FaultCode::StoreAnswerBad, &["documented form"]),
        (
            "a code that is no code",
            answer(418, "{\"error\":{\"code\":\"canary value!\"}}"),
            FaultCode::StoreAnswerBad,
            &["status 418"],
        ),
    ];
    for (what, behaviour, code, parts) in rows {
        let scene = Scene::start().await;
        promoted(&scene.vault(), "a", VALUE, None).await;
        let store = if what == "silence" { impatient(&scene) } else { scene.vault() };
        scene.azure.vault.always(Some(behaviour));
        let fault = store.read(&named("a"), Stage::Current).await.expect_err(what);
        judge(what, &fault, code, parts);
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_says_what_of_it_failed() {
    let scene = Scene::start().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("https://{}", listener.local_addr().unwrap())
    };
    let nobody = KeyVault::open(&scene.settings(&closed, &[])).unwrap();
    let fault = nobody.read(&named("a"), Stage::Current).await.unwrap_err();
    judge("a closed port", &fault, FaultCode::StoreUnreachable, &["no connection: the port is closed"]);

    let mut settings = scene.settings(&scene.azure.vault.url(), &[]);
    settings.extra_roots = None;
    let fault = KeyVault::open(&settings).unwrap().read(&named("a"), Stage::Current).await.unwrap_err();
    judge("an unknown authority", &fault, FaultCode::StoreUnreachable, &["no connection: TLS"]);
    assert_eq!(scene.azure.vault.seen(), [], "nothing was said to a server that nobody vouches for");

    settings.extra_roots = Some("canary".to_owned());
    let fault = KeyVault::open(&settings).unwrap().read(&named("a"), Stage::Current).await.unwrap_err();
    judge("authorities that are none", &fault, FaultCode::ConfigurationInvalid, &[]);
}

#[tokio::test]
async fn a_pooled_connection_that_had_closed_costs_one_more_try_and_no_fault() {
    let scene = Scene::start().await;
    let store = scene.vault();
    promoted(&store, "a", "one", None).await;
    scene.azure.vault.next(Behaviour::Reset);
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("one"));
    scene.azure.vault.next(Behaviour::Reset);
    scene.azure.vault.next(Behaviour::Reset);
    assert!(store.read(&named("a"), Stage::Current).await.is_err(), "one more, not many");
}

#[tokio::test]
async fn a_deleted_name_is_taken_and_the_fault_says_how_to_get_it_back() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", VALUE, None).await;
    store.put_pending(&named("a"), Secret::from(VALUE)).await.unwrap();
    scene.azure.world.delete("a-pending");
    let fault = store.put_pending(&named("a"), Secret::from(VALUE)).await.unwrap_err();
    let parts = ["ObjectIsDeletedButRecoverable", "az keyvault secret recover --name a-pending"];
    judge("deleted", &fault, FaultCode::StoreVersionUnusable, &parts);
    assert_eq!(store.describe(&named("a")).await.unwrap().current, Some(one));
}

#[tokio::test]
async fn a_reader_who_may_not_see_the_pending_secret_is_told_of_none() {
    let scene = Scene::start().await;
    let store = scene.vault();
    let one = promoted(&store, "a", "one", None).await;
    store.put_pending(&named("a"), Secret::from("two")).await.unwrap();
    let denied = Reply::json(
        403,
        &serde_json::json!({ "error": { "code": "Forbidden", "innererror": { "code": "ForbiddenByRbac" } } }),
    );
    scene.azure.vault.next(Behaviour::Truth);
    scene.azure.vault.next(Behaviour::Answer(denied));
    let info = store.describe(&named("a")).await.unwrap();
    assert_eq!((info.current, info.pending), (Some(one), None));
}

#[tokio::test]
async fn app_configuration_has_the_same_faults() {
    let rows: [Row; 5] = [
        (
            "no role",
            |it| it.azure.world.deny(CONFIG_READ, Denial::Rbac),
            FaultCode::StoreDenied,
            &[CONFIG_READ],
        ),
        ("too often", |it| it.azure.world.throttle(9, 7), FaultCode::StoreThrottled, &["status 429"]),
        (
            "another label",
            |it| it.azure.world.forget_key_values(),
            FaultCode::EntryNotFound,
            &["check the label"],
        ),
        (
            "a wrong audience",
            |it| it.azure.world.misdirect_tokens(),
            FaultCode::CloudIdentityMissing,
            &["status 401"],
        ),
        (
            "an outage",
            |it| it.azure.config.always(Some(answer(502, "canary"))),
            FaultCode::StoreUnreachable,
            &["status 502"],
        ),
    ];
    for (what, arrange, code, parts) in rows {
        let scene = Scene::start().await;
        scene.azure.world.write_key_value("a", None, VALUE, None);
        let store = scene.configuration(None);
        arrange(&scene);
        let fault = store.read(&named("a"), Stage::Current).await.expect_err(what);
        judge(what, &fault, code, parts);
        let has_id = shown(&fault).contains(&scene.azure.world.last_request_id());
        assert!(has_id || what == "an outage", "{what}: {}", shown(&fault));
    }
}

#[tokio::test]
async fn origins_that_are_none_are_refused_when_opening() {
    let scene = Scene::start().await;
    for origin in ["http://127.0.0.1:1", "https://v.vault.azure.net/secrets/canary", "canary"] {
        let settings: Settings = scene.settings(origin, &[]);
        let fault = KeyVault::open(&settings).unwrap_err();
        judge(origin, &fault, FaultCode::ReferenceMalformed, &["https://NAME.vault.azure.net"]);
    }
}

fn judge(what: &str, fault: &Fault, code: FaultCode, parts: &[&str]) {
    let text = shown(fault);
    assert_eq!(fault.code(), code, "{what}: {text}");
    for part in parts {
        assert!(text.contains(part), "{what}: `{part}` in {text}");
    }
    assert!(!fault.hint().is_empty(), "{what}");
    assert!(!text.contains("canary"), "{what}: {text}");
}

/// One that waits for half a second: long enough for loopback, short enough for a test that waits it out.
fn impatient(scene: &Scene) -> KeyVault {
    let variables = scene.app_service();
    let borrowed: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut settings = scene.settings(&scene.azure.vault.url(), &borrowed);
    settings.patience = Duration::from_millis(500);
    KeyVault::open(&settings).expect("it is an origin")
}

fn answer(status: u16, body: &str) -> Behaviour {
    Behaviour::Answer(Reply::bytes(status, body.to_owned()).with("content-type", "application/json"))
}
