use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Push, read};
use crate::{Named, Vouched};

fn push(attributes: &Value, data: &Value) -> Value {
    json!({"message": {"attributes": attributes, "data": STANDARD.encode(data.to_string()), "messageId": "2070443601311540",
                       "message_id": "2070443601311540", "publishTime": "2026-02-26T19:13:55.749Z"},
           "subscription": "projects/acme-prod/subscriptions/rotate"})
}

fn rotate() -> Value {
    let attributes = json!({"eventType": "SECRET_ROTATE", "secretId": "projects/4711/secrets/queue",
                            "dataFormat": "JSON_API_V1", "timestamp": "2026-02-26T19:13:55.749Z"});
    push(
        &attributes,
        &json!({"name": "projects/4711/secrets/queue", "rotation": {"rotationPeriod": "86400s"}}),
    )
}

fn said(body: &Value) -> Push {
    read(&Vouched::for_test(), body.to_string().as_bytes())
}

fn queue(location: Option<&str>) -> Push {
    let location = location.map(Into::into);
    Push::Rotate(Named::Google { project: "4711".into(), location, secret: "queue".into() })
}

#[test]
fn a_rotation_that_is_asked_for_names_its_secret() {
    assert_eq!(said(&rotate()), queue(None));
    let kind = json!({"eventType": "SECRET_ROTATE"});
    assert_eq!(said(&push(&kind, &json!({"name": "projects/4711/secrets/queue"}))), queue(None));
    let regional = json!({"name": "projects/4711/locations/europe-west3/secrets/queue"});
    assert_eq!(said(&push(&kind, &regional)), queue(Some("europe-west3")));
}

#[test]
fn everything_else_that_happens_to_a_secret_is_ignored() {
    for kind in [
        "SECRET_CREATE",
        "SECRET_UPDATE",
        "SECRET_DELETE",
        "SECRET_VERSION_ADD",
        "SECRET_VERSION_ENABLE",
        "SECRET_VERSION_DISABLE",
        "SECRET_VERSION_DESTROY",
        "SECRET_VERSION_DESTROY_SCHEDULED",
        "TOPIC_CONFIGURED",
        "secret_rotate",
        "",
    ] {
        let mut body = rotate();
        body["message"]["attributes"]["eventType"] = kind.into();
        assert_eq!(said(&body), Push::Other, "{kind}");
    }
}

#[test]
fn what_is_no_push_about_a_secret_is_malformed() {
    let kind = json!({"eventType": "SECRET_ROTATE"});
    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({"message": 7}),
        json!({"message": {}}),
        json!({"message": {"attributes": kind, "data": "!"}}),
        json!({"message": {"attributes": kind, "data": 7}}),
        json!({"message": {"attributes": kind, "data": STANDARD.encode([255, 254])}}),
        push(&kind, &json!({})),
        push(&kind, &json!({"name": 7})),
        push(&json!({"eventType": "SECRET_ROTATE", "secretId": "projects//secrets/queue"}), &json!({})),
        push(
            &json!({"eventType": "SECRET_ROTATE", "secretId": "projects/4711/secrets/queue/versions/1"}),
            &json!({}),
        ),
        push(
            &json!({"eventType": "SECRET_ROTATE", "secretId": "projects/4711/locations//secrets/queue"}),
            &json!({}),
        ),
        push(&json!({"eventType": 7}), &json!({})),
    ] {
        assert_eq!(said(&body), Push::Malformed, "{body}");
    }
    for body in ["", "{", "\u{0}"] {
        assert_eq!(read(&Vouched::for_test(), body.as_bytes()), Push::Malformed);
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..700, put in any::<u8>()) {
        drop(read(&Vouched::for_test(), &body));
        let mut real = rotate().to_string().into_bytes();
        let at = cut % real.len();
        real[at] = put;
        drop(read(&Vouched::for_test(), &real));
        drop(read(&Vouched::for_test(), &real[..at]));
    }
}
