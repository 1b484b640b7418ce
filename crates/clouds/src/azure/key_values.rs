//! What a key-value of App Configuration says. Pure.

use azure_core::http::Url;
use hallpass_core::{Fault, FaultCode};
use serde::Deserialize;

use super::entry::is_name;
use super::vault::is_vault_of_microsoft;

/// A key-value: <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#syntax>
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyValue {
    pub(super) etag: String,
    pub(super) key: String,
    pub(super) value: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// One page of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) items: Vec<KeyValue>,
    #[serde(rename = "@nextLink")]
    pub(super) next: Option<String>,
}

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The vault's origin.
    pub(super) origin: String,
    pub(super) name: String,
    /// The vault's own version id, where the reference pins one.
    pub(super) version: Option<String>,
}

impl KeyValue {
    /// Whether its value is a reference into a Key Vault. Parameters of the content type, such as a charset, do not matter.
    /// <https://learn.microsoft.com/azure/azure-app-configuration/use-key-vault-references-dotnet-core>
    pub(super) fn is_reference(&self) -> bool {
        let kind = self.content_type.as_deref().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/vnd.microsoft.appconfig.keyvaultref+json")
    }
}

/// Reads `{"uri":"https://VAULT/secrets/NAME[/VERSION]"}`. The vault must be one of Microsoft's or `trusted`: whoever can write the
/// configuration would otherwise choose the host that our token goes to.
///
/// # Errors
/// `reference-malformed`, without the value: it is not known to be a reference.
pub(super) fn target_of(key: &str, value: &str, trusted: &[String]) -> Result<Target, Fault> {
    #[derive(Deserialize)]
    struct Reference {
        uri: String,
    }
    let wrong = |what: &str, hint: &str| {
        Fault::new(FaultCode::ReferenceMalformed, format!("the key-value `{key}` {what}"))
            .with_hint(hint.to_owned())
    };
    let form = "give it the value {\"uri\":\"https://VAULT.vault.azure.net/secrets/NAME\"}";
    let url = serde_json::from_str::<Reference>(value).ok().and_then(|it| Url::parse(&it.uri).ok());
    let url =
        url.ok_or_else(|| wrong("is no reference to Key Vault, although its content type says so", form))?;
    let origin = url.origin().ascii_serialization();
    let host = url.host_str().unwrap_or_default();
    let is_vault = url.scheme() == "https" && url.port().is_none() && is_vault_of_microsoft(host);
    if !is_vault && !trusted.contains(&origin) {
        return Err(wrong("refers to a host that is no Key Vault", form));
    }
    let mut parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    let (kind, name, version, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
    match (kind, name, rest) {
        (Some("secrets"), Some(name), None) if is_name(name) && version.is_none_or(is_name) => {
            Ok(Target { origin, name: name.to_owned(), version: version.map(str::to_owned) })
        }
        _ => Err(wrong("refers to something in a vault that is no secret", form)),
    }
}

/// The scope of tokens for a store, by the store's cloud: `NAME.azconfig.io` has `https://azconfig.io/`, and so on; what is no store's name
/// counts as the public cloud. This is what Microsoft's own libraries ask for.
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-azure-ad#audience>
pub(super) fn scope_of(host: &str) -> String {
    let host = host.split(':').next().unwrap_or_default();
    let labels: Vec<_> = host.split('.').collect();
    let cloud = labels.iter().rposition(|label| matches!(*label, "azconfig" | "appconfig"));
    match cloud {
        Some(from) => format!("https://{}/.default", labels[from..].join(".")),
        None => "https://appconfig.azure.com/.default".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyValue, Target, scope_of, target_of};
    use hallpass_core::FaultCode;

    fn target(uri: &str) -> Result<Target, FaultCode> {
        let value = serde_json::json!({ "uri": uri }).to_string();
        target_of("k", &value, &["https://127.0.0.1:8443".to_owned()]).map_err(|fault| fault.code())
    }

    #[test]
    fn a_reference_names_vault_secret_and_perhaps_a_version() {
        let plain = target("https://v.vault.azure.net/secrets/queue-sync").unwrap();
        assert_eq!(plain.origin, "https://v.vault.azure.net");
        assert_eq!((plain.name.as_str(), plain.version), ("queue-sync", None));
        let pinned = target("https://v.vault.azure.net/secrets/queue-sync/0b71").unwrap();
        assert_eq!(pinned.version.as_deref(), Some("0b71"));
        assert_eq!(target("https://127.0.0.1:8443/secrets/a").unwrap().origin, "https://127.0.0.1:8443");
    }

    #[test]
    fn a_reference_to_another_host_or_thing_is_refused() {
        let bad = [
            "https://evil.example/secrets/a",
            "https://v.vault.azure.net.evil.example/secrets/a",
            "https://v.vault.azure.net:8443/secrets/a",
            "http://v.vault.azure.net/secrets/a",
            "https://127.0.0.1:8444/secrets/a",
            "https://v.vault.azure.net/keys/a",
            "https://v.vault.azure.net/secrets",
            "https://v.vault.azure.net/secrets/a/b/c",
            "https://v.vault.azure.net/secrets/a%2Fb",
            "canary",
        ];
        for uri in bad {
            assert_eq!(target(uri), Err(FaultCode::ReferenceMalformed), "{uri}");
        }
        let fault = target_of("k", "canary", &[]).unwrap_err();
        assert!(!format!("{fault} {}", fault.hint()).contains("canary"));
    }

    #[test]
    fn the_content_type_says_what_is_a_reference() {
        let of = |kind: &str| {
            KeyValue { content_type: Some(kind.to_owned()), ..KeyValue::default() }.is_reference()
        };
        assert!(of("application/vnd.microsoft.appconfig.keyvaultref+json;charset=utf-8"));
        assert!(of("Application/vnd.microsoft.appconfig.keyvaultref+json; charset=UTF-8"));
        assert!(!of("application/json"));
        assert!(!KeyValue::default().is_reference());
    }

    #[test]
    fn the_scope_is_that_of_the_stores_cloud() {
        assert_eq!(scope_of("a.azconfig.io"), "https://azconfig.io/.default");
        assert_eq!(scope_of("a-replica.azconfig.azure.us"), "https://azconfig.azure.us/.default");
        assert_eq!(scope_of("a.appconfig.azure.com:443"), "https://appconfig.azure.com/.default");
        assert_eq!(scope_of("127.0.0.1:8443"), "https://appconfig.azure.com/.default");
    }
}
