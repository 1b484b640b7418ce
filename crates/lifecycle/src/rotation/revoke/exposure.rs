//! What a revocation costs, before anybody consents to it. Pure.

use std::fmt;
use std::time::Duration;

use hallpass_core::{Fault, LastUsed};

use super::super::dated::Dated;
use super::super::document::Document;
use super::super::plan::Plan;
use super::super::seen::Seen;
use super::super::strategy::Strategy;
use super::super::time::{Spoken, WallTime};
use super::{Consent, Leaked, mark};

/// Which secrets would die, and which callers fail for how long. [`fmt::Display`] writes it for the person who is to consent.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// What would be ended. Where a revocation is under way, what it has left.
    pub leaked: Vec<Leaked>,
    /// Whether one is under way already.
    pub under_way: bool,
    /// How the secret in use would be replaced; none where it is not among those that leaked.
    pub strategy: Option<Strategy>,
    /// Whether there is a time in which nobody gets a token.
    pub gap: bool,
    /// How long a new secret may be refused until it counts as refused: the gap is about as long at most, and seconds in the usual case.
    pub gap_at_most: Duration,
    /// How long a token that was granted already may live; none where tokens end with their secret.
    pub tokens_outlive: Option<Duration>,
    /// The hold that would be passed.
    pub passes: Option<String>,
}

/// What `consent` would do to what was seen.
///
/// # Errors
/// As [`mark`]; `rotation-refused` where the secret in use cannot be replaced.
pub fn exposure(seen: &Seen, consent: &Consent, now: WallTime, plan: &Plan) -> Result<Exposure, Fault> {
    let fresh = || Document::new(plan.entries.secret.clone(), plan.environment.clone());
    let document = seen.document.as_ref().map_or_else(fresh, |(_, document)| document.clone());
    let under_way = document.revocation.is_some();
    let marked = mark(document, seen, consent, ("", ""), now)?;
    let revocation = marked.revocation.as_ref();
    let leaked: Vec<Leaked> =
        revocation.map_or_else(Vec::new, |revocation| revocation.open().cloned().collect());
    let in_use = seen.current.as_ref().is_some_and(|held| {
        leaked.iter().any(|leaked| {
            held.slot.as_ref() == Some(&leaked.slot) && held.fingerprint == Some(leaked.fingerprint)
        })
    });
    let chosen = || Strategy::choose(plan.wanted, &plan.capabilities, seen.slots.len(), true);
    let strategy = if in_use { Some(chosen()?) } else { None };
    let first = revocation.is_some_and(|revocation| revocation.disable_first);
    Ok(Exposure {
        leaked,
        under_way,
        strategy,
        gap: strategy == Some(Strategy::Regenerate) || in_use && first,
        gap_at_most: plan.verify_window(),
        tokens_outlive: plan.capabilities.tokens_outlive_secret,
        passes: revocation.and_then(|revocation| Some(revocation.despite.as_ref()?.reason.clone())),
    })
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.under_way { "a revocation is under way, and ends" } else { "this ends, for good" };
        write!(f, "{what}:")?;
        for Leaked { slot, fingerprint, last_used, .. } in &self.leaked {
            write!(f, "\n  {fingerprint}  in {slot}, last used: {}", used(*last_used))?;
        }
        write!(f, "\nwho fails, and for how long:")?;
        for line in self.who_fails() {
            write!(f, "\n  {line}")?;
        }
        if let Some(reason) = &self.passes {
            write!(f, "\nIT GOES PAST A HOLD: {reason}")?;
        }
        Ok(())
    }
}

impl Exposure {
    /// One line for each kind of caller.
    #[must_use]
    pub fn who_fails(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.gap {
            lines.push(format!(
                "everybody who needs a token: from now until the new secret is accepted, some seconds, {} if the platform is slow",
                Spoken(self.gap_at_most)
            ));
        } else {
            lines.push(
                "sidecars and the library: nobody; whoever is refused reads the secret in use from the store, and tries again".into(),
            );
        }
        lines.push(
            "programs that read their secret once, when they started: from the end of their token until they are started again".into(),
        );
        lines.push(match self.tokens_outlive {
            Some(lifetime) => format!(
                "nobody who has a token: one that was granted already, also to a thief, may live for another {}",
                Spoken(lifetime)
            ),
            None => "everybody who has a token of it: it ends with the secret, and a new one is got".into(),
        });
        lines
    }
}

/// When the platform saw it being used.
pub(super) fn used(last: LastUsed) -> String {
    match last {
        LastUsed::Unknown => "the platform does not say".into(),
        LastUsed::Never => "never".into(),
        LastUsed::At(at) => Dated(WallTime::at(at)).to_string(),
    }
}
