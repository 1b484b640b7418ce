//! Azure: secrets in a Key Vault, and key-values in App Configuration that may refer to them.
//!
//! ```text
//!   KeyVault ─────────────┐                                   ┌─ workload identity  (AZURE_FEDERATED_TOKEN_FILE)
//!     NAME           CURRENT, PREVIOUS                        ├─ App Service        (IDENTITY_ENDPOINT)
//!     NAME-pending   PENDING                  ──▶ identity ──▶├─ client secret      (AZURE_CLIENT_SECRET)
//!   AppConfiguration ─────┘  one token per                    └─ metadata service   (whatever else)
//!     KEY, a label ──▶ perhaps a vault       audience
//! ```
//!
//! Opening does no I/O: the SDK's client, the identity and its first token come with the first use, once, shared by everybody who waits.
//! Replicas of an App Configuration store (`STORE-REPLICA.azconfig.io`) are stores of their own to us: name them as further references, in
//! the order in which they shall take over.

mod answers;
mod app_configuration;
mod client;
mod document;
mod entry;
mod exchange;
mod expiry;
mod faults;
mod identity;
mod key_values;
mod managed_identity;
pub mod policy;
mod stages;
mod store;
mod sync_tokens;
mod tokens;
mod vault;
mod writing;

pub use app_configuration::AppConfiguration;
pub use client::{CONNECT_WITHIN, PATIENCE, Settings, Variables};
pub use document::{ConfigurationDocument, MOST_DOCUMENT_BYTES};
pub use entry::{LONGEST_NAME, MOST_BYTES, PENDING_ENDING};
pub use expiry::{Lifetimes, NEAR};
pub use store::KeyVault;
