//! How long two secrets live beside each other, and how long they may.
//!
//! A platform may end one of two secrets by itself when both have lived for so long. Whoever still uses that one is stranded then, whatever the
//! evidence says. So the sum is compared with the limit before anything is made, and the old secret is off before the limit or a person is told
//! while there is still time.

use std::fmt;
use std::time::Duration;

use hallpass_core::{Fault, FaultCode};

use super::checkpoints::Rotation;
use super::decide::View;
use super::evidence::Overlap;
use super::plan::Plan;
use super::strategy::{Strategy, Wanted};
use super::time::{Spoken, WallTime};

/// How long two secrets live beside each other, term by term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BothLive {
    /// From the new secret to its promotion, if it is accepted at the last try.
    pub trial: Duration,
    /// See [`Overlap`].
    pub overlap: Overlap,
    /// How long the platform must not have seen the old secret; counts with the overlap at the same time. Zero where it does not say.
    pub quiet: Duration,
    /// How long the old secret is off and can be switched on again.
    pub watch: Duration,
}

impl BothLive {
    /// From the promotion to the moment at which the old one may be switched off.
    #[must_use]
    pub fn settling(&self) -> Duration {
        self.overlap.total().max(self.quiet)
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.trial.saturating_add(self.settling()).saturating_add(self.watch)
    }
}

impl fmt::Display for BothLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settling = if self.quiet > self.overlap.total() {
            format!("no use seen for {} (longer than {})", Spoken(self.quiet), self.overlap)
        } else {
            format!("soak {} ({})", Spoken(self.overlap.total()), self.overlap)
        };
        let (trial, watch, total) = (Spoken(self.trial), Spoken(self.watch), Spoken(self.total()));
        write!(f, "trial {trial} + {settling} + watch window {watch} = {total}")
    }
}

impl Plan {
    /// How long both secrets live in a rotation that nothing delays.
    #[must_use]
    pub fn both_live(&self) -> BothLive {
        let quiet = if self.capabilities.shows_last_use { self.quiet } else { Duration::ZERO };
        BothLive { trial: self.verify_window(), overlap: self.overlap, quiet, watch: self.watch }
    }

    /// Whether both secrets live no longer than they may. In `regenerate` there are no two.
    ///
    /// # Errors
    /// `rotation-refused` with the sum.
    pub fn fits(&self) -> Result<(), Fault> {
        let both_live = self.both_live();
        let limit = self.platform_window.filter(|limit| *limit < both_live.total());
        let Some(limit) = limit.filter(|_| self.wanted != Wanted::This(Strategy::Regenerate)) else {
            return Ok(());
        };
        let detail = format!("two secrets may live for {} at most, and would for {both_live}", Spoken(limit));
        Err(Fault::new(FaultCode::RotationRefused, detail)
            .with_hint("shorten the watch window, the longest life of a sandbox or the lifetime of tokens"))
    }
}

impl View<'_> {
    /// Until when the old secret has to be off, so that its watch window ends before the limit does. A person who said to go on after that time
    /// has seen to it.
    pub(super) fn off_by(&self, rotation: &Rotation) -> Option<WallTime> {
        let end = self.limit(rotation)?.before(self.plan.watch);
        rotation.resumed.is_none_or(|resumed| resumed < end).then_some(end)
    }

    /// Whether a new secret that is promoted now can no longer be settled in time. Going back is never too late: it makes nothing new.
    pub(super) fn is_spent(&self, rotation: &Rotation) -> bool {
        let end = self.off_by(rotation).filter(|_| !rotation.undo);
        end.is_some_and(|end| self.now.after(self.plan.both_live().settling()) > end)
    }

    /// When both will have lived for as long as they may: they do since the new one was asked for.
    fn limit(&self, rotation: &Rotation) -> Option<WallTime> {
        let limit = self.plan.platform_window.filter(|_| rotation.strategy != Strategy::Regenerate)?;
        Some(self.document.generated?.after(limit))
    }
}
