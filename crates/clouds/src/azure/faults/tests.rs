use std::time::Duration;

use hallpass_core::FaultCode;

use super::{Asked, Doing, refused, silent};
use crate::azure::answers::{Refusal, Silence};

const ASKED: Asked<'_> = Asked { place: "v.vault.azure.net", entry: "queue-sync", doing: Doing::Get };

fn refusal(status: u16, code: &str, inner: &str) -> Refusal {
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let request_id = Some("0000-id".to_owned());
    Refusal { status, code: told(code), inner: told(inner), request_id, retry_after: None }
}

#[test]
fn every_status_has_a_fault_by_what_remedies_it() {
    let table = [
        (404, "SecretNotFound", "", FaultCode::EntryNotFound),
        (403, "Forbidden", "ForbiddenByRbac", FaultCode::StoreDenied),
        (403, "Forbidden", "ForbiddenByConnection", FaultCode::StoreDenied),
        (403, "Forbidden", "SecretDisabled", FaultCode::StoreVersionUnusable),
        (401, "Unauthorized", "", FaultCode::CloudIdentityMissing),
        (409, "Conflict", "ObjectIsDeletedButRecoverable", FaultCode::StoreVersionUnusable),
        (409, "Conflict", "ObjectIsBeingRecovered", FaultCode::VersionConflict),
        (429, "Throttled", "", FaultCode::StoreThrottled),
        (400, "BadParameter", "", FaultCode::StoreAnswerBad),
        (408, "", "", FaultCode::StoreUnreachable),
        (500, "", "", FaultCode::StoreAnswerBad),
        (502, "", "", FaultCode::StoreUnreachable),
        (504, "", "", FaultCode::StoreUnreachable),
        (302, "", "", FaultCode::StoreAnswerBad),
    ];
    for (status, code, inner, expected) in table {
        let fault = refused(&refusal(status, code, inner), ASKED);
        assert_eq!(fault.code(), expected, "{status} {inner}");
        for part in ["`queue-sync` in `v.vault.azure.net`", "request id 0000-id", code, inner] {
            assert!(fault.detail().contains(part), "{status}: {fault}");
        }
    }
    let put = refused(&refusal(400, "BadParameter", ""), Asked { doing: Doing::Set, ..ASKED });
    assert_eq!(put.code(), FaultCode::StoreUnwritable);
}

#[test]
fn a_denial_names_the_permission_of_what_was_done() {
    for doing in [Doing::Get, Doing::List, Doing::Set, Doing::Update, Doing::Configuration] {
        let fault = refused(&refusal(403, "Forbidden", "ForbiddenByRbac"), Asked { doing, ..ASKED });
        assert!(
            fault.detail().contains(doing.permission()) && fault.hint().contains(doing.permission()),
            "{fault}"
        );
    }
}

#[test]
fn only_a_throttle_carries_a_wait() {
    let after = Some(Duration::from_secs(7));
    let waited =
        |status| refused(&Refusal { retry_after: after, ..refusal(status, "", "") }, ASKED).retry_after();
    assert_eq!(waited(429), after);
    assert_eq!(waited(503), None);
}

#[test]
fn silence_says_which_kind_it_was() {
    let table = [
        (Silence::NoConnection("the name is not known (DNS)"), FaultCode::StoreUnreachable, "DNS"),
        (Silence::TimedOut(Duration::from_secs(5)), FaultCode::StoreUnreachable, "within 5000 ms"),
        (Silence::Broken, FaultCode::StoreAnswerBad, "broke off"),
        (Silence::Unreadable, FaultCode::StoreAnswerBad, "documented form"),
    ];
    for (silence, code, part) in table {
        let fault = silent(&silence, ASKED);
        assert_eq!(fault.code(), code);
        assert!(fault.detail().contains(part), "{fault}");
    }
}
