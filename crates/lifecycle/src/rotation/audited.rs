//! What an auditor reads of a rotation: every change, before it is made and after. While something is to be revoked it is part of that, and found by its kind.

use hallpass_core::Fault;
use hallpass_core::audit::{AuditEvent, AuditKind};

use super::effect::{Effect, Next};
use super::engine::Engine;
use super::state::State;

impl Engine {
    /// Notes what changes something, before it is done and after.
    pub(super) fn audit(&self, state: &State, next: &Next, outcome: &str) -> Result<(), Fault> {
        let what = match &next.effect {
            Effect::Call(call) => call.told(),
            Effect::StorePending => "store pending".into(),
            Effect::Restore(version) => format!("restore {version}"),
            Effect::DiscardVersion(version) => format!("discard version {version}"),
            Effect::Promote(version, _) => format!("promote {version}"),
            Effect::Publish(version, _) => format!("publish {version}"),
            Effect::Write(change) => format!("checkpoint {}", change.name()),
            _ => return Ok(()),
        };
        let rotation = state.seen.as_ref().and_then(|seen| seen.rotation());
        let id = rotation.map_or("", |rotation| rotation.id.as_str());
        let now = self.parts.clock.now();
        let event = match state.revocation() {
            Some(revocation) => {
                AuditEvent::new(now, AuditKind::RevocationStep).fact("revocation", revocation.id.as_str())
            }
            None => AuditEvent::new(now, AuditKind::RotationStep),
        };
        let event = event
            .about(&self.plan.integration)
            .fact("rotation", id)
            .fact("step", next.step.name())
            .fact("what", what)
            .fact("outcome", outcome);
        self.parts.audit.record(&event)
    }
}
