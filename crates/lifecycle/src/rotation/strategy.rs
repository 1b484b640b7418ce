//! Which way a platform's secrets are replaced, chosen from what it can do, and which call each step makes.

use std::fmt;
use std::str::FromStr;

use hallpass_core::{Capabilities, Fault, FaultCode};
use serde::{Deserialize, Serialize};

use super::step::Step;

/// A way of replacing a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// A new slot beside the old one; the old one is switched off and later deleted.
    Overlap,
    /// Two slots with equal rights, of which one is idle: only the idle one is reset.
    Alternate,
    /// One slot: the old secret dies the moment the new one is made.
    Regenerate,
}

/// What the configuration asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Whatever the platform does best.
    #[default]
    Auto,
    /// This one or none.
    This(Strategy),
}

impl FromStr for Wanted {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text {
            "auto" => Ok(Self::Auto),
            "overlap" => Ok(Self::This(Strategy::Overlap)),
            "alternate" => Ok(Self::This(Strategy::Alternate)),
            "regenerate" => Ok(Self::This(Strategy::Regenerate)),
            _ => Err(Fault::new(
                FaultCode::ConfigurationInvalid,
                "a strategy is one of auto, overlap, alternate, regenerate",
            )),
        }
    }
}

impl Strategy {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Alternate => "alternate",
            Self::Regenerate => "regenerate",
        }
    }

    /// The strategy for a platform that can do `capabilities`, where `slots` slots of the integration exist today.
    ///
    /// A platform whose slots can be reset keeps one secret in each (Genesys Cloud: a client). Two standing slots are then better than a new one each
    /// time: whatever hangs on a slot's id, such as roles and allow-lists, stays where it is, and a lost reply costs nothing.
    ///
    /// # Errors
    /// `rotation-refused` when the platform cannot do what is wanted, or only at a risk that was not accepted.
    pub fn choose(
        wanted: Wanted,
        capabilities: &Capabilities,
        slots: usize,
        accept_downtime_risk: bool,
    ) -> Result<Self, Fault> {
        let room_for_two = capabilities.max_live.is_none_or(|most| most >= 2);
        let overlap = capabilities.can_create && room_for_two;
        let alternate = capabilities.can_reset && (slots >= 2 || overlap);
        let chosen = match wanted {
            Wanted::Auto if alternate => Self::Alternate,
            Wanted::Auto if overlap => Self::Overlap,
            Wanted::Auto => Self::Regenerate,
            Wanted::This(strategy) => strategy,
        };
        let (possible, why) = match chosen {
            Self::Overlap if !capabilities.can_create => (false, "the platform makes no second secret"),
            Self::Overlap => (overlap, "the platform keeps one live secret only"),
            Self::Alternate if !capabilities.can_reset => (false, "the platform resets no secret in place"),
            Self::Alternate => (alternate, "there is no second slot, and the platform makes none"),
            Self::Regenerate => (capabilities.can_reset, "the platform resets no secret in place"),
        };
        if !possible {
            let detail = format!("strategy `{}`: {why}", chosen.name());
            return Err(Fault::new(FaultCode::RotationRefused, detail).with_hint("set `strategy` to `auto`"));
        }
        if chosen == Self::Regenerate && !accept_downtime_risk {
            return Err(exposed());
        }
        Ok(chosen)
    }

    /// Which call `step` makes, in the words of [`hallpass_core::SecretAdmin`] and [`hallpass_core::Store`]; `None` where it makes none.
    #[must_use]
    pub fn call(self, step: Step) -> Option<&'static str> {
        let [overlap, alternate, regenerate] = CALLS[step.number() - 1].1;
        let call = match self {
            Self::Overlap => overlap,
            Self::Alternate => alternate,
            Self::Regenerate => regenerate,
        };
        (!call.is_empty()).then_some(call)
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn exposed() -> Fault {
    let detail = "the platform has one slot only: from the reset until every consumer has read the new secret, a consumer that needs a token gets none";
    Fault::new(FaultCode::RotationRefused, detail)
        .with_hint("provision a second slot, or repeat with --accept-downtime-risk at a quiet hour")
}

/// The table strategy × step: for each step what `overlap`, `alternate` and `regenerate` call; empty where there is nothing to do.
pub const CALLS: [(Step, [&str; 3]); 16] = [
    (Step::Lease, ["checkpoint", "checkpoint", "checkpoint"]),
    (Step::Intent, ["checkpoint", "checkpoint", "checkpoint"]),
    (Step::List, ["list", "list", "list"]),
    (Step::ClearOrphans, ["delete(orphan)", "delete(orphan)", ""]),
    (Step::Generate, ["generate(new slot)", "rights(both), generate(idle slot)", "generate(the slot)"]),
    (
        Step::StorePending,
        [
            "put_pending, checkpoint",
            "put_pending, checkpoint, set_active(idle slot, true)",
            "put_pending, checkpoint",
        ],
    ),
    (
        Step::Verify,
        [
            "token and canary calls, rights(both)",
            "token and canary calls, rights(both)",
            "token and canary calls",
        ],
    ),
    (Step::Promote, ["promote, checkpoint", "promote, checkpoint", "promote, checkpoint"]),
    (Step::Notify, ["publish, write_copy(each)", "publish, write_copy(each)", "publish, write_copy(each)"]),
    (Step::CollectEvidence, ["list, acks", "list, acks", ""]),
    (Step::Soak, ["wait", "wait", ""]),
    (Step::RetireIntent, ["checkpoint", "checkpoint", "checkpoint"]),
    (Step::Disable, ["set_active(old slot, false)", "set_active(old slot, false)", ""]),
    (Step::Prove, ["token with new and old, wait", "token with new and old, wait", "token with new"]),
    (
        Step::Delete,
        [
            "delete(old slot), discard(PREVIOUS)",
            "generate(old slot) and forget, discard(PREVIOUS)",
            "discard(PREVIOUS)",
        ],
    ),
    (Step::Done, ["checkpoint", "checkpoint", "checkpoint"]),
];

#[cfg(test)]
mod tests {
    use super::{CALLS, Strategy, Wanted};
    use crate::rotation::step::Step;
    use hallpass_core::{Capabilities, FaultCode};
    use std::time::Duration;

    fn platform(max_live: Option<usize>, can_create: bool, can_reset: bool) -> Capabilities {
        Capabilities {
            slot_member: "client_id",
            max_live,
            can_create,
            can_reset,
            can_disable: true,
            shows_last_use: true,
            activation_delay: Duration::ZERO,
            revoke_delay: Duration::ZERO,
            tokens_outlive_secret: None,
            min_interval: Duration::ZERO,
            longest_overlap: None,
        }
    }

    #[test]
    fn auto_takes_what_the_platform_does_best() {
        let auto = |capabilities, slots| Strategy::choose(Wanted::Auto, &capabilities, slots, false);
        assert_eq!(auto(platform(Some(2), true, false), 1).unwrap(), Strategy::Overlap, "access keys");
        assert_eq!(
            auto(platform(None, true, true), 1).unwrap(),
            Strategy::Alternate,
            "clients of one secret each"
        );
        assert_eq!(
            auto(platform(None, false, true), 2).unwrap(),
            Strategy::Alternate,
            "two standing clients"
        );
        let fault = auto(platform(Some(1), false, true), 1).unwrap_err();
        assert_eq!(fault.code(), FaultCode::RotationRefused);
        assert!(fault.hint().contains("--accept-downtime-risk"), "{}", fault.hint());
    }

    #[test]
    fn what_the_platform_cannot_do_is_refused_with_the_reason() {
        let this = |strategy, capabilities, slots| {
            Strategy::choose(Wanted::This(strategy), &capabilities, slots, true)
                .map_err(|fault| fault.detail().to_owned())
        };
        assert!(
            this(Strategy::Overlap, platform(Some(1), true, true), 1)
                .unwrap_err()
                .contains("one live secret")
        );
        assert!(
            this(Strategy::Overlap, platform(None, false, true), 2).unwrap_err().contains("no second secret")
        );
        assert!(
            this(Strategy::Alternate, platform(Some(2), true, false), 2)
                .unwrap_err()
                .contains("resets no secret")
        );
        assert!(
            this(Strategy::Alternate, platform(Some(1), false, true), 1)
                .unwrap_err()
                .contains("no second slot")
        );
        assert!(
            this(Strategy::Regenerate, platform(Some(2), true, false), 1)
                .unwrap_err()
                .contains("resets no secret")
        );
        assert_eq!(this(Strategy::Regenerate, platform(Some(1), false, true), 1), Ok(Strategy::Regenerate));
    }

    #[test]
    fn the_table_has_a_row_for_every_step_in_order() {
        assert!(CALLS.iter().map(|(step, _)| *step).eq(Step::ALL));
        assert_eq!(Strategy::Regenerate.call(Step::Disable), None);
        assert_eq!(Strategy::Overlap.call(Step::Generate), Some("generate(new slot)"));
    }
}
