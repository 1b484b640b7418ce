//! By what a client is known to be ours: a word in its description.

use std::fmt;

use hallpass_core::{Environment, IntegrationName};

/// Whose client it is, and from which creation. Not a secret: it stands in the platform's console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The environment and the integration, as `prod/queue-sync`.
    pub owner: String,
    /// Which creation it was; drawn anew for each.
    pub nonce: String,
}

impl Mark {
    /// The mark of one creation for this integration.
    #[must_use]
    pub fn new(environment: &Environment, integration: &IntegrationName, nonce: &str) -> Self {
        Self { owner: format!("{environment}/{integration}"), nonce: nonce.to_owned() }
    }

    /// What every mark of this integration begins with, for finding them.
    #[must_use]
    pub fn prefix(environment: &Environment, integration: &IntegrationName) -> String {
        format!("{SCHEME}{environment}/{integration}#")
    }

    /// The mark in a description, wherever somebody wrote around it. Of several, the first counts.
    #[must_use]
    pub fn read(description: &str) -> Option<Self> {
        description.split_whitespace().find_map(|word| {
            let (owner, nonce) = word.strip_prefix(SCHEME)?.rsplit_once('#')?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric();
            let fine = !nonce.is_empty() && nonce.bytes().all(plain) && owner.contains('/');
            fine.then(|| Self { owner: owner.to_owned(), nonce: nonce.to_owned() })
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}#{}", self.owner, self.nonce)
    }
}

const SCHEME: &str = "hallpass:";

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn a_mark_is_read_back_from_among_the_words_of_a_person() {
        let mark = Mark::new(&"prod".parse().unwrap(), &"queue-sync".parse().unwrap(), "0aF9");
        assert_eq!(mark.to_string(), "hallpass:prod/queue-sync#0aF9");
        assert_eq!(Mark::read(&format!("do not touch! {mark} ask Ada")), Some(mark.clone()));
        assert!(
            mark.to_string()
                .starts_with(&Mark::prefix(&"prod".parse().unwrap(), &"queue-sync".parse().unwrap()))
        );
        for none in [
            "",
            "hallpass",
            "hallpass:prod/queue-sync",
            "hallpass:prod/q#",
            "hallpass:x#1",
            "hallpass:a/b#x-y",
        ] {
            assert_eq!(Mark::read(none), None, "{none}");
        }
    }
}
