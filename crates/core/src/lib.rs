//! The vocabulary of hallpass and every decision about tokens.
//!
//! This crate has no runtime, no network, no cloud and no file. Time, sleep, tasks and randomness come in as
//! values ([`Clock`], [`Sleep`], [`Spawn`], [`Randomness`]), so every decision can be tested without waiting
//! and the token core can be searched for bad interleavings.
//!
//! ```text
//!   caller ──▶ policy::Policy::decide ──▶ policy::Permit ──▶ (outbound sends it)
//!                                                               │
//!                       token::TokenCache ◀── token(), reject() ┘
//!                          │ one flight
//!                       token::Issuer ── CredentialSource (a store) + Platform (a token endpoint)
//! ```
//!
//! # Why not a cache of strings
//!
//! A token that leaves its cache as a `String` is captured at the start of a job and dies with it. Here it is
//! always an [`token::AccessToken`]: it knows its generation and both of its deadlines, and asking again is a
//! lock-free read.

pub mod audit;
mod clients;
mod clock;
mod credential;
mod document_store;
mod fault;
mod login;
mod meter;
mod names;
mod observe;
mod platform;
pub mod policy;
mod roles;
mod runtime;
mod secret;
mod slots;
mod start;
mod status;
mod store;
mod survey;
#[cfg_attr(hallpass_search, path = "../../../search/src/sync.rs")]
pub mod sync;
pub mod template;
pub mod token;
mod unresolved;

#[cfg(any(test, feature = "test-support"))]
pub mod test_support;

pub use clients::{
    ClientAdmin, ClientCall, ClientDeed, ClientDraft, ClientNature, ClientQuery, ClientSeen, RoleGrant,
    RoleGrantName,
};
pub use clock::{Clock, Deadline, Moment, THAW_GAP, ThawWatch};
pub use credential::{Credential, Fingerprint};
pub use document_store::DocumentStore;
pub use fault::{Fault, FaultCode, Remedy};
pub use login::{LocalLogin, LoginAnswer, LoginAttempt, LoginReading, LoginRequest};
pub use meter::{Counter, Counters, Gauge, Meter};
pub use names::{EntryName, Environment, IntegrationName, Version};
pub use observe::{CallObserver, Ending, NoObserver, ObservedCall};
pub use platform::{Grant, IssueFault, IssueVerdict, Platform, RejectionVerdict};
pub use roles::{RoleAdmin, RoleDraft, RoleQuery, RoleSeen};
pub use runtime::{BoxFuture, Randomness, Sleep, Spawn};
pub use secret::Secret;
pub use slots::{Capabilities, CopyId, Generated, LastUsed, Rights, SecretAdmin, Slot, SlotId};
pub use start::{ColdStart, Phase, SecretState};
pub use status::{CredentialStatus, IntegrationStatus, StatusSource, TokenStatus};
pub use store::{
    CompareAndSet, CredentialSource, EntryInfo, Reread, Stage, Store, StoreTraits, StoredSecret,
};
pub use survey::{ClientSurvey, SurveyedClient, SurveyedRole};
pub use unresolved::unresolved_reference;
