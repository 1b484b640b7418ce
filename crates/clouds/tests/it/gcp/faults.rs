//! Every way in which Google refuses or fails, as the fault it becomes: its code, Google's own request id, a hint, nothing secret.

use std::time::Duration;

use hallpass_cloud_emulator::{Authority, Behaviour, Reply, StandIn};
use hallpass_clouds::gcp::SecretManager;
use hallpass_core::{Fault, FaultCode, Secret, Stage, Store};

use super::identity::closed_port;
use super::{World, by_hand, entry, promoted, put, shown, world};

/// One answer, and the fault it becomes.
struct Case {
    meets: Behaviour,
    code: FaultCode,
    detail: &'static str,
    hint: &'static str,
}

#[tokio::test]
async fn whatever_a_read_meets_is_a_typed_fault() {
    let world = stored().await;
    for case in reads() {
        let label = format!("{:?}", case.meets);
        world.api.always(Some(case.meets));
        let fault = read(&world).await.expect_err(&label);
        world.api.always(None);
        judge(&fault, case.code, case.detail, case.hint);
    }
}

fn reads() -> Vec<Case> {
    let case = |meets, code, detail, hint| Case { meets, code, detail, hint };
    vec![
        case(
            google(403, "PERMISSION_DENIED", "canary", "IAM_PERMISSION_DENIED"),
            FaultCode::StoreDenied,
            "secretmanager.versions.access (PERMISSION_DENIED, IAM_PERMISSION_DENIED, request req-1)",
            "gcloud secrets add-iam-policy-binding a --project=acme-prod --role=roles/secretmanager.secretAccessor",
        ),
        case(
            google(403, "PERMISSION_DENIED", "has not been used", "SERVICE_DISABLED"),
            FaultCode::StoreDenied,
            "SERVICE_DISABLED",
            "gcloud services enable secretmanager.googleapis.com --project=acme-prod",
        ),
        case(
            google(404, "NOT_FOUND", "Secret [canary] not found.", "X"),
            FaultCode::EntryNotFound,
            "request req-1",
            "hallpass secret put",
        ),
        case(
            google(429, "RESOURCE_EXHAUSTED", "Quota canary", "RATE_LIMIT_EXCEEDED"),
            FaultCode::StoreThrottled,
            "request req-1",
            "another program reads",
        ),
        case(
            google(400, "FAILED_PRECONDITION", "Secret Version [canary] is in DISABLED state.", "X"),
            FaultCode::StoreVersionUnusable,
            "its version is disabled",
            "gcloud secrets versions enable",
        ),
        case(
            google(400, "FAILED_PRECONDITION", "Secret Version [canary] is in DESTROYED state.", "X"),
            FaultCode::StoreVersionUnusable,
            "its version is destroyed",
            "store a new one",
        ),
        case(
            google(400, "FAILED_PRECONDITION", "Cloud KMS key canary is disabled.", "KMS_KEY_DISABLED"),
            FaultCode::StoreVersionUnusable,
            "its encryption key cannot be used (FAILED_PRECONDITION, KMS_KEY_DISABLED, request req-1)",
            "Cloud KMS key",
        ),
        case(
            google(503, "UNAVAILABLE", "canary", "X"),
            FaultCode::StoreUnreachable,
            "UNAVAILABLE",
            "second place",
        ),
        case(google(500, "INTERNAL", "canary", "X"), FaultCode::StoreUnreachable, "INTERNAL", "second place"),
        case(html(502), FaultCode::StoreUnreachable, "HTTP status 502", "second place"),
        case(html(404), FaultCode::StoreAnswerBad, "HTTP status 404", "project"),
        case(answer(200, "canary"), FaultCode::StoreAnswerBad, "not one of Secret Manager", "project"),
        case(answer(200, r#"{"name":"canary"}"#), FaultCode::StoreAnswerBad, "names no version", "project"),
        case(
            answer(200, r#"{"name":"projects/1/secrets/a/versions/1","payload":{"data":"Y2FuYXJ5"}}"#),
            FaultCode::StoreAnswerBad,
            "without its checksum",
            "project",
        ),
        case(
            answer(200, r#"{"name":"projects/1/secrets/a/versions/1","payload":"canary"}"#),
            FaultCode::StoreAnswerBad,
            "not one of Secret Manager",
            "project",
        ),
        case(Behaviour::Garbage, FaultCode::StoreAnswerBad, "not one of Secret Manager", "project"),
        case(Behaviour::Reset, FaultCode::StoreUnreachable, "the connection broke", "second place"),
    ]
}

#[tokio::test]
async fn whatever_a_write_meets_is_a_typed_fault() {
    let world = stored().await;
    let denied = [
        ("secretmanager.secrets.get", "roles/secretmanager.viewer"),
        ("secretmanager.versions.add", "roles/secretmanager.secretVersionAdder"),
        ("secretmanager.secrets.update", "roles/secretmanager.admin"),
    ];
    for (permission, role) in denied {
        world.google.deny(permission);
        let fault = world.store().put_pending(&entry("a"), Secret::from("canary")).await.expect_err("denied");
        world.google.allow();
        judge(&fault, FaultCode::StoreDenied, permission, role);
    }
    world.google.deny("secretmanager.secrets.create");
    let fault = world.store().put_pending(&entry("b"), Secret::from("canary")).await.expect_err("denied");
    world.google.allow();
    judge(&fault, FaultCode::StoreDenied, "secretmanager.secrets.create", "roles/secretmanager.admin");

    world.google.deny("secretmanager.secrets.list");
    let fault = world.store().list().await.expect_err("denied");
    world.google.allow();
    judge(
        &fault,
        FaultCode::StoreDenied,
        "secretmanager.secrets.list",
        "gcloud projects add-iam-policy-binding acme-prod",
    );

    world.api.next(Behaviour::Truth);
    world.api.next(google(400, "INVALID_ARGUMENT", "canary", "X"));
    let fault = world.store().put_pending(&entry("a"), Secret::from("canary")).await.expect_err("not taken");
    judge(&fault, FaultCode::StoreUnwritable, "INVALID_ARGUMENT, X, request req-1", "65536 bytes");
}

#[tokio::test]
async fn throttling_says_when_to_come_back_if_google_does() {
    let world = stored().await;
    world.google.throttle(Some(7));
    let fault = read(&world).await.expect_err("throttled");
    assert_eq!(
        (fault.code(), fault.retry_after()),
        (FaultCode::StoreThrottled, Some(Duration::from_secs(7)))
    );
    world.google.throttle(None);
    assert_eq!(read(&world).await.expect_err("throttled").retry_after(), None);
    world.api.next(Behaviour::Answer(Reply::bytes(429, "slow down").with("retry-after", "9")));
    let fault = read(&world).await.expect_err("throttled");
    assert_eq!(
        (fault.code(), fault.retry_after()),
        (FaultCode::StoreThrottled, Some(Duration::from_secs(9)))
    );
}

#[tokio::test]
async fn a_reader_that_may_only_access_learns_what_an_entry_without_the_alias_needs() {
    let world = world().await;
    super::foreign(&world, "a", &["canary"]).await;
    world.google.deny("secretmanager.versions.list");
    let fault = read(&world).await.expect_err("it cannot look");
    judge(
        &fault,
        FaultCode::StoreDenied,
        "secretmanager.versions.list",
        "--update-version-aliases=current=N",
    );
}

#[tokio::test]
async fn a_value_that_does_not_match_its_checksum_is_never_used() {
    let world = stored().await;
    world.google.corrupt(true);
    let fault = read(&world).await.expect_err("corrupt");
    judge(&fault, FaultCode::StoreAnswerBad, "does not match its checksum", "read again");
    world.google.corrupt(false);
    read(&world).await.expect("it was the transfer");
}

#[tokio::test]
async fn one_reset_on_a_pooled_connection_costs_nobody_anything() {
    let world = stored().await;
    let store = world.store();
    store.read(&entry("a"), Stage::Current).await.expect("a connection is pooled");
    world.api.next(Behaviour::Reset);
    store.read(&entry("a"), Stage::Current).await.expect("asked once more");
}

#[tokio::test]
async fn refused_connections_foreign_certificates_and_silence_are_told_apart() {
    let world = stored().await;
    let mut settings = world.settings("projects/acme-prod");
    settings.endpoint = Some(format!("http://{}", closed_port().await));
    let fault = SecretManager::open(settings).read(&entry("a"), Stage::Current).await.expect_err("closed");
    judge(&fault, FaultCode::StoreUnreachable, "the connection is refused", "second place");

    let api = StandIn::start(world.google.clone(), Some(&Authority::new())).await.expect("a port");
    let mut settings = world.settings("projects/acme-prod");
    settings.endpoint = Some(api.url());
    let fault =
        SecretManager::open(settings).read(&entry("a"), Stage::Current).await.expect_err("not trusted");
    judge(&fault, FaultCode::StoreUnreachable, "no TLS connection can be made", "second place");

    world.api.always(Some(Behaviour::Hang));
    let mut settings = world.settings("projects/acme-prod");
    settings.limits.read = Duration::from_millis(100);
    settings.limits.write = Duration::from_millis(100);
    let store = SecretManager::open(settings);
    let fault = store.read(&entry("a"), Stage::Current).await.expect_err("silent");
    judge(&fault, FaultCode::StoreUnreachable, "no answer within 0.1 s", "second place");
    let fault = store.put_pending(&entry("a"), Secret::from("canary")).await.expect_err("silent");
    judge(&fault, FaultCode::StoreUnreachable, "no answer within 0.1 s", "second place");
}

#[tokio::test]
async fn a_name_that_google_cannot_have_is_never_sent() {
    let world = world().await;
    for name in ["prod/queue-sync", "a:access", "a b", "ключ"] {
        let fault = world.store().read(&entry(name), Stage::Current).await.expect_err("not a name");
        assert_eq!(fault.code(), FaultCode::ReferenceMalformed, "{name}");
        assert!(fault.hint().contains("1 to 255 letters"), "{}", fault.hint());
    }
    assert!(world.asked().is_empty() && world.metadata.seen().is_empty());
}

#[tokio::test]
async fn a_pending_version_that_somebody_disabled_is_said_to_be() {
    let world = stored().await;
    put(&world.store(), "a", "canary").await;
    by_hand(&world, "POST", "secrets/a/versions/2:disable", "{}").await;
    let fault = world.store().read(&entry("a"), Stage::Pending).await.expect_err("disabled");
    judge(&fault, FaultCode::StoreVersionUnusable, "its version is disabled", "enable");
}

async fn stored() -> World {
    let world = world().await;
    promoted(&world.store(), "a", "canary", None).await;
    world
}

async fn read(world: &World) -> Result<(), Fault> {
    world.store().read(&entry("a"), Stage::Current).await.map(drop)
}

fn judge(fault: &Fault, code: FaultCode, detail: &str, hint: &str) {
    let shown = shown(fault);
    assert_eq!(fault.code(), code, "{shown}");
    assert!(fault.detail().contains(detail), "{detail} in {shown}");
    assert!(fault.hint().contains(hint), "{hint} in {shown}");
    assert!(fault.detail().starts_with(|first: char| !first.is_uppercase()), "{shown}");
    for secret in ["canary", "Y2FuYXJ5", "ya29"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

fn google(http: u16, status: &str, message: &str, reason: &str) -> Behaviour {
    let body = format!(
        r#"{{"error":{{"code":{http},"message":"{message}","status":"{status}","details":[
            {{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}","domain":"googleapis.com"}},
            {{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"req-1"}}]}}}}"#
    );
    answer(http, &body)
}

fn html(http: u16) -> Behaviour {
    answer(http, "<!DOCTYPE html><title>Error canary</title>")
}

fn answer(http: u16, body: &str) -> Behaviour {
    Behaviour::Answer(Reply::bytes(http, body.to_owned()).with("content-type", "application/json"))
}
