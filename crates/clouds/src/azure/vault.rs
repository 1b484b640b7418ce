//! One vault, as far as we need it: six requests with their faults. What they mean for stages is elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use azure_core::http::Pager;
use azure_core::time::OffsetDateTime;
use azure_security_keyvault_secrets::models::{
    ListSecretPropertiesResult, Secret as Bundle, SecretAttributes, SecretClientGetSecretOptions,
    SecretClientUpdateSecretPropertiesOptions, SecretProperties, SetSecretParameters,
    UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{ResourceId, SecretClient, SecretClientOptions};
use futures_core::Stream;
use hallpass_core::{Fault, FaultCode, Secret};
use tokio::sync::OnceCell;

use super::answers::Silence;
use super::client::{Connection, host_of};
use super::faults::{Asked, Doing, of_store, silent};
use super::stages::Kept;

/// A vault and the connection it is reached by.
pub(super) struct Vault {
    origin: String,
    host: String,
    connection: Arc<Connection>,
    client: OnceCell<SecretClient>,
}

/// A version with its value.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) kept: Kept,
    pub(super) value: Secret,
}

impl Vault {
    /// The vault at `origin`. No I/O.
    ///
    /// # Errors
    /// `reference-malformed` when that is no origin.
    pub(super) fn new(origin: &str, connection: Arc<Connection>) -> Result<Self, Fault> {
        let host = host_of(origin)?;
        Ok(Self { origin: origin.to_owned(), host, connection, client: OnceCell::new() })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// One version's value, the newest without `version`. One request.
    ///
    /// # Errors
    /// `entry-not-found`; `store-version-unusable` when the version is disabled.
    pub(super) async fn get(&self, name: &str, version: Option<&str>) -> Result<Got, Fault> {
        let client = self.client().await?;
        let options = || SecretClientGetSecretOptions {
            secret_version: version.map(str::to_owned),
            ..SecretClientGetSecretOptions::default()
        };
        let asked = self.asked(name, Doing::Get);
        let answer = self.connection.read(asked, || client.get_secret(name, Some(options()))).await?;
        let bundle = answer.into_model().map_err(|error| of_store(&error, asked))?;
        got(bundle).ok_or_else(|| silent(&Silence::Unreadable, asked))
    }

    /// Every version of a secret, in no order; none if there is no such secret.
    pub(super) async fn versions(&self, name: &str) -> Result<Vec<Kept>, Fault> {
        let client = self.client().await?;
        let asked = self.asked(name, Doing::List);
        let pages = || async { listed(client.list_secret_properties_versions(name, None)?).await };
        match self.connection.read(asked, pages).await {
            Ok(items) => Ok(items.into_iter().filter_map(kept).collect()),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(Vec::new()),
            Err(fault) => Err(fault),
        }
    }

    /// Every secret's name, and whether its newest version is marked as pending. Certificates, which a vault lists too, are left out.
    pub(super) async fn names(&self) -> Result<Vec<(String, bool)>, Fault> {
        let client = self.client().await?;
        let pages = || async { listed(client.list_secret_properties(None)?).await };
        let items = self.connection.read(self.asked("", Doing::List), pages).await?;
        let named = |item: SecretProperties| {
            let id: ResourceId = item.id.as_ref()?.parse().ok()?;
            let is_own = !item.managed.unwrap_or(false);
            is_own.then(|| (id.name, kept_of(String::new(), None, item.tags, None).is_ours_pending()))
        };
        Ok(items.into_iter().filter_map(named).collect())
    }

    /// Writes a new version, which is the newest from then on, and returns it. Never repeated by itself: twice would be two versions.
    ///
    /// If the future is dropped the version may or may not be there; it is there whole.
    pub(super) async fn set(
        &self,
        name: &str,
        value: &str,
        tags: BTreeMap<String, String>,
        content_type: Option<String>,
        expires: Option<OffsetDateTime>,
    ) -> Result<Kept, Fault> {
        let client = self.client().await?;
        let asked = self.asked(name, Doing::Set);
        let attributes =
            expires.map(|at| SecretAttributes { expires: Some(at), ..SecretAttributes::default() });
        let parameters = SetSecretParameters {
            content_type,
            secret_attributes: attributes,
            tags: Some(tags.into_iter().collect()),
            value: Some(value.to_owned()),
        };
        let body = parameters.try_into().map_err(|error| of_store(&error, asked))?;
        let answer = self.connection.write(asked, client.set_secret(name, body, None)).await?;
        let bundle = answer.into_model().map_err(|error| of_store(&error, asked))?;
        got(bundle).map(|got| got.kept).ok_or_else(|| silent(&Silence::Unreadable, asked))
    }

    /// Makes a version unreadable. Doing it twice changes nothing; a value can be enabled again, but not by hallpass.
    pub(super) async fn disable(&self, name: &str, version: &str) -> Result<(), Fault> {
        let client = self.client().await?;
        let asked = self.asked(name, Doing::Update);
        let attributes = SecretAttributes { enabled: Some(false), ..SecretAttributes::default() };
        let parameters = UpdateSecretPropertiesParameters {
            secret_attributes: Some(attributes),
            ..UpdateSecretPropertiesParameters::default()
        };
        let body = parameters.try_into().map_err(|error| of_store(&error, asked))?;
        let options = SecretClientUpdateSecretPropertiesOptions {
            secret_version: Some(version.to_owned()),
            ..SecretClientUpdateSecretPropertiesOptions::default()
        };
        self.connection
            .write(asked, client.update_secret_properties(name, body, Some(options)))
            .await
            .map(drop)
    }

    /// Fetches the token that the vault's challenge will ask for.
    ///
    /// # Errors
    /// As [`Connection::connect`].
    pub(super) async fn connect(&self) -> Result<(), Fault> {
        self.connection.connect(&scope_of(&self.host), self.asked("", Doing::Get)).await
    }

    async fn client(&self) -> Result<&SecretClient, Fault> {
        let make = async || {
            let opened = self.connection.opened().await?;
            let options = SecretClientOptions {
                client_options: opened.options.clone(),
                verify_challenge_resource: Some(is_vault_of_microsoft(&self.host)),
                ..SecretClientOptions::default()
            };
            let tokens = Arc::clone(&opened.tokens);
            SecretClient::new(&self.origin, tokens, Some(options)).map_err(|_| {
                Fault::new(FaultCode::ReferenceMalformed, format!("`{}` is no vault", self.host))
            })
        };
        self.client.get_or_try_init(make).await
    }

    fn asked<'a>(&'a self, entry: &'a str, doing: Doing) -> Asked<'a> {
        Asked { place: &self.host, entry, doing }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Whether a host is a Key Vault of Microsoft's clouds. Towards these the SDK gives a token only for the audience of that cloud; elsewhere (a
/// stand-in) the operator who named the host vouches for it.
/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers>
pub(super) fn is_vault_of_microsoft(host: &str) -> bool {
    let suffixes =
        [".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net", ".vault.microsoftazure.de"];
    suffixes.iter().any(|suffix| host.strip_suffix(suffix).is_some_and(|name| !name.is_empty()))
}

/// The scope of tokens for a vault, by the vault's cloud: `NAME.vault.azure.net` has `https://vault.azure.net/`, and what is no vault's name
/// that of the public cloud. If a challenge asks for another, the first read fetches another.
/// <https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses>
fn scope_of(host: &str) -> String {
    let cloud = host
        .split_once('.')
        .filter(|_| is_vault_of_microsoft(host))
        .map_or("vault.azure.net", |(_, cloud)| cloud);
    format!("https://{cloud}/.default")
}

/// Every item of every page.
async fn listed(pager: Pager<ListSecretPropertiesResult>) -> azure_core::Result<Vec<SecretProperties>> {
    let mut pager = pin!(pager);
    let mut items = Vec::new();
    while let Some(item) = poll_fn(|context| pager.as_mut().poll_next(context)).await {
        items.push(item?);
    }
    Ok(items)
}

/// The value is moved, not copied.
fn got(bundle: Bundle) -> Option<Got> {
    let id: ResourceId = bundle.id.as_ref()?.parse().ok()?;
    let kept = kept_of(id.version?, bundle.attributes, bundle.tags, bundle.content_type);
    Some(Got { kept, value: Secret::from(bundle.value?) })
}

fn kept(item: SecretProperties) -> Option<Kept> {
    let id: ResourceId = item.id.as_ref()?.parse().ok()?;
    Some(kept_of(id.version?, item.attributes, item.tags, item.content_type))
}

fn kept_of(
    id: String,
    attributes: Option<SecretAttributes>,
    tags: Option<std::collections::HashMap<String, String>>,
    content_type: Option<String>,
) -> Kept {
    let attributes = attributes.unwrap_or_default();
    let created = attributes.created.and_then(|at| u64::try_from(at.unix_timestamp()).ok());
    Kept {
        id,
        // Absent means enabled: it is the default.
        enabled: attributes.enabled.unwrap_or(true),
        created: created.unwrap_or_default(),
        tags: tags.unwrap_or_default().into_iter().collect(),
        content_type,
    }
}

#[cfg(test)]
mod tests {
    use super::is_vault_of_microsoft;

    #[test]
    fn a_vaults_host_ends_in_a_clouds_suffix_and_has_a_name() {
        for good in ["a.vault.azure.net", "a.vault.azure.cn", "a.vault.usgovcloudapi.net"] {
            assert!(is_vault_of_microsoft(good), "{good}");
        }
        for bad in [
            "vault.azure.net",
            ".vault.azure.net",
            "a.vault.azure.net.evil.example",
            "avault.azure.net",
            "127.0.0.1:1",
        ] {
            assert!(!is_vault_of_microsoft(bad), "{bad}");
        }
    }
}
