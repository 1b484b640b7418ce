//! What an auditor reads of a rotation: every change, before it is made and after.

use hallpass_core::Fault;
use hallpass_core::audit::{AuditEvent, AuditKind};

use super::document::Call;
use super::effect::{Change, Effect, Next};
use super::engine::Engine;
use super::state::State;

impl Engine {
    /// Notes what changes something, before it is done and after.
    pub(super) fn audit(&self, state: &State, next: &Next, outcome: &str) -> Result<(), Fault> {
        let what = match &next.effect {
            Effect::Call(call) => match call.slot() {
                Some(slot) => format!("{} {slot}", kind_of(call)),
                None => kind_of(call).to_owned(),
            },
            Effect::StorePending => "store pending".into(),
            Effect::Restore(version) => format!("restore {version}"),
            Effect::DiscardVersion(version) => format!("discard version {version}"),
            Effect::Promote(version, _) => format!("promote {version}"),
            Effect::Publish(version, _) => format!("publish {version}"),
            Effect::Write(change) => format!("checkpoint {}", name_of(change)),
            _ => return Ok(()),
        };
        let rotation = state.seen.as_ref().and_then(|seen| seen.rotation());
        let id = rotation.map_or("", |rotation| rotation.id.as_str());
        let event = AuditEvent::new(self.parts.clock.now(), AuditKind::RotationStep)
            .about(&self.plan.integration)
            .fact("rotation", id)
            .fact("step", next.step.name())
            .fact("what", what)
            .fact("outcome", outcome);
        self.parts.audit.record(&event)
    }
}

fn kind_of(call: &Call) -> &'static str {
    match call {
        Call::Generate(_) => "generate",
        Call::Activate(_) => "activate",
        Call::Deactivate(_) => "deactivate",
        Call::Delete(_) => "delete",
        Call::Discard(_) => "reset and forget",
    }
}

fn name_of(change: &Change) -> &'static str {
    match change {
        Change::TakeLease => "lease taken",
        Change::Renew => "lease renewed",
        Change::Release => "lease given back",
        Change::Intent(..) => "intent",
        Change::Announce(..) => "announcement",
        Change::Pending(_) => "pending",
        Change::Drop(..) => "pending given up",
        Change::Dropped => "pending removed",
        Change::Promoted(_) => "promoted",
        Change::Notified => "consumers told",
        Change::Retire(_) => "retire intent",
        Change::Disabled(_) => "old one off",
        Change::Stuck(..) => "stuck",
        Change::Resume(_) => "resumed",
        Change::Undo(..) => "undo",
        Change::Abandon => "abandoned",
        Change::Finish(_) => "finished",
    }
}
