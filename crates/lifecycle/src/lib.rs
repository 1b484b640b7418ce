//! The life of an integration's secrets at its platform.
//!
//! This crate has no runtime, no network and no file, and reads no clock: the platform ([`hallpass_core::SecretAdmin`]), the store
//! ([`hallpass_core::Store`]), time and everything else come in through traits.

pub mod inventory;
pub mod provisioning;
pub mod rotation;
pub mod scope_lint;
