use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Delivery, allowed_origin, read};
use crate::{Named, Vouched};

fn said(body: &Value) -> Delivery {
    read(&Vouched::for_test(), body.to_string().as_bytes())
}

/// The vendor's example, as it stands there: `EXP` as text, `ObjectName ` with a blank.
fn data() -> Value {
    json!({"Id": "https://acme-kv.vault.azure.net/secrets/sales/ee059b2bb5bc48398a53b168c6cdcb10",
           "VaultName": "acme-kv", "ObjectType": "Secret", "ObjectName ": "sales",
           "Version": "ee059b2bb5bc48398a53b168c6cdcb10", "NBF": "1559081980", "EXP": "1559082102"})
}

fn event(kind: &str, data: &Value) -> Value {
    json!({"id": "00eccf70-95a7-4e7c-8299-2eb17ee9ad64", "topic": "/subscriptions/s", "subject": "sales",
           "eventType": kind, "eventTime": "2019-07-25T01:08:33.1036736Z", "data": data, "dataVersion": "1", "metadataVersion": "1"})
}

fn cloud_event(kind: &str, data: &Value) -> Value {
    json!({"id": "1", "source": "/subscriptions/s", "subject": "sales", "type": kind, "time": "2019-07-25T01:08:33Z",
           "data": data, "specversion": "1.0"})
}

fn sales() -> Named {
    Named::KeyVault {
        host: Some("acme-kv.vault.azure.net".into()),
        vault: "acme-kv".into(),
        secret: "sales".into(),
    }
}

const NEAR: &str = "Microsoft.KeyVault.SecretNearExpiry";
const EXPIRED: &str = "Microsoft.KeyVault.SecretExpired";

#[test]
fn both_forms_name_the_secret() {
    let secrets = Delivery::Secrets(vec![sales()]);
    for body in [
        json!([event(NEAR, &data())]),
        json!([event(EXPIRED, &data())]),
        cloud_event(NEAR, &data()),
        json!([cloud_event(NEAR, &data())]),
        json!([event(NEAR, &data()), event(NEAR, &data()), event(EXPIRED, &data())]),
    ] {
        assert_eq!(said(&body), secrets, "{body}");
    }
}

#[test]
fn members_are_read_leniently() {
    let without_id = Named::KeyVault { host: None, vault: "acme-kv".into(), secret: "sales".into() };
    for (change, named) in [
        (json!({"NBF": 1559081980, "EXP": 1559082102}), Some(sales())),
        (json!({"NBF": null, "EXP": {"odd": []}}), Some(sales())),
        (json!({"ObjectType": "secret"}), Some(sales())),
        (json!({"ObjectType": "Key"}), None),
        (json!({"Id": null}), Some(without_id.clone())),
        (json!({"Id": "https:///secrets/x"}), Some(without_id.clone())),
        (json!({"Id": "https://acme-kv.vault.azure.net/keys/sales"}), Some(without_id)),
        (json!({"Id": null, "VaultName": ""}), None),
        (json!({"Id": null, "ObjectName ": 7}), None),
    ] {
        let mut data = data();
        data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let expected = named.map_or(Delivery::Malformed, |named| Delivery::Secrets(vec![named]));
        assert_eq!(said(&json!([event(NEAR, &data)])), expected, "{change}");
    }
}

#[test]
fn one_that_cannot_be_read_does_not_cost_the_others_their_turn() {
    let batch = json!([event(NEAR, &json!({})), event(NEAR, &data()), event(NEAR, &json!({"Id": 7}))]);
    assert_eq!(said(&batch), Delivery::Secrets(vec![sales()]));
}

#[test]
fn what_is_about_something_else_names_nothing() {
    for kind in ["Microsoft.KeyVault.SecretNewVersionCreated", "Microsoft.KeyVault.KeyNearExpiry", "x", ""] {
        assert_eq!(said(&json!([event(kind, &data())])), Delivery::Secrets(vec![]), "{kind}");
        assert_eq!(said(&cloud_event(kind, &data())), Delivery::Secrets(vec![]), "{kind}");
    }
    assert_eq!(said(&json!([])), Delivery::Secrets(vec![]));
}

#[test]
fn the_handshake_gives_the_code_back() {
    let kind = "Microsoft.EventGrid.SubscriptionValidationEvent";
    let handshake = |data: &Value| said(&json!([event(kind, data)]));
    let code = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6";
    let whole =
        json!({"validationCode": code, "validationUrl": "https://rp-eastus2.eventgrid.azure.net:553/x"});
    assert_eq!(handshake(&whole), Delivery::Handshake(code.into()));
    for data in [
        json!({}),
        json!({"validationCode": ""}),
        json!({"validationCode": 7}),
        json!({"validationCode": "x".repeat(257)}),
    ] {
        assert_eq!(handshake(&data), Delivery::Malformed, "{data}");
    }
}

#[test]
fn only_event_grid_is_allowed_to_subscribe() {
    for origin in ["eventgrid.azure.net", "eventgrid.azure.com", "eventgrid.azure.us"] {
        assert_eq!(allowed_origin(origin), Some(origin));
    }
    for origin in [
        "",
        "*",
        "evil.example",
        "eventgrid.azure.",
        "eventgrid.azure.net\r\nX: y",
        "EVENTGRID.AZURE.NET",
        "https://eventgrid.azure.net",
    ] {
        assert_eq!(allowed_origin(origin), None, "{origin}");
    }
}

#[test]
fn what_is_no_delivery_is_malformed() {
    for body in ["", "null", "7", "\"x\"", "{", "{}", "[{}]", "[7]", "[[]]", "{\"type\":\"x\"}", "\u{feff}[]"]
    {
        assert_eq!(read(&Vouched::for_test(), body.as_bytes()), Delivery::Malformed, "{body}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(read(&Vouched::for_test(), deep.as_bytes()), Delivery::Malformed);
    let many = Value::Array(vec![event("x", &json!({})); 5001]);
    assert_eq!(said(&many), Delivery::Malformed);
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..700, put in any::<u8>()) {
        drop(read(&Vouched::for_test(), &body));
        let mut real = json!([event(NEAR, &data())]).to_string().into_bytes();
        let at = cut % real.len();
        real[at] = put;
        drop(read(&Vouched::for_test(), &real));
        drop(read(&Vouched::for_test(), &real[..at]));
    }
}
