//! Setting the mark, and carrying it out.

use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::{Fault, FaultCode};

use super::super::document::Document;
use super::super::effect::{Stop, Trouble};
use super::super::engine::Engine;
use super::super::event::Order;
use super::{Consent, Revocation, mark};

/// How often setting the mark is tried against a rotation that writes at the same time. A rotation writes about twenty times in all.
const TRIES: u8 = 32;

/// How often somebody else's lease is looked at: whoever has it carries the mark out as well, and gives the lease back in the end.
const LOOK: Duration = Duration::from_secs(2);

impl Engine {
    /// Marks secrets as leaked, so that from now on every run of every machine ends them. Nothing is ended yet.
    ///
    /// Needs no lease. Doing it twice goes on with the first. If the future is dropped the mark may stand: whoever runs next carries it out.
    ///
    /// # Errors
    /// As [`mark`]; what store and platform say; `audit-unwritable`, and then nothing was marked; `version-conflict` when a rotation was faster every time.
    pub async fn mark_leaked(&self, consent: &Consent) -> Result<Revocation, Fault> {
        self.plan.check_store(self.parts.store.traits(), self.parts.document.is_some())?;
        if consent.disable_first && self.plan.own_identity {
            let detail = "the secret is the one that revokes: off first, nothing could be made in its place";
            return Err(
                Fault::new(FaultCode::RotationRefused, detail).with_hint("leave `--disable-first` out")
            );
        }
        let (id, by) = (self.draw(8), self.parts.machine.clone());
        let mut tries = 0;
        loop {
            let seen = self.observe().await?;
            let (expected, document) = match seen.document.clone() {
                Some((version, document)) => (Some(version), document),
                None => {
                    (None, Document::new(self.plan.entries.secret.clone(), self.plan.environment.clone()))
                }
            };
            self.is_ours(&document)?;
            let document = mark(document, &seen, consent, (&id, &by), self.now())?;
            let Some(revocation) = document.revocation.clone() else {
                return Err(Fault::new(FaultCode::Internal, "a mark was set and is not there"));
            };
            self.note_consent(&revocation)?;
            tries += 1;
            match self.replace(&document, expected.as_ref()).await {
                Ok(_) => return Ok(revocation),
                Err(fault) if fault.code() == FaultCode::VersionConflict && tries < TRIES => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Marks secrets as leaked, and carries that out as far as it goes now. Another machine that has the lease is waited for as long as the plan lets a run stay.
    ///
    /// If the future is dropped, whoever runs next goes on.
    pub async fn revoke(&self, consent: &Consent) -> Stop {
        if let Err(fault) = self.mark_leaked(consent).await {
            return Stop::Refused(Trouble::of(&fault));
        }
        let until = self.now().after(self.plan.stay);
        loop {
            let stop = self.run(Order::Revoke).await;
            let now = self.now();
            match &stop {
                Stop::LeaseHeld(..) if now < until => {
                    self.parts.sleep.sleep(until.since(now).min(LOOK)).await;
                }
                _ => return stop,
            }
        }
    }

    fn is_ours(&self, document: &Document) -> Result<(), Fault> {
        if document.environment == self.plan.environment && document.entry == self.plan.entries.secret {
            return Ok(());
        }
        let detail = format!(
            "what stands beside the secret is about `{}` in `{}`, this runs for `{}`",
            document.entry, document.environment, self.plan.environment
        );
        Err(Fault::new(FaultCode::EnvironmentMismatch, detail))
    }

    /// What was consented to, before it is: without an audit log nothing is revoked, as nothing is rotated.
    fn note_consent(&self, revocation: &Revocation) -> Result<(), Fault> {
        for leaked in &revocation.leaked {
            let order = if revocation.disable_first { "disable first" } else { "new secret first" };
            let held = if revocation.despite.is_some() { "yes" } else { "no" };
            let event = AuditEvent::new(self.parts.clock.now(), AuditKind::RevocationStep)
                .about(&self.plan.integration)
                .fact("revocation", revocation.id.as_str())
                .fact("step", "revoke")
                .fact("what", format!("consent to revoke {} in {}", leaked.fingerprint, leaked.slot))
                .fact("order", order)
                .fact("despite_hold", held)
                .fact("reason", revocation.reason.as_str())
                .fact("outcome", "begins");
            self.parts.audit.record(&event)?;
        }
        Ok(())
    }
}
