//! Rotation: replacing a secret that is in use without anybody noticing, and without anybody having to dare.
//!
//! ```text
//!   store (stages, checkpoints) ─┐                                        ┌─▶ store: checkpoint, PENDING, CURRENT
//!   platform (slots) ────────────┼─▶ Seen ─▶ State ─▶ next() ─▶ Effect ──▶├─▶ platform: generate, switch, delete
//!   consumers (acks) ────────────┘            ▲                           └─▶ wait, or stop and say why
//!                                             └── apply() ◀── Event ◀───────── what came of it (and the journal)
//! ```
//!
//! [`next`] and [`apply`] are pure: the first decides, the second takes note. [`Engine`] is the shell that does what was decided. What
//! there is to do follows from what the store and the platform say ([`Seen`]), never from memory: a machine that has just been started comes to the
//! same decision as one that did everything before. The journal is for people.
//!
//! What keeps it safe, in one line each:
//! * The document beside the secret ([`Document`]) is moved by compare-and-set only; two machines cannot both have written last.
//! * Every call that changes something at the platform is announced in it first, under the lease, and refused while on hold.
//! * A secret is promoted only after it was tried, by version, and only over the CURRENT the rotation began with.
//! * A secret is retired only on evidence, switched off before it is deleted, and deleted by the name that was written down.

mod amend;
mod audited;
mod begin;
mod boundary;
mod checkpoints;
mod dated;
mod decide;
mod document;
mod effect;
mod engine;
mod event;
mod evidence;
pub(crate) mod guard;
mod hands;
mod hold;
mod journal;
mod lease;
mod orphans;
mod outline;
mod perform;
mod person;
mod plan;
mod prepare;
mod recorder;
mod retire;
mod revoke;
mod seen;
mod settle;
mod state;
mod status;
mod step;
mod strategy;
mod stuck;
mod time;
mod tries;
mod value;
mod verifying;
mod window;
mod words;

pub use amend::{ORPHAN_WINDOW, amend};
pub use checkpoints::{
    DisabledMark, Dropped, Finished, Forward, Intent, Outcome, PendingMark, PromotedMark, RetireMark,
    Rotation, TryMark,
};
pub use dated::Dated;
pub use decide::next;
pub use document::{Announced, Call, Document, Hold, Lease, OpenGenerate, SCHEMA};
pub use effect::{Baseline, Change, Effect, Next, Stop, Trouble};
pub use engine::{Engine, Parts};
pub use event::{Begun, Event, Failure, Order, Verdict};
pub use evidence::{Ack, AckReport, Finding, Overlap, Question, judge};
pub use hands::{Acks, NoAcks, NoProgress, Progress, Publish, Published, Quietly, Verify};
pub use hold::HeldBack;
pub use journal::{Journal, JournalFault, NoJournal, Record, Recorded, Tail, read_journal, record_line};
pub use outline::{PlannedStep, outline};
pub use plan::{Entries, Pace, Plan};
pub use revoke::{
    Consent, Evidence, Exposure, Leaked, Lookout, Noted, Revocation, Stranger, Tried, Why, Word, evidence,
    exposure, mark,
};
pub use seen::{Held, Seen};
pub use state::{Refusal, State, apply};
pub use status::{SecretStatus, Status, status};
pub use step::Step;
pub use strategy::{CALLS, Strategy, Wanted};
pub use stuck::{Cause, Stuck};
pub use time::{Spoken, WallTime};
pub use tries::Tries;
pub use value::compose;
pub use verifying::VERIFY_TRIES;
pub use window::BothLive;
