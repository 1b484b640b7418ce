//! Revoking what leaked, as a command does it: what it costs, the deed, and the evidence.

use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::{Fault, FaultCode};
use hallpass_lifecycle::rotation::{Consent, Dated, Evidence, Exposure, Stop, evidence, exposure};

use super::Rotation;

impl Rotation {
    /// What `consent` would end, and which callers fail for how long. Store and platform are read, and nothing is changed.
    ///
    /// # Errors
    /// `rotation-held`; `rotation-refused` where no such secret is stored or it cannot be replaced; what store and platform say.
    pub async fn exposure(&self, consent: &Consent) -> Result<Exposure, Fault> {
        exposure(&self.engine.observe().await?, consent, self.now(), &self.plan)
    }

    /// Marks what leaked, and ends it as far as that goes now. Dropping the future is what a crash is: whatever runs next for this integration goes on.
    pub async fn revoke(&self, consent: &Consent) -> Stop {
        self.engine.revoke(consent).await
    }

    /// What is known of the revocation under way, or of the last one, written into the audit log as well.
    ///
    /// # Errors
    /// `rotation-refused` where there never was one; what store and platform say; `audit-unwritable`.
    pub async fn evidence(&self) -> Result<Evidence, Fault> {
        let seen = self.engine.observe().await?;
        // Without a word from the consumers the report is the poorer by that, and no less true.
        let acks = self.acks.read().await.unwrap_or_default();
        let lookout = self.watch.look().await;
        let evidence = evidence(&seen, &acks, &self.plan, &lookout).ok_or_else(|| {
            let detail = format!("no secret of `{}` was ever revoked", self.integration);
            Fault::new(FaultCode::RotationRefused, detail)
                .with_hint("there is evidence once `hallpass revoke` was typed")
        })?;
        self.note(&evidence)?;
        Ok(evidence)
    }

    fn note(&self, evidence: &Evidence) -> Result<(), Fault> {
        let current = evidence.current.as_ref();
        for (leaked, until) in evidence.revocation.leaked.iter().zip(&evidence.tokens_until) {
            let event = AuditEvent::new(self.clock.now(), AuditKind::RevocationStep)
                .about(&self.integration)
                .fact("revocation", evidence.revocation.id.as_str())
                .fact("step", "revoke")
                .fact("what", format!("evidence of {} in {}", leaked.fingerprint, leaked.slot))
                .fact("proof", leaked.proof())
                .fact("outcome", if leaked.gone.is_some() { "gone" } else { "alive" });
            let event = [("off", leaked.off), ("gone", leaked.gone), ("tokens_until", *until)]
                .into_iter()
                .filter_map(|(name, at)| Some((name, Dated(at?).to_string())))
                .fold(event, |event, (name, at)| event.fact(name, at));
            let event = match current {
                Some(held) => event.fact("current", held.version.as_str()),
                None => event,
            };
            self.audit.record(&event)?;
        }
        for stranger in &evidence.strangers {
            let event = AuditEvent::new(self.clock.now(), AuditKind::RevocationStep)
                .about(&self.integration)
                .fact("revocation", evidence.revocation.id.as_str())
                .fact("step", "revoke")
                .fact("what", format!("a stranger at the platform: {stranger}"))
                .fact("outcome", "seen");
            self.audit.record(&event)?;
        }
        Ok(())
    }
}
