//! What an engine is made of, who watches it, and how it ends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::AuditSink;
use hallpass_core::{ClientAdmin, Clock, Fault, Randomness, Sleep, Store};

use super::effect::Effect;

/// What an engine is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where secret and document rest.
    pub store: Arc<dyn Store>,
    /// The platform, as the administering identity.
    pub admin: Arc<dyn ClientAdmin>,
    /// Where every effect is recorded.
    pub audit: Arc<dyn AuditSink>,
    /// Who watches.
    pub witness: Arc<dyn Witness>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
    /// Where nonces come from.
    pub randomness: Arc<dyn Randomness>,
    /// This machine, as an operator would recognise it in `lease-held`.
    pub machine: String,
}

/// Watches what is done.
pub trait Witness: Send + Sync + fmt::Debug {
    /// This is begun.
    fn begins(&self, effect: &Effect);

    /// This is done.
    fn done(&self, _effect: &Effect) {}

    /// Something has to show or pass, for so long.
    fn waits(&self, _left: Duration) {}

    /// Something went wrong that is looked into and tried again.
    fn warns(&self, _fault: &Fault) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn begins(&self, _effect: &Effect) {}
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Done {
    /// Everything is as it shall be; so many effects brought it there.
    Settled(usize),
    /// Something may still show; the same command goes on after that time.
    Waiting(Duration),
}
