//! Reference texts, good and bad.

use hallpass_core::FaultCode;
use hallpass_stores::{Reference, Scheme};
use proptest::prelude::*;

use crate::fakes::said;

#[test]
fn the_scheme_ends_at_the_first_colon_and_the_rest_is_decoded() {
    for (text, scheme, entry) in [
        ("local:queue-sync", Scheme::Local, "queue-sync"),
        ("local:prod/queue:sync", Scheme::Local, "prod/queue:sync"),
        ("env:QUEUE_SYNC", Scheme::Env, "QUEUE_SYNC"),
        ("file:secrets/queue%20sync.json", Scheme::File, "secrets/queue sync.json"),
        ("file:/run/secrets/a+b", Scheme::File, "/run/secrets/a+b"),
        ("file:why%3f", Scheme::File, "why?"),
        ("local:100%25", Scheme::Local, "100%"),
        ("local:caf%C3%A9", Scheme::Local, "caf\u{e9}"),
        ("local:caf\u{e9}", Scheme::Local, "caf\u{e9}"),
    ] {
        let reference = Reference::parse(text).unwrap();
        assert_eq!((reference.scheme, reference.entry.as_str()), (scheme, entry), "{text}");
    }
}

#[test]
fn a_malformed_reference_is_refused_and_its_rest_not_echoed() {
    for text in [
        "",
        "canary",
        ":canary",
        "CANARY:canary",
        "canary7f:x",
        "Local:canary",
        " local:canary",
        "canarycanarycanary:canary",
        "local:",
        "local:canary%",
        "local:canary%4",
        "local:canary%zz",
        "local:canary%+1",
        "local:canary%ff",
        "local:canary%00",
        "local:canary\n",
        "local:canary?canary=canary",
        "env:canary?",
        "vault:canary",
    ] {
        let fault = Reference::parse(text).unwrap_err();
        assert_eq!(fault.code(), FaultCode::ReferenceMalformed, "{text}");
        assert!(!said(&fault).to_lowercase().contains("canary"), "{fault}");
    }
}

#[test]
fn an_unknown_scheme_is_told_which_there_are() {
    let fault = Reference::parse("vault:x").unwrap_err();
    assert!(fault.detail().contains("`vault`"), "{fault}");
    assert!(fault.hint().contains("`local`, `env`, `file`, `aws-sm`"), "{}", fault.hint());
}

#[test]
fn the_references_of_clouds_are_taken_apart() {
    for (text, entry, house, region) in [
        ("aws-sm:prod/queue-sync", "prod/queue-sync", None, None),
        ("aws-sm:prod/q?region=eu-west-1", "prod/q", None, Some("eu-west-1")),
        (ARN_REFERENCE, ARN, None, Some("us-east-1")),
        ("aws-kms-env:SECRET?region=us-east-1", "SECRET", None, Some("us-east-1")),
        ("aws-extension:prod/q", "prod/q", None, None),
        ("azure-kv:https://v.vault.azure.net/secrets/q", "q", Some("https://v.vault.azure.net"), None),
        ("azure-appconfig:https://s.azconfig.io/kv/a/b", "a/b", Some("https://s.azconfig.io"), None),
        ("gcp-sm:projects/p/secrets/s", "s", Some("projects/p"), None),
        ("gcp-sm:projects/p/locations/l/secrets/s", "s", Some("projects/p/locations/l"), None),
    ] {
        let reference = Reference::parse(text).unwrap();
        assert_eq!(reference.entry.as_str(), entry, "{text}");
        assert_eq!(reference.house.as_deref(), house, "{text}");
        assert_eq!(reference.options.region.as_deref(), region, "{text}");
        let written = reference.to_string();
        assert_eq!(Reference::parse(&written).unwrap(), reference, "{text} as {written}");
    }
    for text in [
        "aws-sm:prod/q?region=eu-west-1&endpoint=http://127.0.0.1:1",
        "local:a%25b%3Fc",
        "azure-appconfig:https://s.azconfig.io/kv/k?label=a%26b",
    ] {
        assert_eq!(Reference::parse(text).unwrap().to_string(), text);
    }
    let labelled = Reference::parse("azure-appconfig:https://s.azconfig.io/kv/k?label=a%26b").unwrap();
    assert_eq!(labelled.options.label.as_deref(), Some("a&b"));
    let elsewhere = Reference::parse("gcp-sm:projects/p/secrets/s?endpoint=http://127.0.0.1:1").unwrap();
    assert_eq!(elsewhere.options.endpoint.as_deref(), Some("http://127.0.0.1:1"));
}

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/q-AbCdEf";
const ARN_REFERENCE: &str =
    "aws-sm:arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/q-AbCdEf?region=us-east-1";

#[test]
fn a_reference_that_a_cloud_would_misread_is_refused() {
    for text in [
        "aws-sm:arn:aws:secretsmanager:us-east-1:1:secret:canary?region=eu-west-1",
        "aws-sm:arn:aws:kms:us-east-1:1:key/canary",
        "aws-sm:arn:aws:secretsmanager::1:secret:canary",
        "aws-extension:canary?region=us-east-1",
        "aws-sm:canary?version=3",
        "aws-sm:canary?region=",
        "aws-sm:canary?region=a&region=b",
        "aws-sm:canary?region",
        "azure-kv:canary",
        "azure-kv:http://canary/secrets/x",
        "azure-kv:https://v/secrets/canary/0123456789abcdef0123456789abcdef",
        "azure-kv:https://user@canary/secrets/x",
        "azure-kv:https://v/keys/canary",
        "azure-kv:https://v/secrets/canary?label=x",
        "azure-appconfig:https://s/kv/",
        "gcp-sm:canary",
        "gcp-sm:projects/p/secrets/canary/versions/3",
        "gcp-sm:projects//secrets/canary",
    ] {
        let fault = Reference::parse(text).unwrap_err();
        assert_eq!(fault.code(), FaultCode::ReferenceMalformed, "{text}");
        assert!(!said(&fault).contains("canary"), "{text}: {fault}");
    }
}

proptest! {
    #[test]
    fn any_entry_survives_full_encoding(entry in "[^\\p{Cc}]{1,100}") {
        let encoded: String = entry.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let reference = Reference::parse(&format!("local:{encoded}")).unwrap();
        prop_assert_eq!(reference.entry.as_str(), entry);
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        drop(Reference::parse(&text));
    }
}
