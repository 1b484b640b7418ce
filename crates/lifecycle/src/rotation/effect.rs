//! What to do next, as data: decided by [`super::next`], done by the shell, judged by nobody in between.

use std::collections::BTreeSet;

use hallpass_core::{CopyId, Fault, FaultCode, Fingerprint, SlotId, Version};
use serde::{Deserialize, Serialize};

use super::checkpoints::{
    DisabledMark, Dropped, Forward, Intent, Outcome, PendingMark, PromotedMark, RetireMark,
};
use super::document::{Call, Hold};
use super::evidence::Finding;
use super::revoke::Noted;
use super::step::Step;
use super::strategy::Strategy;
use super::stuck::{Cause, Stuck};
use super::time::{Spoken, WallTime};

/// The next thing to do, and which step it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Next {
    /// The step.
    pub step: Step,
    /// The thing.
    pub effect: Effect,
}

/// A thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Read document, stages and slots.
    Observe,
    /// Change the document by compare-and-set.
    Write(Change),
    /// Make an announced call to the platform.
    Call(Call),
    /// Store the value in hand as PENDING.
    StorePending,
    /// Store the value of this earlier version as PENDING.
    Restore(Version),
    /// Remove a version that is not CURRENT.
    DiscardVersion(Version),
    /// Compare what the two slots may do.
    Compare(SlotId, SlotId),
    /// Try the pending version with the real permissions.
    Verify(Version),
    /// Make it CURRENT, if CURRENT is still the second.
    Promote(Version, Version),
    /// Tell the consumers which version is CURRENT.
    Publish(Version, Fingerprint),
    /// Read what the consumers say.
    Collect,
    /// Try CURRENT, and the version before where there is one to be refused.
    Prove(Version, Option<Version>),
    /// Wait until then.
    Wait(WallTime),
    /// End this run.
    Stop(Stop),
}

/// A change of the document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Take the lease, which nobody has.
    TakeLease,
    /// Keep it.
    Renew,
    /// Give it back.
    Release,
    /// Checkpoint one, with a strategy, under this id.
    Intent(Box<Intent>, Strategy, String),
    /// Announce a call; with the slots that are listed now.
    Announce(Call, BTreeSet<SlotId>),
    /// Checkpoint two.
    Pending(PendingMark),
    /// A try with this version is about to be made.
    Trying(Version),
    /// The last try says nothing against it: nobody answered, or it was accepted.
    Uncounted,
    /// Give the pending secret up; whether because it was refused.
    Drop(Dropped, bool),
    /// What was given up is gone.
    Dropped,
    /// Checkpoint three.
    Promoted(PromotedMark),
    /// The consumers were told.
    Notified,
    /// A copy at the platform holds the new secret.
    Copied(CopyId),
    /// Checkpoint four.
    Retire(RetireMark),
    /// The old slot is off.
    Disabled(DisabledMark),
    /// A person is needed.
    Stuck(Cause, String),
    /// A person says to go on, from what is there now.
    Resume(Box<Baseline>),
    /// Go back to the secret before.
    Undo(Box<Intent>, Box<Forward>),
    /// Clear away what was begun.
    Abandon,
    /// Go on with what was turned round: what it would go back to has leaked.
    Forth(Box<Baseline>),
    /// It has ended.
    Finish(Outcome),
    /// Of this secret, which leaked, that is known now.
    Leaked(SlotId, Fingerprint, Noted),
    /// Everything that leaked is gone.
    Revoked,
}

/// What a person accepted by saying to go on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Baseline {
    /// The old slot's state.
    pub old: Option<String>,
    /// The new slot's state.
    pub new: Option<String>,
    /// Whether the old slot is on.
    pub old_active: bool,
    /// Every slot that is listed and that nothing of ours explains.
    pub known: BTreeSet<SlotId>,
}

/// Why a run ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The rotation came to its end.
    Finished(Outcome),
    /// There is nothing to do.
    Nothing,
    /// It is not time for one yet.
    NotDue(WallTime),
    /// Time has to pass; the findings say what for.
    Waiting(WallTime, Vec<Finding>),
    /// On hold.
    Held(Hold),
    /// Another machine has the lease until then.
    LeaseHeld(String, WallTime),
    /// A person is needed.
    Stuck(Stuck),
    /// It does not begin, or does not go on, for this reason.
    Refused(Trouble),
    /// Something failed too often, or in a way that repeating does not help.
    Failed(Trouble),
}

/// A fault as it is written down: its code, its detail, its advice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trouble {
    /// The code's stable name.
    pub code: String,
    /// Its detail, which names things and never values.
    pub detail: String,
    /// What to do.
    pub hint: String,
}

impl Trouble {
    /// What is worth keeping of `fault`.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        Self { code: fault.code().name().into(), detail: fault.detail().into(), hint: fault.hint().into() }
    }

    /// The fault again. A code that this program does not know, from a journal, becomes `internal`.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let known = FaultCode::ALL.iter().find(|code| code.name() == self.code);
        let code = known.copied().unwrap_or(FaultCode::Internal);
        Fault::new(code, self.detail.clone()).with_hint(self.hint.clone())
    }
}

impl Stop {
    /// The fault to show at `now`, where ending here is one. Having finished, nothing to do and time that has to pass are none.
    #[must_use]
    pub fn fault(&self, integration: &str, now: WallTime) -> Option<Fault> {
        match self {
            Self::Finished(_) | Self::Nothing | Self::NotDue(_) | Self::Waiting(..) => None,
            Self::Held(hold) => {
                let hint = format!("release it with `hallpass rotate hold {integration} --off`");
                Some(Fault::new(FaultCode::RotationHeld, hold.reason.clone()).with_hint(hint))
            }
            Self::LeaseHeld(holder, until) => {
                let left = until.since(now);
                let detail = format!("`{holder}` has the lease for {}", Spoken(left));
                Some(Fault::new(FaultCode::LeaseHeld, detail).with_retry_after(left))
            }
            Self::Stuck(stuck) => {
                let detail = format!("{}: {}", stuck.cause.words(), stuck.detail);
                let hint =
                    format!("see to it, then type `hallpass rotate {} {integration}`", stuck.cause.verb());
                Some(Fault::new(FaultCode::RotationStuck, detail).with_hint(hint))
            }
            Self::Refused(trouble) | Self::Failed(trouble) => Some(trouble.fault()),
        }
    }
}
