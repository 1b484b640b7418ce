//! What is said, what the entry is called in which it stands in a store, and when one that stands there has to be replaced. All of it pure.

use std::time::Duration;

use hallpass_core::{EntryName, Fault, FaultCode};
use hallpass_lifecycle::rotation::Ack;
use hallpass_stores::{Reference, Scheme};
use serde::{Deserialize, Serialize};

/// A consumer's word about the secret of one integration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Whose secret it is about.
    pub(crate) integration: String,
    /// Who says what.
    #[serde(flatten)]
    pub(crate) ack: Ack,
}

impl Said {
    /// Whether this has to be written where `found` stands.
    ///
    /// What says the same is left alone, or else thousands of sandboxes of one consumer would each write a version. It is written anew once a day: a word that
    /// was said by a clock that is behind, or before an older secret came back, would be taken for older than the promotion for ever.
    pub(crate) fn must_replace(&self, found: Option<&Self>) -> bool {
        let Some(found) = found else { return true };
        let (mine, theirs) = (&self.ack, &found.ack);
        let same = self.integration == found.integration
            && mine.consumer == theirs.consumer
            && mine.fingerprint == theirs.fingerprint
            && mine.environment == theirs.environment;
        // A time that has not come yet was said by a clock that is wrong.
        !same || mine.at >= theirs.at.after(GOOD_FOR) || theirs.at > mine.at.after(SKEW)
    }
}

/// The entry in which `consumer` says what it uses of `integration`, below `base`.
///
/// No two pairs of names share an entry: the separator is one that neither name can hold.
///
/// # Errors
/// `configuration-invalid` where the names leave the store no way to tell them apart.
pub(crate) fn entry_of(base: &Reference, integration: &str, consumer: &str) -> Result<Reference, Fault> {
    let separator = match base.scheme {
        // Secret Manager takes letters, digits, `-` and `_`, and an integration's name has no `_`.
        Scheme::GcpSm => "_",
        // Key Vault takes letters, digits and `-`, and compares without regard to case.
        Scheme::AzureKv => "--",
        _ => "/",
    };
    if base.scheme == Scheme::AzureKv && !(is_plain(integration) && is_plain(consumer)) {
        let detail = format!("`acks`: Key Vault cannot hold what `{consumer}` says of `{integration}`");
        let hint = "in Key Vault the names of consumers and integrations are lower-case letters, digits and single `-` between them";
        return Err(Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint));
    }
    let entry: EntryName = format!("{}{separator}{integration}{separator}{consumer}", base.entry).parse()?;
    Ok(Reference { entry, ..base.clone() })
}

/// Whether a consumer may be called so: 1 to 63 letters, digits, `-` or `_`. The name becomes part of a file's, an entry's and a path's.
pub(crate) fn is_consumer(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=63).contains(&name.len()) && name.bytes().all(plain)
}

/// Whether `--` between two such names can be nothing but the separator.
fn is_plain(name: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.bytes().all(fine) && !name.contains("--") && !name.starts_with('-') && !name.ends_with('-')
}

/// For how long a word in a store is left as it is. A day is short beside the week for which a rotation waits for a silent consumer, and one version a day is
/// little for every store.
pub(crate) const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// What two clocks are allowed to differ by, as in the engine's pace.
const SKEW: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::{GOOD_FOR, SKEW, Said, entry_of, is_consumer};
    use hallpass_core::Fingerprint;
    use hallpass_lifecycle::rotation::{Ack, WallTime};
    use hallpass_stores::Reference;
    use std::collections::BTreeSet;
    use std::time::Duration;

    const NOON: Duration = Duration::from_secs(1_800_000_000);

    fn said(integration: &str, consumer: &str, secret: &str, environment: &str, at: Duration) -> Said {
        let fingerprint: Fingerprint = secret.parse().unwrap();
        let (consumer, environment) = (consumer.to_owned(), environment.parse().unwrap());
        Said {
            integration: integration.to_owned(),
            ack: Ack { consumer, fingerprint, environment, at: WallTime::at(at) },
        }
    }

    #[test]
    fn what_says_the_same_is_left_alone_for_a_day() {
        let mine = said("q", "billing", "0123abcd", "prod", NOON);
        let second = Duration::from_secs(1);
        for (found, replaced) in [
            (None, true),
            (Some(said("q", "billing", "0123abcd", "prod", NOON)), false),
            (Some(said("q", "billing", "0123abcd", "prod", NOON - GOOD_FOR + second)), false),
            (Some(said("q", "billing", "0123abcd", "prod", NOON - GOOD_FOR)), true),
            (Some(said("q", "billing", "0123abcd", "prod", NOON + SKEW)), false),
            (Some(said("q", "billing", "0123abcd", "prod", NOON + SKEW + second)), true),
            (Some(said("q", "billing", "99999999", "prod", NOON)), true),
            (Some(said("q", "billing", "0123abcd", "test", NOON)), true),
            (Some(said("q", "crm", "0123abcd", "prod", NOON)), true),
            (Some(said("r", "billing", "0123abcd", "prod", NOON)), true),
        ] {
            assert_eq!(mine.must_replace(found.as_ref()), replaced, "{found:?}");
        }
    }

    #[test]
    fn each_pair_of_names_has_an_entry_of_its_own_in_every_store() {
        for (base, expected) in [
            ("local:acks", "local:acks/queue-sync/billing"),
            ("aws-sm:prod/acks?region=eu-west-1", "aws-sm:prod/acks/queue-sync/billing?region=eu-west-1"),
            ("gcp-sm:projects/p/secrets/acks", "gcp-sm:projects/p/secrets/acks_queue-sync_billing"),
            (
                "azure-kv:https://v.vault.azure.net/secrets/acks",
                "azure-kv:https://v.vault.azure.net/secrets/acks--queue-sync--billing",
            ),
        ] {
            let base = Reference::parse(base).unwrap();
            assert_eq!(entry_of(&base, "queue-sync", "billing").unwrap().to_string(), expected);
            let names = ["a", "a-b", "b", "b-c", "c", "a--b", "a-", "-c", "A", "a_b", "b_c", "_"];
            let integrations =
                names.iter().filter(|name| name.parse::<hallpass_core::IntegrationName>().is_ok());
            let mut entries = BTreeSet::new();
            for integration in integrations {
                for consumer in names {
                    let Ok(entry) = entry_of(&base, integration, consumer) else {
                        assert!(base.to_string().starts_with("azure-kv"));
                        continue;
                    };
                    assert!(entries.insert(
                        entry.entry.as_str().to_lowercase() + if consumer == "A" { "!" } else { "" }
                    ));
                }
            }
        }
    }

    #[test]
    fn a_vault_says_which_names_it_cannot_tell_apart() {
        let base = Reference::parse("azure-kv:https://v.vault.azure.net/secrets/acks").unwrap();
        for (integration, consumer) in
            [("a--b", "c"), ("a", "b--c"), ("a-", "b"), ("a", "-b"), ("a", "B"), ("a", "b_c")]
        {
            let fault = entry_of(&base, integration, consumer).unwrap_err();
            assert_eq!(fault.code(), hallpass_core::FaultCode::ConfigurationInvalid);
            assert!(fault.hint().contains("lower-case"), "{fault}");
        }
    }

    #[test]
    fn consumers_have_plain_names() {
        assert!(["a", "A_b-1", &"a".repeat(63)].into_iter().all(is_consumer));
        assert!(!["", "a.b", "a/b", "..", "a b", "é", "a\n", &"a".repeat(64)].into_iter().any(is_consumer));
    }
}
