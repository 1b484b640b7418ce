//! From a credential to a token: one read, one request, and at most one more of each.

use std::collections::BTreeSet;

use super::mint::{Mint, MintFault, Minted, Occasion};
use super::suspect::Suspect;
use crate::audit::{AuditEvent, AuditKind, AuditSink};
use crate::clock::Clock;
use crate::credential::Credential;
use crate::fault::{Fault, FaultCode, Remedy};
use crate::meter::{Counter, Meter};
use crate::names::{IntegrationName, Version};
use crate::platform::{IssueFault, IssueVerdict, Platform};
use crate::runtime::BoxFuture;
use crate::status::CredentialStatus;
use crate::store::{CredentialSource, Reread, Stage};
use crate::sync::{Arc, Mutex, lock};
use crate::token::Failure;

/// What an [`Issuer`] is made of.
#[derive(Debug)]
pub struct IssuerParts {
    /// Whose tokens these are.
    pub integration: IntegrationName,
    /// Where the credential comes from.
    pub credentials: Arc<dyn CredentialSource>,
    /// The stages to try when CURRENT is refused, in order. Each refused try may count towards a lock-out at the platform.
    pub fallback: Vec<Stage>,
    /// Who grants the token.
    pub platform: Arc<dyn Platform>,
    /// When it is asked.
    pub clock: Arc<dyn Clock>,
    /// Who counts.
    pub meter: Arc<dyn Meter>,
    /// Who keeps the record.
    pub audit: Arc<dyn AuditSink>,
}

/// Reads the credential and asks the platform.
///
/// After a token was rejected before its time the store is looked at first, so that a secret that was replaced and revoked at once is not asked with again.
/// A refused credential makes one forced re-read from the primary store; a new version earns one more try. After that the version is *suspect*: the
/// next flight re-reads before it asks, so a rotated secret heals the integration and an unchanged one costs one request per pause. While pausing, a
/// look into the store every few seconds finds a new version at once.
#[derive(Debug)]
pub struct Issuer {
    parts: IssuerParts,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// What the platform refused last.
    suspect: Option<Suspect>,
    /// Versions of other stages that were refused since a credential last worked.
    tried: BTreeSet<Version>,
    credential: Option<CredentialStatus>,
    /// Whether the platform rejected the last token, which is what a revoked secret looks like first.
    rejected: bool,
}

impl Issuer {
    /// An issuer that has read nothing yet.
    #[must_use]
    pub fn new(parts: IssuerParts) -> Self {
        Self { parts, seen: Mutex::default() }
    }

    /// The credential last used, if any.
    #[must_use]
    pub fn credential(&self) -> Option<CredentialStatus> {
        lock(&self.seen).credential.clone()
    }

    async fn issue(&self, occasion: Occasion) -> Result<Minted, MintFault> {
        let (suspect, reread) = self.outset();
        let mut credential = match self.read(reread).await {
            Ok(credential) => credential,
            // A look that fails has found nothing out: the pause after the refusal goes on.
            Err(_) if occasion == Occasion::Peek => return Err(unchanged()),
            Err(fault) => return Err(fault),
        };
        if occasion == Occasion::Peek && suspect.is_some_and(|suspect| suspect.is(&credential)) {
            return Err(unchanged());
        }
        let mut refused = match self.ask(&credential).await? {
            Ok(minted) => return Ok(minted),
            Err(refused) => refused,
        };
        if reread != Reread::Forced {
            // A store that cannot be read now must not hide what the platform said.
            let newer = self.read(Reread::Forced).await.ok();
            if let Some(newer) = newer.filter(|newer| !Suspect::of(&credential).is(newer)) {
                credential = newer;
                refused = match self.ask(&credential).await? {
                    Ok(minted) => return Ok(minted),
                    Err(refused) => refused,
                };
            }
        }
        match self.fall_back(&credential).await {
            Some(minted) => Ok(minted),
            None => Err(self.refused(&credential, &refused)),
        }
    }

    /// What the platform refused last, and how fresh the credential has to be for it.
    fn outset(&self) -> (Option<Suspect>, Reread) {
        let mut seen = lock(&self.seen);
        let rejected = std::mem::take(&mut seen.rejected);
        let reread = match (&seen.suspect, rejected) {
            (Some(_), _) => Reread::Forced,
            (None, true) => Reread::Beside,
            (None, false) => Reread::Cached,
        };
        (seen.suspect.clone(), reread)
    }

    /// Tries the other stages that configuration allows, each version once until CURRENT works again: a new secret that is not active yet at the
    /// platform does not stop an integration whose previous one still lives. CURRENT stays suspect meanwhile, so it comes first at the next flight.
    async fn fall_back(&self, current: &Credential) -> Option<Minted> {
        for stage in &self.parts.fallback {
            let Ok(Some(other)) = self.parts.credentials.at(*stage).await else { continue };
            if Suspect::of(current).is(&other) || lock(&self.seen).tried.contains(other.version()) {
                continue;
            }
            match self.ask(&other).await {
                Ok(Ok(minted)) => {
                    lock(&self.seen).suspect = Some(Suspect::of(current));
                    return Some(minted);
                }
                Ok(Err(_)) => drop(lock(&self.seen).tried.insert(other.version().clone())),
                // Whatever this one met, CURRENT was refused, and that decides how long nobody asks.
                Err(_) => {}
            }
        }
        None
    }

    async fn read(&self, reread: Reread) -> Result<Arc<Credential>, MintFault> {
        self.parts.credentials.credential(reread).await.map_err(|fault| {
            let failure = match fault.remedy() {
                Remedy::RetryLater | Remedy::FixMachine => {
                    Failure::Passing { retry_after: fault.retry_after() }
                }
                _ => Failure::Terminal,
            };
            MintFault { fault, failure }
        })
    }

    /// One token request. The inner error is a refused credential; the outer one is every other failure.
    async fn ask(&self, credential: &Credential) -> Result<Result<Minted, IssueFault>, MintFault> {
        let asked = self.parts.clock.now();
        self.parts.meter.count(Counter::TokenRequests);
        match self.parts.platform.issue(credential).await {
            Ok(grant) => {
                self.remember(credential, false);
                self.record(AuditKind::TokenGranted, credential, None)?;
                Ok(Ok(Minted { grant, asked }))
            }
            Err(fault) if fault.verdict == IssueVerdict::CredentialRefused => Ok(Err(fault)),
            Err(fault) => Err(self.explain(&fault)),
        }
    }

    fn refused(&self, credential: &Credential, fault: &IssueFault) -> MintFault {
        self.remember(credential, true);
        let explained = self.explain(fault);
        match self.record(AuditKind::TokenRefused, credential, Some(explained.fault.code())) {
            Ok(()) => explained,
            Err(unrecorded) => unrecorded,
        }
    }

    fn remember(&self, credential: &Credential, refused: bool) {
        let mut seen = lock(&self.seen);
        seen.suspect = refused.then(|| Suspect::of(credential));
        if !refused {
            seen.tried.clear();
        }
        seen.credential = Some(CredentialStatus {
            fingerprint: credential.fingerprint().to_string(),
            version: credential.version().to_string(),
            serial: credential.serial(),
            refused,
        });
    }

    fn record(
        &self,
        kind: AuditKind,
        credential: &Credential,
        fault: Option<FaultCode>,
    ) -> Result<(), MintFault> {
        let mut event = AuditEvent::new(self.parts.clock.now(), kind).about(&self.parts.integration);
        event = event.fact("fingerprint", credential.fingerprint().to_string());
        event = event.fact("version", credential.version().as_str());
        if let Some(code) = fault {
            event = event.fact("fault", code.name());
        }
        let failure = Failure::Passing { retry_after: None };
        self.parts.audit.record(&event).map_err(|fault| MintFault { fault, failure })
    }

    fn explain(&self, fault: &IssueFault) -> MintFault {
        let (code, failure) = match fault.verdict {
            IssueVerdict::CredentialRefused => (FaultCode::CredentialRefused, Failure::CredentialRefused),
            IssueVerdict::Throttled { retry_after } => {
                (FaultCode::TokenThrottled, Failure::Passing { retry_after })
            }
            IssueVerdict::Refused => (FaultCode::TokenRequestRefused, Failure::Terminal),
            IssueVerdict::Passing { retry_after } => {
                (FaultCode::TokenUnavailable, Failure::Passing { retry_after })
            }
        };
        let told = Fault::new(code, format!("{}: {}", self.parts.integration, fault.detail));
        let fault = match fault.hint {
            Some(hint) => told.with_hint(hint),
            None => told,
        };
        MintFault { fault, failure }
    }
}

impl Mint for Issuer {
    fn mint(&self, occasion: Occasion) -> BoxFuture<'_, Result<Minted, MintFault>> {
        Box::pin(self.issue(occasion))
    }

    /// It is retired either way, so a record that fails changes nothing.
    fn rejected(&self, generation: u64) {
        let credential = {
            let mut seen = lock(&self.seen);
            seen.rejected = true;
            seen.credential.clone()
        };
        let mut event = AuditEvent::new(self.parts.clock.now(), AuditKind::TokenRejected)
            .about(&self.parts.integration)
            .fact("generation", generation.to_string());
        if let Some(CredentialStatus { fingerprint, version, .. }) = credential {
            event = event.fact("fingerprint", fingerprint).fact("version", version);
        }
        drop(self.parts.audit.record(&event));
    }
}

fn unchanged() -> MintFault {
    MintFault {
        fault: Fault::new(FaultCode::CredentialRefused, "the store holds no other secret yet"),
        failure: Failure::Unchanged,
    }
}
