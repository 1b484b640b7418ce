//! Google Secret Manager.
