//! Genesys Cloud's token endpoint as the emulator plays it, over real sockets.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::test_support::ManualTime;
use hallpass_core::{Credential, IssueFault, IssueVerdict, Secret, Version};
use hallpass_emulator::{
    Act, ClientState, Emulator, GenesysSettings, Limit, Misbehaviour, NewClient, Settings,
};
use hallpass_outbound::{AddressGuard, HyperTransport, TrustedRoots};
use hallpass_platforms::{Connected, PlatformParts, PlatformSettings, connect};

fn platform(emulator: &Emulator) -> Connected {
    let time = ManualTime::default();
    let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let transport = HyperTransport::new(guard, TrustedRoots::web(), Arc::new(time.clone()));
    let parts = PlatformParts {
        integration: "queue-sync".parse().unwrap(),
        transport: Arc::new(transport),
        sleep: Arc::new(time.clone()),
        clock: Arc::new(time),
    };
    let settings = PlatformSettings {
        platform: "genesys".into(),
        profile: "standard".into(),
        token_url: Some(format!("{}/oauth/token", emulator.login_url()).parse().unwrap()),
        api_url: Some(emulator.api_url().parse().unwrap()),
        ..PlatformSettings::default()
    };
    connect(&settings, parts).unwrap()
}

fn credential(id: &str, secret: &str) -> Credential {
    let text = serde_json::json!({ "client_id": id, "client_secret": secret }).to_string();
    Credential::parse(&Secret::from(text), Version::new("1"), &["client_id", "client_secret"]).unwrap()
}

#[tokio::test]
async fn a_token_is_granted_with_the_clients_lifetime() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let keys = emulator.world().add_client(NewClient::named("queue-sync").validity(Duration::from_secs(900)));
    let grant = platform(&emulator).platform.issue(&credential(&keys.id, &keys.secret)).await.unwrap();
    assert_eq!(grant.lifetime, Some(Duration::from_secs(900)));
    let witness = emulator.world().witness();
    assert_eq!((witness.clients[&keys.id].token_requests, witness.clients[&keys.id].mints), (1, 1));
}

#[tokio::test]
async fn secrets_with_special_characters_arrive_as_they_are() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    for secret in ["a:b", "100%", "a+b=c", "käse 🧀", " x ", "a&b=c"] {
        let keys = emulator.world().add_client(NewClient::named("odd").secret(secret));
        assert!(platform(&emulator).platform.issue(&credential(&keys.id, secret)).await.is_ok(), "{secret}");
    }
}

#[tokio::test]
async fn verdicts_are_read_from_the_body_whatever_the_status() {
    for status in [400, 401] {
        let genesys = GenesysSettings {
            unknown_client_status: status,
            wrong_secret_status: status,
            token_limit: Some(Limit { requests: 2, seconds: 60 }),
            ..GenesysSettings::default()
        };
        let emulator = Emulator::start(Settings { genesys, ..Settings::default() }).await.unwrap();
        let keys = emulator.world().add_client(NewClient::named("queue-sync"));
        let platform = platform(&emulator).platform;
        let ask = async |id: &str, secret: &str| platform.issue(&credential(id, secret)).await.unwrap_err();

        let unknown: IssueFault = ask("00000000-0000-0000-0000-000000000000", "x").await;
        assert_eq!(unknown.verdict, IssueVerdict::CredentialRefused);
        assert!(unknown.hint.unwrap().contains("regions are islands"));
        assert_eq!(ask(&keys.id, "wrong").await.verdict, IssueVerdict::CredentialRefused);
        emulator.world().set_state(&keys.id, ClientState::Inactive);
        assert_eq!(ask(&keys.id, &keys.secret).await.verdict, IssueVerdict::CredentialRefused);
        let throttled = ask(&keys.id, &keys.secret).await;
        assert!(
            matches!(throttled.verdict, IssueVerdict::Throttled { .. }),
            "a throttled token request comes as 400: {throttled:?}"
        );
    }
}

#[tokio::test]
async fn passing_troubles_of_the_endpoint_are_passing() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let keys = emulator.world().add_client(NewClient::named("queue-sync"));
    let platform = platform(&emulator).platform;
    let acts = [
        Act::fail(500),
        Act::ResetBeforeEffect,
        Act::ResetAfterEffect,
        Act::answer(200, &[], b""),
        Act::answer(200, &[("content-type", "text/html")], b"<html>down for maintenance</html>"),
        Act::answer(200, &[], [b'x'; 70_000]),
    ];
    for act in acts {
        emulator.world().misbehave(Misbehaviour::on_token(act.clone()));
        let fault = platform.issue(&credential(&keys.id, &keys.secret)).await.unwrap_err();
        assert!(matches!(fault.verdict, IssueVerdict::Passing { .. }), "{act:?}: {fault:?}");
    }
    assert!(platform.issue(&credential(&keys.id, &keys.secret)).await.is_ok());
}
