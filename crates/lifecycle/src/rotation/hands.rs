//! What the engine needs besides a store and a platform's slots: small seams, each with what is true after a crash.

use std::fmt;

use hallpass_core::{BoxFuture, EntryName, Fault, Fingerprint, StoredSecret, Version};

use super::effect::Effect;
use super::event::{Event, Verdict};
use super::evidence::AckReport;
use super::step::Step;
use super::time::WallTime;

/// Tries secrets at the platform. Changes nothing there.
pub trait Verify: Send + Sync + fmt::Debug {
    /// Gets a token with `stored` and makes the canary calls, one per group of permissions that the integration uses.
    ///
    /// Nothing is remembered; a dropped future leaves at most an unused token. What cannot be asked is [`Verdict::Unreachable`], never a refusal.
    fn verify<'a>(&'a self, stored: &'a StoredSecret) -> BoxFuture<'a, Verdict>;

    /// Whether a token is still given for `stored`, without any call: for the secret that was switched off. One request, because platforms lock
    /// out who tries a dead secret often.
    fn accepts<'a>(&'a self, stored: &'a StoredSecret) -> BoxFuture<'a, Verdict> {
        self.verify(stored)
    }
}

/// Tells consumers that there is a new secret, where they do not look by themselves: a message, a function's environment.
pub trait Publish: Send + Sync + fmt::Debug {
    /// Tells them. Called again after a crash, so telling twice must be telling once.
    ///
    /// # Errors
    /// Whatever came in the way; the call is repeated.
    fn publish<'a>(&'a self, published: &'a Published) -> BoxFuture<'a, Result<(), Fault>>;
}

/// What consumers are told. Never the value: they have a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The entry.
    pub entry: EntryName,
    /// Its CURRENT version.
    pub version: Version,
    /// The fingerprint of the secret in it.
    pub fingerprint: Fingerprint,
}

/// Which consumers there are, and which secret they say they use.
pub trait Acks: Send + Sync + fmt::Debug {
    /// Everything said so far.
    ///
    /// # Errors
    /// Whatever came in the way. Missing acks are no fault: who is silent is not among them.
    fn read(&self) -> BoxFuture<'_, Result<AckReport, Fault>>;
}

/// Where a person or a log follows what happens. Must not block.
pub trait Progress: Send + Sync + fmt::Debug {
    /// `effect` of `step` is about to be done.
    fn begins(&self, step: Step, effect: &Effect);

    /// That came of it.
    fn ended(&self, step: Step, event: &Event);

    /// Time has to pass until then; called again whenever part of it has.
    fn waits(&self, _step: Step, _now: WallTime, _until: WallTime) {}

    /// Something that does not stop the rotation went wrong, such as a journal on a full disk.
    fn warns(&self, _fault: &Fault) {}
}

/// Publishes nothing: consumers read the store by themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quietly;

impl Publish for Quietly {
    fn publish<'a>(&'a self, _published: &'a Published) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// No consumer is registered.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAcks;

impl Acks for NoAcks {
    fn read(&self) -> BoxFuture<'_, Result<AckReport, Fault>> {
        Box::pin(std::future::ready(Ok(AckReport::default())))
    }
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begins(&self, _step: Step, _effect: &Effect) {}

    fn ended(&self, _step: Step, _event: &Event) {}
}
