//! What may follow what: a credential never gives way to an older one, unless the primary says so.

use std::cmp::Ordering;

use hallpass_core::{Credential, Fault, FaultCode};

/// Whether `read` may take the place of `held`.
///
/// The primary may bring anything: somebody put an older version back on purpose. Any other place may lag behind, so it must show a serial that is
/// not lower. Where both serials are the same, or there are none, another secret may be newer or older: it is taken only if what is held
/// is `doubted` anyway.
///
/// # Errors
/// Why not, for the list of attempts.
pub(super) fn may_follow(
    held: Option<&Credential>,
    read: &Credential,
    from_primary: bool,
    doubted: bool,
) -> Result<(), Fault> {
    let Some(held) = held.filter(|_| !from_primary) else { return Ok(()) };
    // No serial counts as older than any.
    match read.serial().cmp(&held.serial()) {
        Ordering::Greater => Ok(()),
        Ordering::Equal if doubted || read.fingerprint() == held.fingerprint() => Ok(()),
        Ordering::Equal => Err(lags("another secret of the same serial as the one in memory")),
        Ordering::Less => Err(lags("an older version than the one in memory")),
    }
}

fn lags(what: &str) -> Fault {
    Fault::new(FaultCode::StoreAnswerBad, format!("it holds {what}"))
        .with_hint("wait until the replica has caught up, or bring the primary back")
}

#[cfg(test)]
mod tests {
    use super::may_follow;
    use hallpass_core::{Credential, Secret, Version};
    use proptest::prelude::*;

    fn credential(serial: Option<u64>, secret: u8) -> Credential {
        let mut value = serde_json::json!({ "client_id": "id", "client_secret": secret.to_string() });
        if let Some(serial) = serial {
            value["serial"] = serial.into();
        }
        Credential::parse(&Secret::from(value.to_string()), Version::new("v"), &["client_secret"]).unwrap()
    }

    fn follows(held: (Option<u64>, u8), read: (Option<u64>, u8), doubted: bool) -> bool {
        let (held, read) = (credential(held.0, held.1), credential(read.0, read.1));
        may_follow(Some(&held), &read, false, doubted).is_ok()
    }

    #[test]
    fn a_replica_brings_newer_or_the_same() {
        for doubted in [false, true] {
            assert!(follows((Some(7), 1), (Some(8), 2), doubted));
            assert!(follows((Some(7), 1), (Some(7), 1), doubted));
            assert!(follows((None, 1), (Some(1), 2), doubted));
            assert!(!follows((Some(7), 1), (Some(6), 2), doubted));
            assert!(!follows((Some(7), 1), (None, 2), doubted), "no serial is older than any");
            assert!(!follows((Some(7), 1), (Some(6), 1), doubted), "the serial must not go back either");
        }
    }

    #[test]
    fn of_unknown_order_it_is_taken_only_when_what_is_held_is_doubted() {
        assert!(!follows((Some(7), 1), (Some(7), 2), false) && follows((Some(7), 1), (Some(7), 2), true));
        assert!(!follows((None, 1), (None, 2), false) && follows((None, 1), (None, 2), true));
    }

    proptest! {
        #[test]
        fn only_the_primary_lowers_the_serial(
            held in prop::option::of(0u64..5), read in prop::option::of(0u64..5), secrets in (0u8..3, 0u8..3), doubted: bool
        ) {
            let (held, read) = (credential(held, secrets.0), credential(read, secrets.1));
            prop_assert!(may_follow(Some(&held), &read, true, doubted).is_ok());
            prop_assert!(may_follow(None, &read, false, doubted).is_ok());
            if may_follow(Some(&held), &read, false, doubted).is_ok() {
                prop_assert!(read.serial() >= held.serial());
            }
        }
    }
}
