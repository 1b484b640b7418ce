//! Where hallpass keeps credentials in a cloud.
//!
//! ```text
//!   aws/     Secrets Manager, environment variables encrypted with KMS
//!   azure/   Key Vault, App Configuration
//!   gcp/     Secret Manager
//! ```
//!
//! A feature each, and the same file names in each. What the clouds call a version's stage differs; here it is always CURRENT, PREVIOUS and
//! PENDING of [`hallpass_core::Store`].

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "azure")]
pub mod azure;
#[cfg(feature = "gcp")]
pub mod gcp;
