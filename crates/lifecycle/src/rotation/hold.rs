//! A person's word that nothing may change any more.

use std::time::Duration;

use hallpass_core::{Fault, FaultCode};

use super::document::{Announced, Call, Document, Hold};
use super::engine::Engine;

/// How often setting the flag is tried against a rotation that writes at the same time. A rotation writes about twenty times in all.
const TRIES: u8 = 32;

/// How often it is looked whether the call that is waited for is over: a person waits, and a look is one read of the store.
const LOOK: Duration = Duration::from_secs(2);

/// What holding back found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The hold that stands now.
    pub hold: Hold,
    /// The call that had been announced and may have been made before the hold stood; by now it is over.
    pub too_late_for: Option<Call>,
}

impl Engine {
    /// Puts the integration on hold. When this returns, nothing is generated, switched or deleted any more until [`Engine::release`], by no machine:
    /// the flag stands in the document that every such call has to be announced in, and a call announced before was waited for: until its maker says that it is over, or until the
    /// time is over in which it could be made.
    ///
    /// Needs no lease. Setting it twice keeps the first. If the future is dropped the flag may stand.
    ///
    /// # Errors
    /// What the store says; `rotation-refused` where the store cannot hold the flag; `version-conflict` when a rotation was faster every time.
    pub async fn hold(&self, reason: &str) -> Result<HeldBack, Fault> {
        self.check()?;
        let hold = Hold { since: self.now(), reason: reason.to_owned() };
        let document = self.change_hold(Some(&hold)).await?;
        let announced =
            document.announced.filter(|announced| self.now() < announced.until.after(self.plan.pace.skew));
        if let Some(announced) = &announced {
            // Announced by another clock, so it may run that much longer by ours.
            let over = announced.until.after(self.plan.pace.skew);
            while self.now() < over && self.is_announced(announced).await {
                self.parts.sleep.sleep(over.since(self.now()).min(LOOK)).await;
            }
        }
        Ok(HeldBack {
            hold: document.hold.unwrap_or(hold),
            too_late_for: announced.map(|announced| announced.call),
        })
    }

    /// Whether that call may still be under way, as far as its maker says: it takes the announcement away when it has seen the platform's answer. A store
    /// that does not answer says nothing.
    async fn is_announced(&self, announced: &Announced) -> bool {
        match self.document().await {
            Ok(Some((_, document))) => document.announced.as_ref() == Some(announced),
            Ok(None) | Err(_) => true,
        }
    }

    /// Takes the hold away. Nothing starts by that.
    ///
    /// # Errors
    /// As [`Engine::hold`].
    pub async fn release(&self) -> Result<(), Fault> {
        self.check()?;
        self.change_hold(None).await.map(drop)
    }

    async fn change_hold(&self, hold: Option<&Hold>) -> Result<Document, Fault> {
        let mut tries = 0;
        loop {
            let (expected, mut document) = match self.document().await? {
                Some((version, document)) => (Some(version), document),
                None => {
                    (None, Document::new(self.plan.entries.secret.clone(), self.plan.environment.clone()))
                }
            };
            if document.hold.is_some() == hold.is_some() {
                return Ok(document);
            }
            document.hold = hold.cloned();
            tries += 1;
            match self.replace(&document, expected.as_ref()).await {
                Ok(_) => return Ok(document),
                Err(fault) if fault.code() == FaultCode::VersionConflict && tries < TRIES => {}
                Err(fault) => return Err(fault),
            }
        }
    }
}
