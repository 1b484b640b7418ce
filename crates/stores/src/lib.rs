//! Where hallpass keeps credentials without a cloud: memory, environment, file, one encrypted file.
//!
//! ```text
//!   Reference::parse("local:queue-sync")
//!            │ scheme, entry
//!   StoreCredentials ──▶ LocalStore | EnvStore | FileStore | MemoryStore ──▶ StoredSecret
//!   (failover, memory, audit)       one encrypted file, staged versions; a cloud's store stands in the same place
//! ```
//!
//! Every store here passes the contract suite of [`hallpass_core::Store`]. Nothing here reads a clock, the process environment or
//! the machine's randomness by itself: they come in as values.
//!
//! # Why not the operating system's keyring
//!
//! A serverless sandbox has none, and one that needs an unlocked desktop session cannot serve a cron job either. One file with one
//! key works the same in a container, on a virtual machine and on a laptop.

mod blocking;
mod cloud_form;
mod credentials;
mod env;
mod file;
mod local;
mod memory;
mod owner_only;
mod recorded;
mod resolve;
mod shelf;
mod within;

pub use credentials::{CredentialParts, Place, Places, StoreCredentials, StoreLimits};
pub use env::{EnvStore, Variables};
pub use file::FileStore;
pub use local::{LocalKey, LocalStore, PassphraseCost};
pub use memory::MemoryStore;
pub use recorded::{Reading, RecordedStore};
pub use resolve::{Options, Reference, Scheme};
