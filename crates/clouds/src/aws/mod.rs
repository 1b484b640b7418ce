//! AWS: Secrets Manager, environment variables encrypted with KMS and how a new value gets there, and the Secrets Extension of a Lambda function.
//!
//! ```text
//!   SecretsManager (aws-sm:)        KmsEnv (aws-kms-env:)          SecretsExtension
//!     store.rs, writing.rs            kms_env.rs                     extension.rs
//!     stages.rs   which label is which stage (pure)                      │
//!                                 FunctionVariable, which writes what KmsEnv reads
//!                                   function.rs, release.rs, variable.rs (pure)
//!          │                            │                                │ HTTP, 127.0.0.1:2773
//!          └──── client.rs ◀────────────┘                                ▼
//!                  │  one SDK configuration, made at first use     the extension's own cache
//!                  │  identity.rs  variables ▸ profile ▸ web identity ▸ container ▸ instance
//!                  ▼
//!          the service's endpoint ── error ──▶ faults.rs, causes.rs (pure)          policy.rs: what IAM has to allow
//! ```
//!
//! Opening a store does nothing that can wait or fail: a function with three regions in its configuration pays for those it asks.

mod answers;
mod causes;
mod client;
mod describing;
mod extension;
mod faults;
mod function;
mod identity;
mod kms_env;
mod policy;
mod primed;
mod release;
mod rotating;
mod stages;
mod store;
mod variable;
mod writing;

pub use client::{CONNECT_WITHIN, OPERATION_WITHIN, Settings};
pub use describing::{Replica, Replication};
pub use extension::{EXTENSION_PORT, SecretsExtension};
pub use function::{FunctionTarget, FunctionVariable};
pub use identity::{Identity, Variables};
pub use kms_env::KmsEnv;
pub use policy::{Grounds, Use, policy, publishing};
pub use rotating::{Rotating, Standing};
pub use store::SecretsManager;
