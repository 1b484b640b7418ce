//! Acknowledgements: which consumer uses which secret, said by the consumer and read by the rotation before it retires the old one.
//!
//! ```text
//!   a token is granted ──▶ Acknowledge ──▶ Courier: the last word of each integration ──▶ AckPlace ──▶ Consumers ──▶ the rotation
//!                            (never waits)      (off every call's path, tries again)         ├─ a file in a folder
//!                                                                                            ├─ PUT to a receiver, such as hallpass-rotator
//!                                                                                            └─ an entry of its own in a secret store
//! ```
//!
//! # Why it may fail
//!
//! A word that does not arrive is a silent consumer, and a silent consumer keeps the old secret alive. So nothing here may delay or fail a call, and nothing may make up
//! a word that nobody said. What is said is no secret: names, a fingerprint and a time.

mod bearer;
mod book;
mod consumers;
mod courier;
mod entries;
mod folder;
mod grants;
mod place;
mod receiver;
mod said;
mod tell;

pub use book::{AckBook, NotKept};
pub(crate) use consumers::{Consumers, Unheard};
pub(crate) use courier::{Carried, Courier};
pub(crate) use grants::references;
pub(crate) use place::{AckPlace, open};
pub(crate) use said::{Said, entry_of, is_consumer};
pub(crate) use tell::Acknowledge;
