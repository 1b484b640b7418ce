//! The identity's tokens: fetched when first needed, once for everybody who waits, and kept until shortly before they end.
//!
//! The SDK's pipelines remember a token too, but each forgets it at every 401, and a vault begins with one: of many cold callers each would
//! fetch a token of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use hallpass_core::{Clock, Fault, FaultCode};
use tokio::sync::OnceCell;

use super::answers::Silence;
use super::faults;
use super::identity::{Chosen, Link};
use super::managed_identity::ManagedIdentity;

/// One identity, one token per audience.
#[derive(Debug)]
pub(super) struct Tokens {
    chosen: Chosen,
    options: ClientOptions,
    clock: Arc<dyn Clock>,
    patience: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    credential: Option<Arc<dyn TokenCredential>>,
    by_scope: HashMap<String, Arc<OnceCell<AccessToken>>>,
}

/// As long before its end a token is replaced. The SDK's pipelines ask for a new one five minutes before; with less here they would be
/// handed the same one again and ask at every request.
const AHEAD: Duration = Duration::from_secs(300);

impl Tokens {
    /// `patience` is that of a whole exchange. A token may take four fifths of it, so that it is told apart whose answer was missing.
    pub(super) fn new(
        chosen: Chosen,
        options: ClientOptions,
        clock: Arc<dyn Clock>,
        patience: Duration,
    ) -> Self {
        Self { chosen, options, clock, patience: patience * 4 / 5, kept: Mutex::default() }
    }

    /// Drops every token and the credential that fetched them: what a vault refuses would otherwise be shown again until it ends, which
    /// with a managed identity is a day.
    pub(super) fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// The place of the scope's token, emptied if that one is about to end.
    fn place(&self, scope: &str) -> Arc<OnceCell<AccessToken>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.by_scope.entry(scope.to_owned()).or_default();
        if place.get().is_some_and(|token| self.ends_soon(token)) {
            *place = Arc::default();
        }
        Arc::clone(place)
    }

    fn ends_soon(&self, token: &AccessToken) -> bool {
        let end = u64::try_from(token.expires_on.unix_timestamp()).unwrap_or(0);
        self.clock.now().wall + AHEAD >= Duration::from_secs(end)
    }

    /// The credential of the chosen link, made when first needed. For workload identity that reads a small file which lies in memory.
    fn credential(&self) -> Result<Arc<dyn TokenCredential>, Fault> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credential) = &kept.credential {
            return Ok(Arc::clone(credential));
        }
        let credential = self.made().map_err(|error| faults::of_identity(&self.chosen, &error))?;
        kept.credential = Some(Arc::clone(&credential));
        Ok(credential)
    }

    fn made(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = self.options.clone();
        match &self.chosen.link {
            Link::Workload { tenant, client, file } => {
                let options = WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options },
                    client_id: Some(client.clone()),
                    tenant_id: Some(tenant.clone()),
                    token_file_path: Some(file.clone()),
                };
                Ok(WorkloadIdentityCredential::new(Some(options))?)
            }
            Link::ClientSecret { tenant, client, secret } => {
                let secret = Secret::new(secret.expose_str().unwrap_or_default().to_owned());
                let options = ClientSecretCredentialOptions { client_options };
                Ok(ClientSecretCredential::new(tenant, client.clone(), secret, Some(options))?)
            }
            Link::AppService { endpoint, header, client } => Ok(Arc::new(ManagedIdentity::of_app_service(
                endpoint,
                header,
                client.as_deref(),
                client_options,
            )?)),
            Link::Metadata { endpoint, client } => {
                Ok(Arc::new(ManagedIdentity::of_machine(endpoint, client.as_deref(), client_options)?))
            }
        }
    }
}

#[async_trait::async_trait]
impl TokenCredential for Tokens {
    /// A caller that goes away while it fetches leaves the fetching to the next one that waits.
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let place = self.place(&scopes.join(" "));
        let fetch = async || {
            let credential = self.credential().map_err(carried)?;
            let fetching = credential.get_token(scopes, options);
            let fault = match tokio::time::timeout(self.patience, fetching).await {
                Ok(Ok(token)) => return Ok(token),
                Ok(Err(error)) => faults::of_identity(&self.chosen, &error),
                Err(_) => faults::of_silent_identity(&self.chosen, &Silence::TimedOut(self.patience)),
            };
            // A credential that failed may hold what is stale, such as a token file that was replaced meanwhile.
            if fault.code() == FaultCode::CloudIdentityMissing {
                self.forget();
            }
            Err(carried(fault))
        };
        place.get_or_try_init(fetch).await.cloned()
    }
}

/// A fault on its way through the SDK's pipeline; [`faults::of_store`] takes it out again.
fn carried(fault: Fault) -> azure_core::Error {
    azure_core::Error::new(ErrorKind::Credential, fault)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use azure_core::credentials::AccessToken;
    use azure_core::http::ClientOptions;
    use azure_core::time::OffsetDateTime;
    use hallpass_core::test_support::ManualTime;

    use super::Tokens;
    use crate::azure::identity::choose;

    #[test]
    fn a_token_is_kept_until_five_minutes_before_its_end_and_not_beyond() {
        let time = ManualTime::starting_at(Duration::from_secs(1_000));
        let tokens = Tokens::new(
            choose(&|_| None),
            ClientOptions::default(),
            Arc::new(time.clone()),
            Duration::from_secs(5),
        );
        let end = OffsetDateTime::from_unix_timestamp(2_000).unwrap();
        let kept = |scope: &str| tokens.place(scope).get().is_some();
        tokens.place("a").set(AccessToken::new("canary", end)).unwrap();
        assert!(kept("a") && !kept("b"), "one per audience");
        time.advance(Duration::from_secs(699));
        assert!(kept("a"));
        time.advance(Duration::from_secs(1));
        assert!(!kept("a"));
        tokens.place("a").set(AccessToken::new("canary", end + Duration::from_secs(9_999))).unwrap();
        assert!(kept("a"));
        tokens.forget();
        assert!(!kept("a"), "a refused token is not shown again");
        assert!(!format!("{tokens:?}").contains("canary"));
    }
}
