//! Azure Key Vault and App Configuration.
