//! The plan: every effect there would be, in order, with the calls and permissions that they need.

use std::collections::BTreeSet;

use hallpass_core::{ClientCall, ClientSeen, RoleGrant};

use super::decide::{Goal, Me, Next, next};
use super::effect::Effect;
use super::pair::idle_name;
use super::predict::predict;
use super::seen::Seen;
use super::wanted::Wanted;

/// What would be done, before anything is.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What there shall be.
    pub wanted: Wanted,
    /// What there is.
    pub seen: Seen,
    /// What would be done, in order; without what only moves the document.
    pub effects: Vec<Effect>,
    /// Why it would not, or would not go on.
    pub refused: Option<hallpass_core::Fault>,
    /// The calls that would be made, and what they need.
    pub calls: BTreeSet<ClientCall>,
    /// Roles that the administering identity lacks itself, where the platform lets nobody give more than it has.
    pub lacked: Vec<String>,
}

impl Planned {
    /// Whether there is anything to be done.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.effects.is_empty() && self.refused.is_none()
    }

    /// What the second of two that take turns would be called.
    #[must_use]
    pub fn idle_name(&self) -> String {
        idle_name(&self.wanted, &self.seen)
    }

    /// A client as it is now.
    #[must_use]
    pub fn client(&self, id: &hallpass_core::SlotId) -> Option<&ClientSeen> {
        self.seen.clients.get(id)
    }
}

/// Every effect from here to the goal, as if each succeeded, and why it would end before.
///
/// The first question that is met ends it: its answer cannot be predicted, so the shell asks and plans anew.
#[must_use]
pub fn plan(goal: Goal, wanted: &Wanted, seen: &Seen, mut me: Me<'_>) -> (Vec<Effect>, Option<Next>) {
    let (mut effects, mut world) = (Vec::new(), seen.clone());
    for _ in 0..LONGEST {
        match next(goal, wanted, &world, me) {
            Next::Do(effect) if effect.is_question() => return (effects, Some(Next::Do(effect))),
            Next::Do(effect) => {
                world = predict(&effect, wanted, &world, me);
                effects.push(effect);
            }
            Next::Wait(until) => me.now = until,
            Next::Done => return (effects, None),
            Next::Refuse(fault) => return (effects, Some(Next::Refuse(fault))),
        }
    }
    (effects, None)
}

/// Which of `granted` the administering identity does not hold itself.
pub(super) fn lacked(wanted: &Wanted, own: &BTreeSet<RoleGrant>) -> Vec<String> {
    let holds = |grant: &&RoleGrant| {
        let everywhere = RoleGrant { role: grant.role.clone(), division: "*".to_owned() };
        own.contains(*grant) || own.contains(&everywhere)
    };
    wanted.granted.iter().filter(|grant| !holds(grant)).map(|grant| wanted.spoken(grant)).collect()
}

/// A dozen effects make a client; a plan that goes on for ever is a mistake of ours, and every orphan takes three.
const LONGEST: usize = 1_000;
