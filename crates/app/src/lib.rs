//! The composition root of hallpass: configuration in, running parts out.
//!
//! ```text
//!   harden ──▶ Config::load ──▶ start_logging ──▶ App::assemble ──┬─▶ App::open ──▶ Gateway::serve   (serve, exec)
//!                  │                                              ├─▶ App::call                      (call)
//!             ConfigFaults                                        └─▶ App::put_secret, list_secrets, copy_secret  (secret)
//! ```
//!
//! Binaries depend on this crate and on nothing below it, so what they need from below is handed on here.
//!
//! # Why one crate knows every adapter
//!
//! Clock, network, stores and platforms meet only here. Everything below is handed what it uses, so it can be tested without any of it,
//! and whoever wants to know what really runs reads one file, `assemble.rs`.

mod acks;
mod administration;
mod assemble;
mod audit;
mod beside;
mod call;
pub mod config;
mod doctor;
mod gateway;
mod hardening;
mod init;
mod inventory;
mod learn;
mod lint;
mod on_record;
mod pass;
mod policy_test;
mod provisioning;
mod rotation;
mod secret_copy;
mod secrets;
mod shutdown;
mod sinks;
mod start_up;
mod stores;
mod survey;
mod triggers;

pub use acks::{AckBook, NotKept};
pub use assemble::{App, Purpose, Times};
pub use audit::{AuditLine, AuditLog, AuditRecord, AuditSource, Progress};
pub use call::{Answer, Call};
pub use config::{
    Config, ConfigFault, ConfigFaults, Flags, IntegrationSummary, ProcessVariables, Sources, Variables,
};
pub use doctor::{Check, Diagnosis, Finding, Granting, PlaceDiagnosis, Verdict as HealthVerdict};
pub use gateway::{Gateway, HandOver, Stopped};
pub use hallpass_core::audit::{AuditEvent, AuditKind, Recording, chain};
pub use hallpass_core::{
    BoxFuture, Clock, Credential, EntryInfo, EntryName, Environment, Fault, FaultCode, Fingerprint,
    IntegrationName, Moment, Remedy, Secret, Sleep, SlotId, Version,
};
pub use hallpass_lifecycle::inventory::{
    Access, ClientFacts, Control, EntryFacts, Evidence, LastUse, Row, RowKind, ShelfSeen, Source,
};
pub use hallpass_lifecycle::learn as learning;
pub use hallpass_lifecycle::provisioning as clients;
pub use hallpass_lifecycle::rotation as lifecycle;
pub use hallpass_lifecycle::scope_lint::{Date, LintRule, Severity};
pub use hallpass_outbound::{
    CallReport, Expected, ExpectedMember, NotVerified, PublishedKeys, Refusal, TokioSleep, within,
};
pub use hallpass_sidecar::{FAULT_HEADER, Listen, status_of};
pub use hallpass_stores::{Reference, Scheme};
pub use hardening::harden;
pub use init::{Answers, Key, Start, WrongAnswer};
pub use inventory::{AuditExcerpt, INVENTORY_SCHEMA, Inventory, LIMIT};
pub use learn::{Held as HeldByClient, LearnOptions, Learnt, requirements_of_file, role_of_file};
pub use lint::{Borne, LintOptions, LintPlace, LintReport, Reported, Unknown};
pub use policy_test::{Difference, Near, Reason, RuleName, Verdict};
pub use provisioning::{CheckState, Field, Form, ProvisionCheck, ProvisionOptions};
pub use rotation::{Planned, Rotation, RotationOptions};
#[cfg(feature = "aws")]
pub use rotation::{RotationStep, SecretRotation, Stepped};
pub use secret_copy::{Copied, CopyPlan, Held};
pub use secrets::{Listed, Put, members_of};
pub use shutdown::Shutdown;
pub use sinks::start_logging;
pub use triggers::secret_of_file;
