//! Credentials that are fetched ahead of the first request, once.

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use hallpass_core::sync::Arc;
use tokio::sync::Mutex;

/// A chain of credentials whose first answer may be fetched before anybody asks. The SDK keeps what it was given and asks again when that
/// ends; so only the first answer is held here, and it is handed over, never copied: connecting and reading together cost one fetch, in
/// whichever order they come.
#[derive(Clone)]
pub(crate) struct Primed {
    chain: SharedCredentialsProvider,
    first: Arc<Mutex<First>>,
}

enum First {
    /// Nobody has asked yet.
    Wanted,
    /// Fetched, for the first request.
    Held(Credentials),
    /// The SDK has it.
    Given,
}

impl Primed {
    pub(crate) fn new(chain: SharedCredentialsProvider) -> Self {
        Self { chain, first: Arc::new(Mutex::new(First::Wanted)) }
    }

    /// Fetches what the first request will need. Dropping the future leaves it to whoever asks next.
    ///
    /// # Errors
    /// What the chain says; the next call tries again.
    pub(crate) async fn prime(&self) -> Result<(), CredentialsError> {
        let mut first = self.first.lock().await;
        if matches!(*first, First::Wanted) {
            *first = First::Held(self.chain.provide_credentials().await?);
        }
        Ok(())
    }

    async fn next(&self) -> Result<Credentials, CredentialsError> {
        let mut first = self.first.lock().await;
        match std::mem::replace(&mut *first, First::Given) {
            First::Held(credentials) => Ok(credentials),
            First::Given => {
                drop(first);
                self.chain.provide_credentials().await
            }
            First::Wanted => {
                *first = First::Wanted;
                let credentials = self.chain.provide_credentials().await?;
                *first = First::Given;
                Ok(credentials)
            }
        }
    }
}

impl ProvideCredentials for Primed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.next())
    }
}

impl fmt::Debug for Primed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Primed")
    }
}

#[cfg(test)]
mod tests {
    use super::Primed;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Fails at the first call, and counts.
    #[derive(Debug, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::SeqCst);
            let outcome = match number {
                0 => Err(CredentialsError::not_loaded_no_source()),
                _ => Ok(Credentials::new(format!("AKID{number}"), "key", None, None, "test")),
            };
            future::ProvideCredentials::ready(outcome)
        }
    }

    #[tokio::test]
    async fn connecting_and_reading_cost_one_fetch_in_either_order() {
        for prime_first in [true, false] {
            let asked = Arc::new(AtomicUsize::new(1));
            let primed = Primed::new(SharedCredentialsProvider::new(Counting(Arc::clone(&asked))));
            if prime_first {
                primed.prime().await.unwrap();
            }
            assert_eq!(primed.provide_credentials().await.unwrap().access_key_id(), "AKID1");
            primed.prime().await.unwrap();
            assert_eq!(asked.load(Ordering::SeqCst), 2, "{prime_first}");
            assert_eq!(primed.provide_credentials().await.unwrap().access_key_id(), "AKID2", "renewed");
        }
    }

    #[tokio::test]
    async fn what_failed_is_tried_again() {
        let primed = Primed::new(SharedCredentialsProvider::new(Counting::default()));
        assert!(primed.prime().await.is_err());
        primed.prime().await.unwrap();
        assert_eq!(primed.provide_credentials().await.unwrap().access_key_id(), "AKID1");
    }
}
