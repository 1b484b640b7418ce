//! The life of an integration at its platform: its secrets, and the least that it needs.
//!
//! This crate has no runtime, no network and no file, and reads no clock: the platform ([`hallpass_core::SecretAdmin`]), the store
//! ([`hallpass_core::Store`]), time and everything else come in through traits.

pub mod inventory;
pub mod learn;
pub mod provisioning;
pub mod rotation;
pub mod scope_lint;
mod stored;
