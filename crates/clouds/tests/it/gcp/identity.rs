//! Where the access token comes from, and what happens when it does not.

use std::time::Duration;

use hallpass_cloud_emulator::{Behaviour, Reply};
use hallpass_clouds::gcp::{SecretManager, Settings};
use hallpass_core::{Fault, FaultCode, Stage, Store};

use super::{World, entry, foreign, shown, value, variables, world};

#[tokio::test]
async fn a_permanent_error_of_the_metadata_server_is_not_permanent() {
    let world = with_a_secret().await;
    let store = world.store();
    // 404 is an error that the SDK takes for permanent: its task ends, and by itself it would never ask again.
    world.metadata.next(Behaviour::Answer(Reply::bytes(404, "canary")));
    let fault = read(&store).await.expect_err("no token");
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
    let host = world.metadata_host();
    assert_eq!(fault.detail(), format!("the metadata server at {host} gave no token: HTTP status 404"));
    assert!(fault.hint().contains("GOOGLE_APPLICATION_CREDENTIALS"), "{}", fault.hint());
    assert!(!shown(&fault).contains("canary"), "{}", shown(&fault));
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"), "the next read asks anew");
    assert_eq!(world.metadata.seen().len(), 2);
}

#[tokio::test]
async fn a_passing_error_of_the_metadata_server_is_not_remembered_either() {
    let world = with_a_secret().await;
    let store = world.store();
    // The SDK would ask again after ten seconds and fail until then.
    world.metadata.next(Behaviour::Answer(Reply::bytes(503, "not yet")));
    assert_eq!(value(&store, "a", Stage::Current).await, Err(FaultCode::CloudIdentityMissing));
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn a_token_that_is_refused_before_its_time_is_replaced_once() {
    let world = with_a_secret().await;
    let store = world.store();
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
    world.tokens.renew();
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"), "asked again with a new one");
    assert_eq!(world.metadata.seen().len(), 2);
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_a_fault_with_googles_words() {
    let world = with_a_secret().await;
    let refusal = r#"{"error":{"code":401,"message":"ya29 canary","status":"UNAUTHENTICATED","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_EXPIRED","domain":"googleapis.com"},
        {"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"req-7"}]}}"#;
    world.api.always(Some(Behaviour::Answer(Reply::bytes(401, refusal))));
    let before = world.api.seen().len();
    let fault = read(&world.store()).await.expect_err("refused");
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
    assert!(fault.detail().contains("(UNAUTHENTICATED, ACCESS_TOKEN_EXPIRED, request req-7)"), "{fault}");
    assert!(fault.hint().contains("clock"), "{}", fault.hint());
    assert!(!shown(&fault).contains("canary"));
    assert_eq!(world.api.seen().len() - before, 2, "asked twice, and not for ever");
}

#[tokio::test]
async fn a_metadata_server_that_hangs_or_is_gone_is_said_to() {
    let world = with_a_secret().await;
    let mut settings = world.settings("projects/acme-prod");
    settings.limits.identity = Duration::from_millis(50);
    world.metadata.always(Some(Behaviour::Hang));
    let fault = read(&SecretManager::open(settings)).await.expect_err("no token");
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
    assert!(fault.detail().ends_with("gave no token within 0.05 s"), "{fault}");

    let nowhere = settings_with(&world, vec![("GCE_METADATA_HOST", closed_port().await)]);
    let fault = read(&SecretManager::open(nowhere)).await.expect_err("no token");
    assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
    assert!(fault.detail().ends_with("cannot be reached"), "{fault}");
}

#[tokio::test]
async fn files_of_credentials_that_are_no_use_are_named_and_not_quoted() {
    let world = with_a_secret().await;
    let folder = tempfile::tempdir().expect("a folder");
    let cases = [
        (None, "cannot be read"),
        (Some("canary"), "is not JSON"),
        (Some(r#"{"type":"canary"}"#), "has a `type` that is not known here"),
        (
            Some(r#"{"type":"service_account","client_email":"canary"}"#),
            "lacks a member, or one is malformed",
        ),
        (Some(r#"{"type":"external_account","audience":"canary"}"#), "lacks a member, or one is malformed"),
    ];
    for (content, expected) in cases {
        let path = folder.path().join("key.json");
        if let Some(content) = content {
            std::fs::write(&path, content).expect("written");
        }
        let settings =
            settings_with(&world, vec![("GOOGLE_APPLICATION_CREDENTIALS", path.display().to_string())]);
        let fault = read(&SecretManager::open(settings)).await.expect_err("no credentials");
        assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
        assert!(
            fault.detail().ends_with(expected) && fault.detail().contains("key.json"),
            "{expected}: {fault}"
        );
        assert!(!shown(&fault).contains("canary"), "{}", shown(&fault));
    }
    assert_eq!(world.metadata.seen().len(), 0, "what was named is not passed over");
}

#[tokio::test]
async fn a_file_that_appears_later_is_found() {
    let world = with_a_secret().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("federation.json");
    let settings =
        settings_with(&world, vec![("GOOGLE_APPLICATION_CREDENTIALS", path.display().to_string())]);
    let store = SecretManager::open(settings);
    assert_eq!(value(&store, "a", Stage::Current).await, Err(FaultCode::CloudIdentityMissing));
    std::fs::write(&path, federation(&world, folder.path())).expect("written");
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
    assert_eq!(
        world.metadata.seen()[0].path,
        "/v1/token",
        "workload identity federation exchanged its token"
    );
}

#[tokio::test]
async fn a_clock_that_is_not_googles_is_said_to_be_the_cause() {
    let world = with_a_secret().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("federation.json");
    std::fs::write(&path, federation(&world, folder.path())).expect("written");
    let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim. canary"}"#;
    world.metadata.always(Some(Behaviour::Answer(Reply::bytes(400, body))));
    let settings =
        settings_with(&world, vec![("GOOGLE_APPLICATION_CREDENTIALS", path.display().to_string())]);
    let fault = read(&SecretManager::open(settings)).await.expect_err("refused");
    assert_eq!((fault.code(), fault.hint()), (FaultCode::CloudIdentityMissing, "set this machine's clock"));
    assert!(
        !shown(&fault).contains("canary") && !shown(&fault).contains("subject-token"),
        "{}",
        shown(&fault)
    );
}

async fn with_a_secret() -> World {
    let world = world().await;
    foreign(&world, "a", &["one"]).await;
    let alias = r#"{"versionAliases":{"current":"1"}}"#;
    super::by_hand(&world, "PATCH", "secrets/a?updateMask=versionAliases", alias).await;
    world
}

/// <https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers>
fn federation(world: &World, folder: &std::path::Path) -> String {
    let token = folder.join("subject-token");
    std::fs::write(&token, "subject-token canary").expect("written");
    format!(
        r#"{{"type":"external_account",
            "audience":"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "subject_token_type":"urn:ietf:params:oauth:token-type:jwt",
            "token_url":"{}/v1/token",
            "credential_source":{{"file":"{}"}}}}"#,
        world.metadata.url(),
        token.display()
    )
}

fn settings_with(world: &World, values: Vec<(&'static str, String)>) -> Settings {
    Settings { variables: variables(values), ..world.settings("projects/acme-prod") }
}

pub(super) async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("bound").to_string()
}

async fn read(store: &SecretManager) -> Result<(), Fault> {
    store.read(&entry("a"), Stage::Current).await.map(drop)
}
