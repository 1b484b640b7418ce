//! Everything that goes wrong at AWS, as a fault: its code, AWS's request id, a hint, and nothing secret.

use hallpass_cloud_emulator::{Behaviour, Reply, aws};
use hallpass_clouds::aws::{SecretsManager, Settings};
use hallpass_core::{Fault, FaultCode, Secret, Stage, Store};
use serde_json::json;

use super::{KEY, Place, REGION, named, promoted, put, settings, shown};

const VALUE: &str = "canary-value";

async fn stored() -> (Place, SecretsManager) {
    let place = Place::new().await;
    let store = place.store();
    promoted(&store, "a", VALUE, None).await;
    (place, store)
}

async fn read(store: &SecretsManager) -> Fault {
    let fault = store.read(&named("a"), Stage::Current).await.unwrap_err();
    tidy(&fault);
    fault
}

/// What holds for every fault.
fn tidy(fault: &Fault) {
    let text = shown(fault);
    assert!(!text.contains("canary") && !text.contains(KEY), "nothing secret: {text}");
    assert!(!fault.hint().is_empty() && !fault.detail().is_empty());
    assert!(fault.detail().starts_with(|first: char| !first.is_uppercase()), "{fault}");
}

#[tokio::test]
async fn every_refusal_of_a_read_has_its_code_request_id_and_hint() {
    let (place, store) = stored().await;
    let table = [
        (400, "ResourceNotFoundException", "canary", FaultCode::EntryNotFound, "hallpass secret put"),
        (400, "AccessDeniedException", "canary", FaultCode::StoreDenied, "secretsmanager:GetSecretValue"),
        (400, "AccessDeniedException", "Access to KMS is not allowed", FaultCode::StoreDenied, "kms:Decrypt"),
        (400, "ThrottlingException", "canary", FaultCode::StoreThrottled, "wait"),
        (400, "DecryptionFailure", "canary", FaultCode::StoreVersionUnusable, "KMS key"),
        (
            400,
            "InvalidRequestException",
            "canary marked for deletion",
            FaultCode::StoreVersionUnusable,
            "restore-secret",
        ),
        (400, "ExpiredTokenException", "canary", FaultCode::CloudIdentityMissing, "renew"),
        (
            403,
            "InvalidSignatureException",
            "Signature expired: canary",
            FaultCode::CloudIdentityMissing,
            "clock",
        ),
        (
            403,
            "InvalidSignatureException",
            "canary",
            FaultCode::CloudIdentityMissing,
            "AWS_SECRET_ACCESS_KEY",
        ),
        (400, "UnrecognizedClientException", "canary", FaultCode::CloudIdentityMissing, "AWS_ACCESS_KEY_ID"),
        (500, "InternalServiceError", "canary", FaultCode::StoreUnreachable, "second place"),
        (503, "ServiceUnavailable", "canary", FaultCode::StoreUnreachable, "second place"),
        (418, "SomethingNew", "canary", FaultCode::StoreAnswerBad, "region"),
    ];
    for (status, code, message, expected, hint) in table {
        place.door.next(Behaviour::Answer(aws::refusal(status, code, message)));
        let before = place.door.seen().len();
        let fault = read(&store).await;
        assert_eq!(fault.code(), expected, "{code}: {fault}");
        assert!(fault.detail().contains(code) && fault.detail().contains("request 5ee00000-"), "{fault}");
        assert!(fault.detail().contains("`a`") && fault.detail().contains(REGION), "{fault}");
        assert!(fault.hint().contains(hint), "{code}: {}", fault.hint());
        assert_eq!(place.door.seen().len(), before + 1, "{code} is not tried again here");
    }
    assert!(store.read(&named("a"), Stage::Current).await.is_ok(), "and nothing of it stays");
}

#[tokio::test]
async fn a_throttled_answer_says_when_to_come_back() {
    let (place, store) = stored().await;
    let refusal = aws::refusal(400, "ThrottlingException", "Rate exceeded").with("retry-after", "3");
    place.door.next(Behaviour::Answer(refusal));
    assert_eq!(read(&store).await.retry_after(), Some(std::time::Duration::from_secs(3)));
}

#[tokio::test]
async fn the_service_itself_refuses_as_the_table_says() {
    let (place, store) = stored().await;
    place.aws.deny("secretsmanager:GetSecretValue");
    let denied = read(&store).await;
    assert_eq!(denied.code(), FaultCode::StoreDenied);
    assert!(denied.detail().contains("lacks secretsmanager:GetSecretValue"), "{denied}");
    place.aws.allow("secretsmanager:GetSecretValue");

    let absent = store.read(&named("absent"), Stage::Current).await.unwrap_err();
    assert_eq!(absent.code(), FaultCode::EntryNotFound);
    tidy(&absent);
    let no_stage = store.read(&named("a"), Stage::Pending).await.unwrap_err();
    assert_eq!(no_stage.code(), FaultCode::EntryNotFound);
    assert!(no_stage.detail().contains("AWSPENDING"), "{no_stage}");

    let expiring =
        SecretsManager::open(settings(&place.door.url(), REGION, &[("AWS_SESSION_TOKEN", "canary-token")]));
    assert!(expiring.read(&named("a"), Stage::Current).await.is_ok());
    place.aws.expire("canary-token");
    let expired = read(&expiring).await;
    assert_eq!(expired.code(), FaultCode::CloudIdentityMissing);
    assert!(expired.detail().contains("have expired"), "{expired}");

    let elsewhere = SecretsManager::open(settings(&place.door.url(), "us-east-1", &[]));
    assert_eq!(
        read(&elsewhere).await.code(),
        FaultCode::CloudIdentityMissing,
        "a signature for another region"
    );
}

#[tokio::test]
async fn a_disabled_key_makes_the_version_unusable_until_it_is_enabled() {
    let place = Place::new().await;
    let key = place.aws.key(REGION);
    let made = json!({ "Name": "a", "SecretString": VALUE, "KmsKeyId": key });
    place.aws.operate(REGION, "CreateSecret", &made).unwrap();
    let store = place.store();
    place.aws.set_key_enabled(&key, false);
    assert_eq!(read(&store).await.code(), FaultCode::StoreVersionUnusable);
    place.aws.set_key_enabled(&key, true);
    assert!(store.read(&named("a"), Stage::Current).await.is_ok());
}

#[tokio::test]
async fn a_secret_on_its_way_out_is_neither_read_nor_written() {
    let (place, store) = stored().await;
    let current = store.read(&named("a"), Stage::Current).await.unwrap().version;
    place.aws.operate(REGION, "DeleteSecret", &json!({ "SecretId": "a" })).unwrap();
    let a = named("a");
    let refusals = [
        store.read(&a, Stage::Current).await.map(drop),
        store.describe(&a).await.map(drop),
        store.put_pending(&a, Secret::from(VALUE)).await.map(drop),
        store.promote(&a, &current, None).await,
        store.discard(&a, &current).await,
    ];
    for refused in refusals {
        let fault = refused.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreVersionUnusable, "{fault}");
        assert!(fault.hint().contains("restore-secret"), "{fault}");
        tidy(&fault);
    }
    assert_eq!(store.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_where_the_service_says_its_time() {
    let (place, store) = stored().await;
    place.aws.shift_clock(3_600, true);
    let before = place.door.seen().len();
    assert!(
        store.read(&named("a"), Stage::Current).await.is_ok(),
        "one refusal, then signed in the service's time"
    );
    assert!(store.read(&named("a"), Stage::Current).await.is_ok());
    assert_eq!(place.door.seen().len(), before + 3, "the next read knows it already");
}

#[tokio::test]
async fn a_wrong_clock_is_named_where_it_cannot_be_corrected() {
    let (place, store) = stored().await;
    for seconds in [3_600, -3_600] {
        place.aws.shift_clock(seconds, false);
        let fault = read(&store).await;
        assert_eq!(fault.code(), FaultCode::CloudIdentityMissing);
        assert!(
            fault.hint().contains("clock") && fault.detail().contains("InvalidSignatureException"),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn answers_that_are_none_are_bad_answers() {
    let (place, store) = stored().await;
    for reply in [
        Reply::bytes(200, "{\"SecretString\": \"canary"),
        Reply::bytes(200, "[]"),
        Reply::json(200, &json!({ "SecretString": "canary" })),
    ] {
        place.door.next(Behaviour::Answer(reply.with("x-amzn-RequestId", "id-7")));
        assert_eq!(read(&store).await.code(), FaultCode::StoreAnswerBad);
    }
    place.door.next(Behaviour::Answer(Reply::json(
        200,
        &json!({ "VersionId": "7e500000-0000-4000-8000-000000000001" }),
    )));
    assert_eq!(read(&store).await.code(), FaultCode::StoreAnswerBad, "a version without a value");
    let fresh = place.store();
    place.door.always(Some(Behaviour::Garbage));
    let fault = read(&fresh).await;
    assert!(matches!(fault.code(), FaultCode::StoreAnswerBad | FaultCode::StoreUnreachable), "{fault}");
    assert!(fault.detail().contains("does not speak HTTP"), "{fault}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_once_more_and_no_oftener() {
    let (place, store) = stored().await;
    place.door.next(Behaviour::Reset);
    let before = place.door.seen().len();
    assert!(store.read(&named("a"), Stage::Current).await.is_ok(), "an idle connection had died");
    assert_eq!(place.door.seen().len(), before + 2);
    place.door.always(Some(Behaviour::Reset));
    let before = place.door.seen().len();
    let fault = read(&store).await;
    assert_eq!(fault.code(), FaultCode::StoreUnreachable);
    assert!(fault.detail().contains("broke"), "{fault}");
    assert_eq!(place.door.seen().len(), before + 2);
}

#[tokio::test]
async fn a_put_that_is_repeated_makes_one_version() {
    let (place, store) = stored().await;
    // The look passes, the put is done and its answer lost, the repetition carries the same token.
    place.door.next(Behaviour::Truth);
    place.door.next(Behaviour::Reset);
    let two = put(&store, "a", "two").await;
    let pending: Vec<_> = place
        .aws
        .labels(REGION, "a")
        .into_iter()
        .filter(|(_, labels)| labels.contains("AWSPENDING"))
        .collect();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].0, two.as_str());
}

#[tokio::test]
async fn who_does_not_answer_is_unreachable_and_it_is_said_how() {
    let gone = {
        let place = Place::new().await;
        place.door.url()
    };
    let refused = read(&SecretsManager::open(settings(&gone, REGION, &[]))).await;
    assert_eq!(refused.code(), FaultCode::StoreUnreachable);
    assert!(refused.detail().contains("accepts no connection"), "{refused}");
    // A label of more than 63 bytes is no name (RFC 1035, 2.3.4), so nobody is asked about it.
    let endpoint = format!("https://{}.invalid", "a".repeat(64));
    let nowhere = read(&SecretsManager::open(settings(&endpoint, REGION, &[]))).await;
    assert_eq!(nowhere.code(), FaultCode::StoreUnreachable);
    assert!(nowhere.detail().contains("no host's name"), "{nowhere}");
}

#[tokio::test]
async fn who_hangs_is_given_up_when_the_time_is_over() {
    let place = Place::new().await;
    place.door.always(Some(Behaviour::Hang));
    let within = std::time::Duration::from_millis(50);
    let fault = read(&SecretsManager::open(Settings { within, ..place.settings() })).await;
    assert_eq!(fault.code(), FaultCode::StoreUnreachable);
    assert!(fault.detail().contains("no answer in time"), "{fault}");
    assert!(place.door.seen().len() <= 1, "a request that hangs is not repeated");
}

#[tokio::test]
async fn values_that_aws_does_not_keep_are_refused_before_anything_is_sent() {
    let (place, store) = stored().await;
    let before = place.door.seen().len();
    for value in [Secret::from(""), Secret::new(vec![b'x'; 64 * 1024 + 1])] {
        let fault = store.put_pending(&named("a"), value).await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::CredentialMalformed);
        tidy(&fault);
    }
    assert_eq!(place.door.seen().len(), before);
    let strange = store.put_pending(&named("a b"), Secret::from(VALUE)).await.unwrap_err();
    assert_eq!(strange.code(), FaultCode::ReferenceMalformed);
    tidy(&strange);
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:new";
    let absent = store.put_pending(&named(arn), Secret::from(VALUE)).await.unwrap_err();
    assert_eq!((absent.code(), absent.hint().contains("by its name")), (FaultCode::EntryNotFound, true));
}

#[tokio::test]
async fn every_write_names_the_permission_it_lacks() {
    for (action, create) in [
        ("secretsmanager:DescribeSecret", false),
        ("secretsmanager:PutSecretValue", false),
        ("secretsmanager:CreateSecret", true),
        ("secretsmanager:UpdateSecretVersionStage", false),
    ] {
        let (place, store) = stored().await;
        let current = store.read(&named("a"), Stage::Current).await.unwrap().version;
        let pending = put(&store, "a", "two").await;
        place.aws.deny(action);
        let name = named(if create { "new" } else { "a" });
        let fault = match action {
            "secretsmanager:UpdateSecretVersionStage" => {
                store.promote(&name, &pending, Some(&current)).await.unwrap_err()
            }
            _ => store.put_pending(&name, Secret::from(VALUE)).await.unwrap_err(),
        };
        assert_eq!(fault.code(), FaultCode::StoreDenied, "{action}: {fault}");
        assert!(fault.detail().contains(action) && fault.hint().contains(action), "{fault}");
        tidy(&fault);
    }
}
