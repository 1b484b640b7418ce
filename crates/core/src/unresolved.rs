//! Values that a platform was to replace and did not. Pure.

/// How such a value begins:
/// <https://learn.microsoft.com/azure/app-service/app-service-key-vault-references> and
/// <https://learn.microsoft.com/azure/app-service/app-service-configuration-references>.
const REFERENCES: [(&str, &str); 2] =
    [("@Microsoft.KeyVault(", "Key Vault"), ("@Microsoft.AppConfiguration(", "App Configuration")];

/// What `value` should have come from, if it is a reference that Azure was to resolve: App Service and Functions hand the literal text to the
/// program when the app's identity may not read what it refers to, or when there is nothing there. The text itself is not secret.
#[must_use]
pub fn unresolved_reference(value: &[u8]) -> Option<&'static str> {
    let value = value.trim_ascii_start();
    let begins =
        |start: &str| value.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start.as_bytes()));
    REFERENCES.iter().find(|(start, _)| begins(start)).map(|(_, origin)| *origin)
}

#[cfg(test)]
mod tests {
    use super::unresolved_reference;

    #[test]
    fn a_literal_reference_is_told_from_a_value() {
        let kinds = [
            ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/a/)", Some("Key Vault")),
            (" \n@microsoft.keyvault(VaultName=v;SecretName=a)", Some("Key Vault")),
            ("@Microsoft.AppConfiguration(Endpoint=https://s.azconfig.io; Key=a)", Some("App Configuration")),
            ("@Microsoft.KeyVault", None),
            (r#"{"client_secret":"@Microsoft.KeyVault("}"#, None),
            ("", None),
        ];
        for (value, expected) in kinds {
            assert_eq!(unresolved_reference(value.as_bytes()), expected, "{value}");
        }
    }
}
