//! Provisioning: one client per integration, made from the configuration, its secret in the store before anybody could see it.
//!
//! ```text
//!   configuration ─▶ Wanted ─┐
//!   platform (clients) ──────┼─▶ Seen ─▶ next() ─▶ Effect ─▶ done, once ─▶ look again
//!   store (stages, document) ┘              │
//!                                           └─▶ predict() ─▶ Seen, as it would be ─▶ next() ...   the plan
//! ```
//!
//! [`next`] is pure and total, and decides from what is seen alone: a machine that has just been started goes on where another one died. The plan is
//! the same function over a picture of the world in which every effect succeeds, so plan and apply cannot disagree.
//!
//! What keeps it safe, in one line each:
//! * A creation is announced in the document beside the secret before it is sent, with a nonce that the client carries in its description: if the reply is
//!   lost, the client is found again, and given another secret; or removed, where a lost secret cannot be replaced.
//! * A new secret goes to the store before anything else happens, and nowhere else.
//! * A client that does not carry our mark is nobody's but its owner's: it is never changed unless a person says so by name.
//! * Nothing is removed that was used lately, unless a person says so.
//! * Two machines cannot both act: the lease is moved by compare-and-set, and a call is not polled once it has ended.

mod bring;
mod decide;
mod destroy;
mod document;
mod drift;
mod effect;
mod engine;
mod findings;
mod hands;
mod look;
mod mark;
mod own_role;
mod pair;
mod perform;
mod perform_role;
mod plan;
mod predict;
mod refused;
mod seen;
mod wanted;

pub use decide::{Goal, Me, Next, next};
pub use document::{Document, Made, Open, SCHEMA};
pub use effect::{Change, Differs, Effect};
pub use engine::Engine;
pub use findings::{Finding, refusals};
pub use hands::{Done, NoWitness, Parts, Witness};
pub use mark::Mark;
pub use own_role::OwnRole;
pub use plan::{Planned, plan};
pub use predict::predict;
pub use seen::{Held, Owner, Seen};
pub use wanted::{Entries, Wanted, second_name};

#[cfg(test)]
mod role_tests;
#[cfg(test)]
mod tests;
