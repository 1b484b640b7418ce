//! Who may call what: allow rules, the decision, and the permit that sending demands.
//!
//! A decision is made on the very bytes that are sent later: the [`Permit`] carries them. There is no way to build a
//! permit but [`Policy::decide`], so skipping the check does not compile.

mod ambiguity;
mod decide;
mod header;
mod rule;

pub use ambiguity::ambiguity;
pub use decide::{Permit, Policy, Refusal};
pub use header::HeaderRole;
pub use rule::{Rule, RuleFault};
