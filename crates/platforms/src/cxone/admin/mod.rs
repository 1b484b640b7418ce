//! The administration of CXone's two kinds of secrets.
//!
//! ```text
//!   access key    belongs to a user, who may have several: create, switch off, delete      CxoneKeyAdmin
//!   application   has one client secret for good: a second one, enable, disable, delete    CxoneApplicationAdmin
//! ```
//!
//! Neither secret can be replaced in place, so both rotate by overlap: the new one beside the old one, then the old one off, then away.

mod application;
mod application_errands;
mod applications;
mod key;
mod key_clients;
mod key_errands;
mod keys;
mod listing;

use std::time::Duration;

pub use application_errands::cxone_application_rules;
pub use applications::{CxoneApplicationAdmin, CxoneApplicationSettings};
pub use key_clients::CxoneKeys;
pub use key_errands::cxone_key_rules;
pub use keys::{CxoneKeyAdmin, CxoneKeySettings};

/// Not documented. Comparable platforms take about 15 s until a new key is known everywhere; twice that is ours. It is also the least time between two
/// creations, so that the first can be proved before the second.
const ACTIVATION: Duration = Duration::from_secs(30);

/// Not documented either; a minute is ours.
const REVOCATION: Duration = Duration::from_secs(60);

/// Every source that states a lifetime says 3600 s, and tokens are JWTs: nothing asks whether their key is still there.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests;
