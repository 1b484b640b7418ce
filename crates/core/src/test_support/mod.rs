//! Fakes and contract suites, for tests of any crate. Never part of a shipped build: the feature `test-support` is for dev-dependencies only.

mod credentials;
pub mod document_contract;
mod platform;
mod randomness;
pub mod store_contract;
mod time;

pub use credentials::ScriptedCredentials;
pub use platform::ScriptedPlatform;
pub use randomness::FixedRandomness;
pub use time::ManualTime;
