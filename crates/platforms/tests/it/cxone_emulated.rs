//! CXone as the emulator plays it, over real sockets: three hosts, tenants, and documents of somebody else.

use std::sync::Arc;

use crate::scripted::settings;
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Credential, IssueVerdict, Secret, Version};
use hallpass_emulator::{
    ClientState, CxoneSettings, DescriptionSpelling, DiscoverySettings, Emulator, GenesysSettings,
    NewAccessKey, NewClient, NewCxoneTenant, Settings,
};
use hallpass_outbound::{AddressGuard, HyperTransport, TrustedRoots};
use hallpass_platforms::{Connected, PlatformParts, PlatformSettings, connect};
use serde_json::json;

pub(crate) fn connected(settings: &PlatformSettings) -> Connected {
    let time = ManualTime::default();
    let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let parts = PlatformParts {
        integration: "nice".parse().unwrap(),
        transport: Arc::new(HyperTransport::new(guard, TrustedRoots::web(), Arc::new(time.clone()))),
        sleep: Arc::new(time.clone()),
        clock: Arc::new(time),
    };
    connect(settings, parts).unwrap()
}

fn standard(emulator: &Emulator) -> PlatformSettings {
    PlatformSettings {
        issuer: Some(emulator.cxone_identity_url().parse().unwrap()),
        ..settings("cxone", "standard")
    }
}

fn userhub(emulator: &Emulator) -> PlatformSettings {
    let url = format!("{}/authentication/v1/token/access-key", emulator.cxone_userhub_url());
    PlatformSettings {
        token_url: Some(url.parse().unwrap()),
        api_url: Some(emulator.cxone_api_url().parse().unwrap()),
        ..settings("cxone", "userhub")
    }
}

async fn emulator(cxone: CxoneSettings) -> Emulator {
    let cxone = CxoneSettings { separate_identity: true, separate_userhub: true, ..cxone };
    Emulator::start(Settings { cxone, ..Settings::default() }).await.unwrap()
}

fn credential(client: (&str, &str), key: (&str, &str)) -> Credential {
    let members = json!({
        "client_id": client.0, "client_secret": client.1, "access_key_id": key.0, "access_key_secret": key.1,
    });
    Credential::parse(&Secret::from(members.to_string()), Version::new("1"), &[]).unwrap()
}

#[tokio::test]
async fn both_flows_get_a_token_and_find_the_api() {
    let emulator = emulator(CxoneSettings::default()).await;
    let tenant = emulator.world().add_cxone_tenant(NewCxoneTenant::named("acme").area("eu1"));
    let odd = ["plain", "AAAA====", "a:b%+= &c", "käse 🧀"];
    for (number, secret) in odd.into_iter().enumerate() {
        let app = (format!("app:{number}%"), format!("{secret}+"));
        let key =
            NewAccessKey::named("odd").tenant(&tenant.tenant_id).id(format!("id+{number}=")).secret(secret);
        let keys = emulator.world().add_access_key(key.application(&app.0, &app.1));
        let credential = credential((&app.0, &app.1), (&keys.access_key_id, secret));
        for settings in [standard(&emulator), userhub(&emulator)] {
            let connected = connected(&settings);
            let grant = connected.platform.issue(&credential).await;
            assert!(grant.is_ok_and(|grant| grant.lifetime.is_some()), "{} {secret}", settings.profile);
            assert_eq!(connected.upstreams.listing(), [(String::new(), emulator.cxone_api_url())]);
        }
        let report = emulator.world().witness().clients[&keys.access_key_id].clone();
        assert_eq!((report.mints, report.mints_refused), (2, 0));
    }
}

#[tokio::test]
async fn refusals_are_told_apart_in_every_dialect() {
    for (status, description) in [(400, DescriptionSpelling::Camel), (401, DescriptionSpelling::Snake)] {
        let mut settings = CxoneSettings {
            invalid_client_status: status,
            invalid_grant_status: status,
            description,
            ..CxoneSettings::default()
        };
        settings.userhub.refused_status = status;
        let emulator = emulator(settings).await;
        let keys = emulator.world().add_access_key(NewAccessKey::named("queue-sync"));
        let (app, key) =
            ((&*keys.client_id, &*keys.client_secret), (&*keys.access_key_id, &*keys.access_key_secret));
        let swapped = (key.1, key.0);
        let (standard, userhub) = (connected(&standard(&emulator)), connected(&userhub(&emulator)));
        let hint = async |connected: &Connected, credential: Credential| {
            let fault = connected.platform.issue(&credential).await.unwrap_err();
            assert_eq!(fault.verdict, IssueVerdict::CredentialRefused, "{fault:?}");
            fault.hint.unwrap()
        };
        assert!(hint(&standard, credential((app.0, "wrong"), key)).await.contains("not the access key"));
        assert!(hint(&standard, credential(app, swapped)).await.contains("swapped"));
        assert!(hint(&userhub, credential(app, swapped)).await.contains("swapped"));
        emulator.world().set_state(&keys.access_key_id, ClientState::Inactive);
        assert!(hint(&standard, credential(app, key)).await.contains("deactivated"));
        assert!(hint(&userhub, credential(app, key)).await.contains("deactivated"));
    }
}

#[tokio::test]
async fn documents_of_somebody_else_are_refused() {
    let evil = || Some("https://evil.example/auth/token".to_owned());
    let cases = [
        (DiscoverySettings { token_endpoint: evil(), ..DiscoverySettings::default() }, 0),
        (
            DiscoverySettings {
                api_endpoint: Some("https://evil.example".into()),
                ..DiscoverySettings::default()
            },
            1,
        ),
        (
            DiscoverySettings {
                auth_endpoint: Some("https://evil.example".into()),
                ..DiscoverySettings::default()
            },
            1,
        ),
        (
            DiscoverySettings {
                tenant_id: Some("00000000-1111-0000-0000-000000000000".into()),
                ..DiscoverySettings::default()
            },
            1,
        ),
    ];
    for (discovery, mints) in cases {
        let emulator = emulator(CxoneSettings { discovery, ..CxoneSettings::default() }).await;
        let keys = emulator.world().add_access_key(NewAccessKey::named("queue-sync"));
        let (app, key) =
            ((&*keys.client_id, &*keys.client_secret), (&*keys.access_key_id, &*keys.access_key_secret));
        let connected = connected(&standard(&emulator));
        let fault = connected.platform.issue(&credential(app, key)).await.unwrap_err();
        assert_eq!(fault.verdict, IssueVerdict::Refused, "{fault:?}");
        assert!(connected.upstreams.route(&"/x".parse().unwrap()).is_err());
        assert_eq!(emulator.world().witness().totals.mints, mints);
    }
}

#[tokio::test]
async fn the_guides_addresses_answer_to_the_literal_request() {
    let genesys = GenesysSettings { guide_path: true, ..GenesysSettings::default() };
    let cxone = CxoneSettings { guide_path: true, ..CxoneSettings::default() };
    let settings_of = Settings { genesys, cxone, record_token_bodies: true, ..Settings::default() };
    let emulator = Emulator::start(settings_of).await.unwrap();
    let genesys = emulator.world().add_client(NewClient::named("a").id("plain-id").secret("plain-secret"));
    let cxone =
        emulator.world().add_cxone_client(NewClient::named("b").id("other-id").secret("plain-secret"));
    let urls = [
        ("genesys", format!("{}/api/v2/oauth/token", emulator.api_url()), emulator.api_url(), genesys.id),
        ("cxone", format!("{}/oauth2/token", emulator.cxone_api_url()), emulator.cxone_api_url(), cxone.id),
    ];
    for (platform, token_url, api_url, id) in urls {
        let guide = PlatformSettings {
            token_url: Some(token_url.parse().unwrap()),
            api_url: Some(api_url.parse().unwrap()),
            ..settings(platform, "guide")
        };
        let credential = credential((&id, "plain-secret"), ("", ""));
        let grant = connected(&guide).platform.issue(&credential).await.unwrap();
        assert!(grant.scope.is_some_and(|scope| scope.contains(':')), "{platform}");
        let log = emulator.world().witness().log;
        let body = log.last().unwrap().token_body.clone().unwrap();
        let expected = format!("grant_type=client_credentials&client_id={id}&client_secret=plain-secret");
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
}
