//! What happened: the only thing that changes a [`super::State`], live and in replay.

use hallpass_core::{Fingerprint, SlotId, Version};
use serde::{Deserialize, Serialize};

use super::document::{Call, Document};
use super::effect::{Change, Trouble};
use super::evidence::AckReport;
use super::seen::Seen;
use super::time::WallTime;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A process began to act. Everything that an earlier one remembered is forgotten.
    Begun(Begun),
    /// Store and platform were read.
    Observed(Box<Seen>),
    /// The document was changed, and is this version now.
    Written(Change, Box<Document>, Version),
    /// The platform made the announced call. For `generate`: where, and which secret.
    Called(Call, Option<(SlotId, Fingerprint)>),
    /// A secret is PENDING under this version.
    Stored(Version, SlotId, Fingerprint),
    /// A version is gone.
    Discarded(Version),
    /// Two slots were compared: how they differ, if they do.
    Compared(Option<String>),
    /// A pending version was tried.
    Verified(Version, Verdict, WallTime),
    /// A version is CURRENT.
    Promoted(Version),
    /// The consumers were told.
    Published,
    /// They could not be told, and the revocation of a secret does not wait for that.
    Unpublished(Trouble),
    /// What the consumers say.
    Collected(AckReport),
    /// The verdict on the new secret, and on the old one where it was tried.
    Proved(Verdict, Option<Verdict>),
    /// Time passed.
    Waited,
    /// What was tried failed. It may have had its effect all the same.
    Failed(Failure),
}

/// A process that acts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Begun {
    /// Its name as a holder of the lease: different for every process.
    pub holder: String,
    /// What it was told to do.
    pub order: Order,
    /// The id of a rotation that it might begin.
    pub id: String,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Rotate now, or go on with what was begun.
    Run,
    /// Rotate if it is time, or go on with what was begun.
    Due,
    /// Go on with what was begun, also where a person was needed.
    Resume,
    /// Give up what was begun: before the promotion by clearing it away, after it by going back.
    Abort,
    /// Remove secrets that an interrupted run left at the platform.
    Sweep,
    /// Rotate now, and go no further than PENDING.
    Prepare,
    /// Try what is PENDING, and go no further. Nothing is begun.
    Try,
    /// Promote what is PENDING, if it is good, tell the consumers, and go no further. Nothing is begun.
    Promote,
    /// End what leaked. Nothing is ended that is not marked beside the secret.
    Revoke,
}

/// What the platform thinks of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It gives a token, and every canary call succeeds.
    Good,
    /// Not usable yet, as the platform says of a secret it is still spreading.
    NotYet,
    /// No token is given for it.
    Refused,
    /// A token is given, and this canary call fails with it.
    CanaryFailed(String),
    /// Nobody could be asked.
    Unreachable(String),
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// What is known of it.
    pub trouble: Trouble,
    /// When.
    pub at: WallTime,
    /// Whether trying again may help, and when at the earliest.
    pub again: Option<WallTime>,
    /// Whether somebody else was faster: what was seen is out of date, and nothing is wrong.
    pub lost: bool,
    /// Whether the lease was to be given back: nobody needs to try that twice.
    pub parting: bool,
}
