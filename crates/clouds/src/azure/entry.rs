//! What a vault accepts as a name and as a value. Pure.

use hallpass_core::{EntryName, Fault, FaultCode, Secret};

/// What is put behind an entry's name to name the secret that holds its PENDING value. An unversioned read of a vault returns the newest
/// version, so a pending value must lie under another name than the one that readers know; `/` and `_` are not allowed in names.
pub const PENDING_ENDING: &str = "-pending";

/// The longest name of a secret, in bytes: <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers>
pub const LONGEST_NAME: usize = 127;

/// The longest value, in bytes: "25k" by <https://learn.microsoft.com/azure/key-vault/secrets/about-secrets>, which the service reads as
/// 25 × 1024.
pub const MOST_BYTES: usize = 25 * 1024;

/// An entry's name as the vault's secret.
///
/// # Errors
/// `reference-malformed` when a vault does not accept such a name, or when it is one of a pending value.
pub(super) fn secret_of(entry: &EntryName) -> Result<&str, Fault> {
    let name = entry.as_str();
    if !is_name(name) {
        let what = format!("`{name}` is no name of a secret in Key Vault");
        let fault = Fault::new(FaultCode::ReferenceMalformed, what);
        return Err(
            fault.with_hint("use 1 to 127 letters, digits and hyphens, for example `prod-queue-sync`")
        );
    }
    if ends_as_pending(name) {
        let what = format!(
            "`{name}` ends in `{PENDING_ENDING}`, under which hallpass keeps values that are not promoted yet"
        );
        return Err(
            Fault::new(FaultCode::ReferenceMalformed, what).with_hint("choose a name with another ending")
        );
    }
    Ok(name)
}

/// The secret that holds the pending value of `secret`.
///
/// # Errors
/// `reference-malformed` when there is no room for the ending.
pub(super) fn pending_of(secret: &str) -> Result<String, Fault> {
    if secret.len() + PENDING_ENDING.len() > LONGEST_NAME {
        let most = LONGEST_NAME - PENDING_ENDING.len();
        let what = format!("`{secret}` has {} bytes", secret.len());
        let hint =
            format!("use at most {most} bytes: the name of the pending value is `NAME{PENDING_ENDING}`");
        return Err(Fault::new(FaultCode::ReferenceMalformed, what).with_hint(hint));
    }
    Ok(format!("{secret}{PENDING_ENDING}"))
}

/// The value as the text that a vault stores.
///
/// # Errors
/// `store-unwritable` when it is longer than a vault takes, or no text.
pub(super) fn text_of<'a>(secret: &str, value: &'a Secret) -> Result<&'a str, Fault> {
    let unwritable = |what: String, hint: &str| Fault::new(FaultCode::StoreUnwritable, what).with_hint(hint);
    if value.len() > MOST_BYTES {
        let what = format!("`{secret}`: a value of more than {MOST_BYTES} bytes");
        return Err(unwritable(what, "store less: Key Vault takes at most 25 KiB per value"));
    }
    value.expose_str().ok_or_else(|| {
        let what = format!("`{secret}`: a value that is not UTF-8");
        unwritable(what, "store text: Key Vault keeps values as strings")
    })
}

pub(super) fn ends_as_pending(name: &str) -> bool {
    // Names of a vault do not tell cases apart.
    name.to_ascii_lowercase().ends_with(PENDING_ENDING)
}

pub(super) fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, pending_of, secret_of, text_of};
    use hallpass_core::{FaultCode, Secret};

    #[test]
    fn names_that_a_vault_refuses_are_refused_before_it_is_asked() {
        for good in ["a", "queue-sync", "A9", &"a".repeat(127)] {
            assert_eq!(secret_of(&good.parse().unwrap()).unwrap(), good);
        }
        for bad in ["prod/queue", "a_b", "a.b", "é", "a b", "a-pending", "A-PENDING", &"a".repeat(128)] {
            let fault = secret_of(&bad.parse().unwrap()).unwrap_err();
            assert_eq!(fault.code(), FaultCode::ReferenceMalformed, "{bad}");
        }
        assert_eq!(pending_of(&"a".repeat(119)).unwrap().len(), 127);
        assert_eq!(pending_of(&"a".repeat(120)).unwrap_err().code(), FaultCode::ReferenceMalformed);
    }

    #[test]
    fn values_that_a_vault_refuses_are_refused_without_being_shown() {
        let fits = Secret::new(vec![b'x'; MOST_BYTES]);
        assert_eq!(text_of("a", &fits).unwrap().len(), 25_600);
        for value in [vec![b'x'; MOST_BYTES + 1], vec![0xff, 0xfe]] {
            let fault = text_of("a", &Secret::new(value)).unwrap_err();
            assert_eq!(fault.code(), FaultCode::StoreUnwritable);
            assert!(!fault.to_string().contains("xx"));
        }
    }
}
