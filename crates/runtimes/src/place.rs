//! Which integrations a secret belongs to, by the references of the configuration.

use hallpass_app::{Reference, Scheme};

/// A secret, as a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A secret of a Key Vault.
    KeyVault {
        /// The vault's host where the message says it, such as `kv.vault.azure.net`.
        host: Option<String>,
        /// The vault's name.
        vault: String,
        /// The secret's name.
        secret: String,
    },
    /// A secret of Google Secret Manager.
    Google {
        /// The project's id or number. Messages have the number, references mostly the id.
        project: String,
        /// The location of a regional secret.
        location: Option<String>,
        /// The secret's id.
        secret: String,
    },
}

/// The integrations whose secret is rotated, each with all of its references.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<(String, Vec<Reference>)>);

impl Places {
    /// From integrations and references, in order.
    pub fn new(places: impl IntoIterator<Item = (String, Vec<Reference>)>) -> Self {
        Self(places.into_iter().collect())
    }

    /// The integrations that one of whose references names this secret; several may share it, and most messages are about none.
    #[must_use]
    pub fn of(&self, named: &Named) -> Vec<&str> {
        let theirs = |references: &[Reference]| references.iter().any(|reference| named.is(reference));
        let found = self.0.iter().filter(|(_, references)| theirs(references));
        found.map(|(integration, _)| integration.as_str()).collect()
    }

    /// Every integration.
    pub fn integrations(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(integration, _)| integration.as_str())
    }
}

impl Named {
    fn is(&self, reference: &Reference) -> bool {
        let house = reference.house.as_deref().unwrap_or_default();
        let entry = reference.entry.as_str();
        match (self, reference.scheme) {
            (Self::KeyVault { host, vault, secret }, Scheme::AzureKv) => {
                let theirs = house.strip_prefix("https://").unwrap_or_default();
                let same_vault = match host {
                    Some(host) => theirs.eq_ignore_ascii_case(host),
                    None => theirs.split('.').next().is_some_and(|label| label.eq_ignore_ascii_case(vault)),
                };
                // Key Vault compares names without regard to case.
                same_vault && entry.eq_ignore_ascii_case(secret)
            }
            (Self::Google { project, location, secret }, Scheme::GcpSm) => {
                let mut parts = house.split('/');
                let (theirs, at) = (parts.nth(1), parts.nth(1));
                at == location.as_deref()
                    && entry == secret
                    && theirs.is_some_and(|theirs| may_be_the_same_project(theirs, project))
            }
            _ => false,
        }
    }
}

/// Whether two texts can mean one project. A number and an id cannot be compared without asking Google, and need not be: at worst a secret of the same
/// name in another project wakes an integration that is not due. Ids begin with a letter, so a text of digits is a number.
fn may_be_the_same_project(one: &str, other: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    one == other || is_number(one) != is_number(other)
}

#[cfg(test)]
mod tests {
    use super::{Named, Places};
    use hallpass_app::Reference;

    fn places() -> Places {
        let place = |name: &str, references: &[&str]| {
            let parse = |text: &&str| Reference::parse(text).unwrap();
            (name.to_owned(), references.iter().map(parse).collect())
        };
        Places::new([
            place("sales", &["azure-kv:https://acme-kv.vault.azure.net/secrets/Sales"]),
            place("sales-copy", &["local:sales", "azure-kv:https://acme-kv.vault.azure.net/secrets/sales"]),
            place("other-vault", &["azure-kv:https://acme-kv-2.vault.azure.net/secrets/sales"]),
            place("google", &["gcp-sm:projects/acme-prod/secrets/queue"]),
            place("google-number", &["gcp-sm:projects/4711/secrets/queue"]),
            place("regional", &["gcp-sm:projects/acme-prod/locations/europe-west3/secrets/queue"]),
            place("aws", &["aws-sm:queue?region=us-east-1"]),
        ])
    }

    fn vault(host: Option<&str>, vault: &str, secret: &str) -> Named {
        Named::KeyVault { host: host.map(Into::into), vault: vault.into(), secret: secret.into() }
    }

    fn google(project: &str, location: Option<&str>, secret: &str) -> Named {
        Named::Google { project: project.into(), location: location.map(Into::into), secret: secret.into() }
    }

    #[test]
    fn a_message_reaches_the_integrations_of_its_secret_alone() {
        let places = places();
        for (named, integrations) in [
            (vault(Some("ACME-kv.vault.azure.net"), "x", "SALES"), &["sales", "sales-copy"][..]),
            (vault(None, "acme-kv", "sales"), &["sales", "sales-copy"]),
            (vault(None, "acme-kv-2", "sales"), &["other-vault"]),
            (vault(Some("acme-kv.vault.azure.cn"), "acme-kv", "sales"), &[]),
            (vault(None, "acme-kv", "sales-pending"), &[]),
            (vault(None, "", ""), &[]),
            (google("acme-prod", None, "queue"), &["google", "google-number"]),
            (google("4711", None, "queue"), &["google", "google-number"]),
            (google("acme-test", None, "queue"), &["google-number"]),
            (google("4712", None, "queue"), &["google"]),
            (google("4711", Some("europe-west3"), "queue"), &["regional"]),
            (google("acme-prod", Some("europe-west1"), "queue"), &[]),
            (google("acme-prod", None, "Queue"), &[]),
            (google("", None, ""), &[]),
        ] {
            assert_eq!(places.of(&named), integrations, "{named:?}");
        }
    }
}
