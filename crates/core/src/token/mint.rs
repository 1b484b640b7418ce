//! The seam between the cache and whoever gets tokens for it.

use std::fmt;

use crate::clock::Moment;
use crate::fault::Fault;
use crate::platform::Grant;
use crate::runtime::BoxFuture;
use crate::token::Failure;

/// Something that can get a token. The cache knows only this.
pub trait Mint: Send + Sync + fmt::Debug {
    /// Gets one token. Runs as a task of its own; being dropped loses at most a token that nobody holds.
    fn mint(&self, occasion: Occasion) -> BoxFuture<'_, Result<Minted, MintFault>>;

    /// Hears that the platform rejected the token of that generation, once for each. Must not wait.
    fn rejected(&self, _generation: u64) {}
}

/// Why a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A token is needed, and nothing speaks against asking.
    Needed,
    /// The platform refused the credential a while ago: ask only if the store holds another one by now, else fail with [`Failure::Unchanged`].
    Peek,
}

/// A granted token and when it was asked for.
#[derive(Debug)]
pub struct Minted {
    /// What the platform granted.
    pub grant: Grant,
    /// The moment *before* the request was sent: its lifetime began no earlier.
    pub asked: Moment,
}

/// A failed flight: what callers are told, and how long to pause.
#[derive(Clone, Debug)]
pub struct MintFault {
    /// For callers.
    pub fault: Fault,
    /// For the pause.
    pub failure: Failure,
}
