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
    assert!(fault.hint().contains("`local`, `env`, `file`"), "{}", fault.hint());
}

#[test]
fn the_clouds_are_known_and_not_in_this_build() {
    for scheme in ["aws-sm", "aws-kms-env", "azure-kv", "azure-appconfig", "gcp-sm"] {
        let fault = Reference::parse(&format!("{scheme}:canary?region=x")).unwrap_err();
        assert_eq!(fault.code(), FaultCode::ReferenceMalformed);
        assert_eq!(fault.detail(), format!("this build cannot read `{scheme}:` references"));
        assert!(!said(&fault).contains("canary"));
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
