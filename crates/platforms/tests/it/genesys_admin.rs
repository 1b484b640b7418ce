//! The administration of Genesys Cloud's clients against the emulator, over real sockets and through an integration's client.

use std::sync::Arc;
use std::time::Duration;

use crate::administrator::{Impatient, START, administrator, code, emulator};
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Generated, LastUsed, SecretAdmin as _, SlotId};
use hallpass_emulator::{
    Act, ClientState, Emulator, GenesysSettings, Misbehaviour, NewClient, NewIntegrationCredential, NewRole,
    Settings,
};
use hallpass_platforms::{
    AdminCall, AdminCalls as _, GenesysAdmin, GenesysAdminSettings, IntegrationCalls, PlatformSettings,
    genesys_admin_rules, publish_copy,
};
use http::Method;
use serde_json::json;

/// The clients `a` and `b` of one integration, and who administers them.
struct Scene {
    emulator: Emulator,
    calls: IntegrationCalls,
    admin: GenesysAdmin,
    time: ManualTime,
}

impl Scene {
    /// Where `rotator` has the permissions given, and everything there is without.
    async fn with(genesys: GenesysSettings, permissions: Option<&[&str]>) -> Self {
        let emulator = emulator(Settings { genesys, ..Settings::default() }).await;
        let world = emulator.world();
        world.add_role(NewRole::named("Queues").id("queues").permission("routing:queue:view"));
        let mut rotator =
            NewClient::named("rotator").id("rotator").secret("rotator-secret").role("queues", "*");
        if let Some(permissions) = permissions {
            rotator = rotator.permissions(permissions.iter().copied());
        }
        world.add_client(rotator);
        for id in ["a", "b"] {
            let client = NewClient::named("queue-sync").id(id).secret(format!("{id}-secret"));
            world.add_client(client.validity(Duration::from_secs(900)).role("queues", "*"));
        }
        world.add_client(NewClient::named("other").id("c").secret("c-secret"));
        let settings = PlatformSettings {
            platform: "genesys".into(),
            profile: "standard".into(),
            token_url: Some(format!("{}/oauth/token", emulator.login_url()).parse().unwrap()),
            api_url: Some(emulator.api_url().parse().unwrap()),
            ..PlatformSettings::default()
        };
        let members = json!({ "client_id": "rotator", "client_secret": "rotator-secret" });
        let clients = vec!["a".to_owned(), "b".to_owned()];
        let rules = genesys_admin_rules(&clients, &["copy".to_owned()]).unwrap();
        let time = ManualTime::starting_at(Duration::from_secs(START));
        let calls = administrator(&settings, &members, &emulator.api_url(), &rules, &time);
        let settings = GenesysAdminSettings { clients, token_lifetime: Some(Duration::from_secs(900)) };
        let sleep = Arc::new(Impatient(emulator.world().clone()));
        let admin =
            GenesysAdmin::new(Arc::new(calls.clone()), Arc::new(time.clone()), sleep, &settings).unwrap();
        Self { emulator, calls, admin, time }
    }

    async fn new() -> Self {
        Self::with(GenesysSettings::default(), None).await
    }

    fn is_live(&self, made: &Generated) -> bool {
        let secret = made.members["client_secret"].expose_str().unwrap();
        self.emulator.world().is_live(made.slot.as_str(), secret)
    }

    /// A client, as the platform shows it.
    async fn shown(&self, id: &str) -> serde_json::Value {
        let call = AdminCall::new(Method::GET, format!("/api/v2/oauth/clients/{id}"));
        let reply = self.calls.call(call).await.unwrap();
        serde_json::from_slice(reply.body.expose()).unwrap()
    }

    fn misbehave(&self, method: &str, act: Act) {
        let path = "/api/v2/oauth/clients/**";
        self.emulator.world().misbehave(Misbehaviour::on_api(act).method(method).path(path));
    }
}

fn slot(id: &str) -> SlotId {
    SlotId::new(id)
}

#[tokio::test]
async fn a_secret_is_made_used_and_ended_on_the_idle_client() {
    let Scene { emulator, admin, .. } = &Scene::new().await;
    let world = emulator.world();
    let slots = admin.list().await.unwrap();
    let seen: Vec<_> = slots.iter().map(|slot| (slot.id.as_str(), slot.active, slot.last_used)).collect();
    assert_eq!(seen, [("a", true, LastUsed::Never), ("b", true, LastUsed::Never)]);
    assert_eq!(slots[0].created, Some(Duration::from_secs(START)));

    world.advance(Duration::from_secs(5));
    let made = admin.generate(Some(&slot("b"))).await.unwrap();
    assert_eq!(made.slot, slot("b"));
    let secret = made.members["client_secret"].expose_str().unwrap();
    assert!(world.is_live("b", secret) && !world.is_live("b", "b-secret") && world.is_live("a", "a-secret"));
    // A change that was not the reader's shows in the revision.
    let after = admin.list().await.unwrap();
    assert_eq!(after[0].revision, slots[0].revision);
    assert_ne!(after[1].revision, slots[1].revision);

    assert_eq!(admin.rights(&slot("a")).await.unwrap(), admin.rights(&slot("b")).await.unwrap());
    assert!(admin.rights(&slot("a")).await.unwrap().0.contains("role queues in division *"));
    for _ in 0..2 {
        admin.set_active(&slot("a"), false).await.unwrap();
        assert!(!world.is_live("a", "a-secret"));
    }
    admin.set_active(&slot("a"), true).await.unwrap();
    assert!(world.is_live("a", "a-secret"));
    for _ in 0..2 {
        admin.delete(&slot("a")).await.unwrap();
    }
    assert!(!world.is_live("a", "a-secret"));
    assert_eq!(admin.list().await.unwrap().len(), 1);
    let calls = &world.witness().clients["rotator"].calls_by_route;
    assert_eq!(calls["PUT /api/v2/oauth/clients/{clientId}"], 3, "{calls:?}");
    assert_eq!(calls["DELETE /api/v2/oauth/clients/{clientId}"], 1, "{calls:?}");
}

#[tokio::test]
async fn the_last_use_is_the_day_that_the_platform_counted() {
    let genesys = GenesysSettings { usage_runs: 2, ..GenesysSettings::default() };
    let Scene { emulator, admin, calls, .. } = &Scene::with(genesys, None).await;
    // The rotator is the one client that calls here, so it is looked at through the same door.
    calls.call(AdminCall::new(Method::GET, "/api/v2/oauth/clients/a")).await.unwrap();
    let own = GenesysAdminSettings { clients: vec!["rotator".to_owned()], token_lifetime: None };
    let rules = genesys_admin_rules(&own.clients, &[]).unwrap();
    let settings = PlatformSettings {
        platform: "genesys".into(),
        profile: "standard".into(),
        token_url: Some(format!("{}/oauth/token", emulator.login_url()).parse().unwrap()),
        api_url: Some(emulator.api_url().parse().unwrap()),
        ..PlatformSettings::default()
    };
    let members = json!({ "client_id": "rotator", "client_secret": "rotator-secret" });
    let time = ManualTime::starting_at(Duration::from_secs(START + 3_600));
    let calls = administrator(&settings, &members, &emulator.api_url(), &rules, &time);
    let sleep = Arc::new(Impatient(emulator.world().clone()));
    let of_rotator = GenesysAdmin::new(Arc::new(calls), Arc::new(time), sleep, &own).unwrap();
    assert_eq!(of_rotator.list().await.unwrap()[0].last_used, LastUsed::At(Duration::from_secs(START)));
    assert_eq!(admin.list().await.unwrap()[0].last_used, LastUsed::Never);
}

#[tokio::test]
async fn what_is_not_known_of_a_client_survives_being_switched() {
    let scene = &Scene::new().await;
    let Scene { emulator, admin, .. } = scene;
    let member = |client: NewClient| {
        client
            .member("description", "reads \"queues\"")
            .member("allowedIps", json!(["203.0.113.7/32"]))
            .member("later", json!({ "deep": [1, 2.5, null, { "x": "é" }] }))
    };
    let client = NewClient::named("queue-sync").id("a").secret("a-secret").role("queues", "north");
    emulator.world().add_client(member(client.validity(Duration::from_secs(1_234))));
    let before = scene.shown("a").await;
    admin.set_active(&slot("a"), false).await.unwrap();
    let mut off = scene.shown("a").await;
    assert_eq!(off["state"], "inactive");
    off["state"] = before["state"].clone();
    let own = off.as_object_mut().unwrap();
    assert_eq!(own.remove("modifiedBy").unwrap()["id"], "rotator");
    assert_eq!(off, before);
    admin.set_active(&slot("a"), true).await.unwrap();
    assert!(emulator.world().is_live("a", "a-secret"), "the secret is not touched");
}

#[tokio::test]
async fn a_lost_reply_of_generate_is_not_sent_again_and_heals_by_another_reset() {
    for act in [
        Act::ResetAfterEffect,
        Act::TruncateBody { keep: Some(20) },
        Act::Fail { status: 503, retry_after: None, after_effect: true },
    ] {
        let scene = Scene::new().await;
        let world = scene.emulator.world();
        scene.misbehave("POST", act.clone());
        let fault = scene.admin.generate(Some(&slot("b"))).await.unwrap_err();
        assert_eq!(code(&fault), "upstream-answer-bad", "{act:?}");
        assert_eq!(world.witness().clients["b"].secrets_made, 1, "{act:?}");
        assert!(!world.is_live("b", "b-secret") && world.is_live("a", "a-secret"));
        // The platform shows that something happened, and nobody knows the secret.
        assert!(world.live_secrets().iter().any(|live| live.id == "b"));
        let made = scene.admin.generate(Some(&slot("b"))).await.unwrap();
        assert!(scene.is_live(&made));
        assert_eq!(world.witness().clients["b"].secrets_made, 2);
    }
}

#[tokio::test]
async fn a_reply_that_comes_too_late_has_had_its_effect() {
    let scene = Scene::new().await;
    scene.admin.list().await.unwrap();
    scene.misbehave("POST", Act::DelayAnswer { millis: 3_600_000 });
    let world = scene.emulator.world();
    let (b, waits) = (slot("b"), async {
        while world.is_live("b", "b-secret") {
            tokio::task::yield_now().await;
        }
        scene.time.advance(Duration::from_secs(30));
    });
    let (made, ()) = tokio::join!(scene.admin.generate(Some(&b)), waits);
    assert_eq!(code(&made.unwrap_err()), "upstream-timeout");
    assert_eq!(world.witness().totals.secrets_made, 1);
}

#[tokio::test]
async fn a_request_that_never_arrived_changes_nothing() {
    let scene = Scene::new().await;
    scene.misbehave("POST", Act::ResetBeforeEffect);
    let fault = scene.admin.generate(Some(&slot("b"))).await.unwrap_err();
    assert!(code(&fault).starts_with("upstream-"));
    assert!(scene.emulator.world().is_live("b", "b-secret"));
}

#[tokio::test]
async fn a_token_that_dies_on_the_way_costs_another_token_and_no_second_secret() {
    let scene = Scene::new().await;
    scene.misbehave("POST", Act::EarlyTokenDeath);
    let made = scene.admin.generate(Some(&slot("b"))).await.unwrap();
    assert!(scene.is_live(&made));
    let witness = scene.emulator.world().witness();
    assert_eq!((witness.totals.secrets_made, witness.clients["rotator"].mints), (1, 2));
}

#[tokio::test]
async fn a_missing_permission_is_named_with_the_correlation_id() {
    let view = "oauth:client:view";
    let edit = "oauth:client:edit";
    let scene = Scene::with(GenesysSettings::default(), Some(&[])).await;
    let denied = scene.admin.list().await.unwrap_err();
    assert_eq!(code(&denied), "admin-denied");
    assert!(
        denied.detail().contains(view) && denied.detail().contains("missing.any.permissions"),
        "{denied}"
    );
    let last = scene.emulator.world().witness().log.last().unwrap().correlation_id.clone();
    assert!(denied.detail().contains(&last), "{denied}");
    let reset = scene.admin.generate(Some(&slot("b"))).await.unwrap_err();
    assert!(reset.detail().contains(edit) && reset.hint().contains("every role of the client"), "{reset:?}");

    let scene = Scene::with(GenesysSettings::default(), Some(&[view])).await;
    let write = scene.admin.set_active(&slot("b"), false).await.unwrap_err();
    assert!(write.detail().contains(edit), "{write}");

    let scene = Scene::with(GenesysSettings::default(), Some(&[view, edit])).await;
    let delete = scene.admin.delete(&slot("b")).await.unwrap_err();
    assert!(delete.detail().contains("oauth:client:delete"), "{delete}");
    scene.emulator.world().add_client(NewClient::named("grown").id("b").role("admins", "*"));
    let roles = scene.admin.set_active(&slot("b"), false).await.unwrap_err();
    assert_eq!(code(&roles), "admin-denied");
    assert!(roles.detail().contains("not.authorized") && roles.hint().contains("every role"), "{roles:?}");
}

#[tokio::test]
async fn every_answer_that_is_no_success_has_its_fault() {
    let scene = Scene::new().await;
    let cases = [
        (Act::fail(400), "upstream-refused"),
        (Act::fail(404), "slot-unknown"),
        (Act::fail(409), "upstream-refused"),
        (Act::fail(500), "upstream-answer-bad"),
        (Act::fail(504), "upstream-timeout"),
        (Act::answer(200, &[], "<html>"), "upstream-answer-bad"),
        (Act::answer(200, &[], vec![b' '; 1024 * 1024 + 1]), "upstream-answer-bad"),
    ];
    for (act, wanted) in cases {
        scene.misbehave("POST", act);
        let fault = scene.admin.generate(Some(&slot("b"))).await.unwrap_err();
        assert_eq!(code(&fault), wanted);
    }
    assert_eq!(scene.emulator.world().witness().totals.secrets_made, 0);
    scene.misbehave("POST", Act::Throttle { retry_after: 7 });
    let throttled = scene.admin.generate(Some(&slot("b"))).await.unwrap_err();
    assert_eq!(code(&throttled), "upstream-throttled");
    assert_eq!(throttled.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn an_identity_whose_token_is_not_accepted_is_told_so() {
    let scene = Scene::new().await;
    scene.admin.list().await.unwrap();
    let refuse = Misbehaviour::on_api(Act::fail(401)).forever();
    scene.emulator.world().misbehave(refuse);
    let fault = scene.admin.generate(Some(&slot("b"))).await.unwrap_err();
    assert_eq!(code(&fault), "admin-denied");
    assert!(fault.detail().contains("token of the administering identity"), "{fault}");
    assert_eq!(scene.emulator.world().witness().totals.secrets_made, 0);
}

#[tokio::test]
async fn a_missing_client_is_unknown_and_gone() {
    let scene = Scene::new().await;
    scene.emulator.world().remove_client("a");
    let (admin, a) = (&scene.admin, &slot("a"));
    assert_eq!(code(&admin.generate(Some(a)).await.unwrap_err()), "slot-unknown");
    assert_eq!(code(&admin.set_active(a, true).await.unwrap_err()), "slot-unknown");
    assert_eq!(code(&admin.rights(a).await.unwrap_err()), "slot-unknown");
    admin.delete(a).await.unwrap();
    assert_eq!(admin.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_deletion_is_followed_until_the_client_no_longer_shows() {
    for (deletion_seconds, wanted) in [(20, Ok(())), (604_800, Err("upstream-timeout"))] {
        let genesys = GenesysSettings { deletion_seconds, ..GenesysSettings::default() };
        let scene = Scene::with(genesys, None).await;
        let deleted = scene.admin.delete(&slot("a")).await;
        assert_eq!(deleted.map_err(|fault| code(&fault)), wanted);
        assert!(!scene.emulator.world().is_live("a", "a-secret"));
    }
}

#[tokio::test]
async fn a_client_that_the_vendor_disabled_stays_so() {
    let scene = Scene::new().await;
    scene.emulator.world().set_state("a", ClientState::Disabled);
    assert!(!scene.admin.list().await.unwrap()[0].active);
    scene.admin.set_active(&slot("a"), false).await.unwrap();
    assert_eq!(code(&scene.admin.set_active(&slot("a"), true).await.unwrap_err()), "upstream-refused");
    assert_eq!(scene.shown("a").await["state"], "disabled");
}

#[tokio::test]
async fn the_administering_token_opens_nothing_else() {
    let scene = Scene::new().await;
    for target in ["/api/v2/oauth/clients", "/api/v2/oauth/clients/c", "/api/v2/routing/queues"] {
        let fault = scene.calls.call(AdminCall::new(Method::GET, target)).await.unwrap_err();
        assert_eq!(fault.code().name(), "path-not-allowed");
    }
    assert_eq!(code(&scene.admin.generate(Some(&slot("c"))).await.unwrap_err()), "slot-unknown");
    assert_eq!(scene.emulator.world().witness().totals.requests, 0);
}

#[tokio::test]
async fn a_copy_on_the_platform_follows_the_secret() {
    let scene = Scene::new().await;
    let copy = NewIntegrationCredential::named("data actions").id("copy").field("clientId", "a");
    scene.emulator.world().add_integration_credential(copy.field("clientSecret", "a-secret"));
    let made = scene.admin.generate(Some(&slot("b"))).await.unwrap();
    for _ in 0..2 {
        publish_copy(&scene.calls, &scene.time, "copy", &made.members).await.unwrap();
    }
    let fields = scene.emulator.world().integration_credential("copy");
    assert!(fields["clientId"] == "b" && scene.emulator.world().is_live("b", &fields["clientSecret"]));

    let scene = Scene::with(GenesysSettings::default(), Some(&["integrations:integration:view"])).await;
    scene.emulator.world().add_integration_credential(NewIntegrationCredential::named("x").id("copy"));
    let denied = publish_copy(&scene.calls, &scene.time, "copy", &made.members).await.unwrap_err();
    assert_eq!(code(&denied), "admin-denied");
    assert!(denied.detail().contains("integrations:integration:edit"), "{denied}");
}
