//! Who we are: every link of the chain, and every way in which one can be broken.

use std::net::TcpListener;

use hallpass_cloud_emulator::azure::{ASSERTION, CLIENT, TENANT};
use hallpass_cloud_emulator::{Behaviour, Reply};
use hallpass_clouds::azure::KeyVault;
use hallpass_core::{Fault, FaultCode, Stage, Store};

use super::{Scene, at, named, promoted, shown};

/// A file that a cluster would mount.
fn token_file(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), content).expect("and written");
    file
}

fn workload(scene: &Scene, file: &tempfile::NamedTempFile) -> Vec<(&'static str, String)> {
    let mut variables = scene.application();
    variables.retain(|(name, _)| *name != "AZURE_CLIENT_SECRET");
    variables.push(("AZURE_FEDERATED_TOKEN_FILE", file.path().display().to_string()));
    variables
}

/// A port that nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("loopback has ports").local_addr().expect("it is bound").port()
}

#[tokio::test]
async fn every_link_of_the_chain_earns_a_token() {
    let scene = Scene::start().await;
    promoted(&scene.vault(), "a", "one", None).await;
    let file = token_file(ASSERTION);
    let machine = vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", scene.azure.local.url())];
    for variables in [workload(&scene, &file), scene.app_service(), scene.application(), machine] {
        let read = at(&scene.vault_as(&variables), "a", Stage::Current).await;
        assert_eq!(read.as_deref(), Some("one"), "{:?}", variables[0].0);
    }
    let seen = scene.azure.local.seen();
    assert!(seen.iter().any(|it| it.path == "/metadata/identity/oauth2/token"));
    let asked = scene.azure.entra.seen();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|it| it.path == format!("/{TENANT}/oauth2/v2.0/token")));
}

#[tokio::test]
async fn one_of_several_managed_identities_is_asked_for_by_name() {
    let scene = Scene::start().await;
    promoted(&scene.vault(), "a", "one", None).await;
    let mut variables = scene.app_service();
    variables.push(("AZURE_CLIENT_ID", CLIENT.to_owned()));
    assert_eq!(at(&scene.vault_as(&variables), "a", Stage::Current).await.as_deref(), Some("one"));
    variables.last_mut().unwrap().1 = "another".to_owned();
    let fault = scene.vault_as(&variables).read(&named("a"), Stage::Current).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
}

#[tokio::test]
async fn a_broken_identity_is_named_with_the_authoritys_number_and_advice() {
    let scene = Scene::start().await;
    let (expired, malformed) = (token_file("expired"), token_file("canary-assertion"));
    let with = |name: &str, value: &str| {
        let mut variables = scene.application();
        variables.iter_mut().find(|(key, _)| *key == name).expect("it is there").1 = value.to_owned();
        variables
    };
    let table = [
        (with("AZURE_CLIENT_SECRET", "canary-wrong"), "AADSTS7000215", "the client secret is wrong"),
        (with("AZURE_CLIENT_ID", "unknown"), "AADSTS700016", "check AZURE_CLIENT_ID"),
        (with("AZURE_TENANT_ID", "unknown"), "AADSTS90002", "check AZURE_TENANT_ID"),
        (workload(&scene, &expired), "AADSTS700024", "set this machine's clock"),
        (workload(&scene, &malformed), "AADSTS50027", "renew the token file"),
    ];
    for (variables, number, advice) in table {
        let fault = refused(&scene, &variables).await;
        assert_eq!(fault.code(), FaultCode::CloudIdentityMissing, "{fault}");
        // The authority answered last but one: the vault's challenge came before it.
        let text = shown(&fault);
        assert!(text.contains(number) && text.contains(advice), "{text}");
        assert!(text.contains("request id 0000") && text.contains("identity: "), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}

#[tokio::test]
async fn the_chain_says_which_link_it_took_and_why_not_the_others() {
    let scene = Scene::start().await;
    let nobody = format!("http://127.0.0.1:{}", closed_port());
    let variables =
        [("AZURE_POD_IDENTITY_AUTHORITY_HOST", nobody), ("AZURE_CLIENT_SECRET", "canary".to_owned())];
    let fault = refused(&scene, &variables).await;
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
    let text = shown(&fault);
    for part in [
        "the managed identity of the metadata service",
        "not workload identity: AZURE_FEDERATED_TOKEN_FILE and AZURE_TENANT_ID and AZURE_CLIENT_ID not set",
        "not App Service: IDENTITY_ENDPOINT and IDENTITY_HEADER not set",
        "not a client secret: AZURE_TENANT_ID and AZURE_CLIENT_ID not set",
        "the port is closed",
        "give the app a managed identity",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_used_at_all_is_said_without_a_request() {
    let scene = Scene::start().await;
    let file = token_file("canary");
    let mut missing = workload(&scene, &file);
    missing.last_mut().unwrap().1 = "/nowhere/canary".to_owned();
    let mut plain = scene.application();
    plain[0].1 = "http://127.0.0.1:1".to_owned();
    let wrong = vec![
        ("IDENTITY_ENDPOINT", scene.app_service()[0].1.clone()),
        ("IDENTITY_HEADER", "canary".to_owned()),
    ];
    for variables in [missing, plain, wrong] {
        let fault = refused(&scene, &variables).await;
        assert_eq!(fault.code(), FaultCode::CloudIdentityMissing, "{fault}");
        assert!(!shown(&fault).contains("canary"), "{}", shown(&fault));
    }
    assert_eq!(scene.azure.entra.seen(), []);
}

#[tokio::test]
async fn an_authority_that_is_away_is_no_missing_identity() {
    let scene = Scene::start().await;
    let mut variables = scene.application();
    variables[0].1 = format!("https://127.0.0.1:{}", closed_port());
    let fault = refused(&scene, &variables).await;
    assert_eq!(fault.code(), FaultCode::StoreUnreachable, "{fault}");
    assert!(fault.detail().contains("no connection to its endpoint: the port is closed"), "{fault}");

    scene.azure.entra.next(Behaviour::Hang);
    let borrowed = scene.application();
    let borrowed: Vec<_> = borrowed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut settings = scene.settings(&scene.azure.vault.url(), &borrowed);
    settings.patience = std::time::Duration::from_secs(1);
    let store = KeyVault::open(&settings).unwrap();
    let fault = store.read(&named("a"), Stage::Current).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::StoreUnreachable, "{fault}");
    assert!(
        fault.detail().contains("no answer of its endpoint within 800 ms"),
        "whose answer is missing: {fault}"
    );

    scene.azure.entra.next(Behaviour::Answer(Reply::bytes(429, "{}").with("retry-after", "9")));
    let fault = refused(&scene, &scene.application()).await;
    assert_eq!(fault.code(), FaultCode::StoreThrottled, "{fault}");
    assert_eq!(fault.retry_after().map(|after| after.as_secs()), Some(9));
    scene.azure.entra.next(Behaviour::Answer(Reply::bytes(503, "{}")));
    assert_eq!(refused(&scene, &scene.application()).await.code(), FaultCode::StoreUnreachable);
}

#[tokio::test]
async fn an_identity_endpoint_that_answers_nonsense_shows_none_of_it() {
    let scene = Scene::start().await;
    for body in
        ["canary", "{\"access_token\":\"canary\"}", "{\"access_token\":\"canary\",\"expires_on\":\"soon\"}"]
    {
        scene.azure.local.next(Behaviour::Answer(Reply::bytes(200, body)));
        let fault = refused(&scene, &scene.app_service()).await;
        assert_eq!(fault.code(), FaultCode::CloudIdentityMissing, "{body}");
        assert!(!shown(&fault).contains("canary"), "{}", shown(&fault));
    }
}

#[tokio::test]
async fn a_revoked_token_is_replaced_within_the_same_read() {
    let scene = Scene::start().await;
    for variables in [scene.app_service(), scene.application()] {
        let store = scene.vault_as(&variables);
        let current = store.read(&named("a"), Stage::Current).await.ok().map(|read| read.version);
        if current.is_none() {
            promoted(&store, "a", "one", None).await;
        }
        let before = scene.azure.world.token_requests();
        scene.azure.world.expire_tokens();
        assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("one"));
        assert_eq!(scene.azure.world.token_requests() - before, 1);
    }
}

#[tokio::test]
async fn a_failed_identity_is_tried_again_at_the_next_read() {
    let scene = Scene::start().await;
    promoted(&scene.vault(), "a", "one", None).await;
    let store = scene.vault();
    scene.azure.local.next(Behaviour::Answer(Reply::bytes(400, "{}")));
    assert!(store.read(&named("a"), Stage::Current).await.is_err());
    assert_eq!(at(&store, "a", Stage::Current).await.as_deref(), Some("one"));
}

async fn refused(scene: &Scene, variables: &[(&'static str, String)]) -> Fault {
    scene
        .vault_as(variables)
        .read(&named("a"), Stage::Current)
        .await
        .expect_err("there is no token to be had")
}
