//! Which secrets count as leaked, and what a person consented to. Pure.

use hallpass_core::{Fault, FaultCode, Fingerprint, LastUsed};

use super::super::document::{Document, SCHEMA};
use super::super::seen::{Held, Seen};
use super::super::time::WallTime;
use super::{Leaked, Revocation};

/// What a person wants, having been told what it costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Why.
    pub reason: String,
    /// Whether what leaked is switched off before there is a new secret: calls fail until then.
    pub disable_first: bool,
    /// Whether to go past the hold that stands.
    pub despite_hold: bool,
    /// This secret alone; everything that the entry holds where none is named.
    pub only: Option<Fingerprint>,
}

/// `document` with the mark set, for the revocation `id` on the machine `by`.
///
/// Where a revocation is under way already it goes on: what was made since is no leak, so only a secret that is named is added, and only what is stricter is taken over.
///
/// # Errors
/// `rotation-held` where a hold stands and is not to be passed; `rotation-refused` where no such secret is stored; `entry-not-found` and
/// `credential-malformed` where there is none that could have leaked.
pub fn mark(
    mut document: Document,
    seen: &Seen,
    consent: &Consent,
    (id, by): (&str, &str),
    now: WallTime,
) -> Result<Document, Fault> {
    let under_way = document.revocation.take();
    let passed = under_way.as_ref().and_then(|revocation| revocation.despite.clone());
    let despite = match &document.hold {
        Some(hold) if consent.despite_hold || passed.as_ref() == Some(hold) => Some(hold.clone()),
        Some(hold) => {
            let hint = "take it away with `hallpass rotate hold --off`, or go past it with `--despite-hold`";
            return Err(Fault::new(FaultCode::RotationHeld, hold.reason.clone()).with_hint(hint));
        }
        None => None,
    };
    let mut revocation = under_way.map_or_else(
        || {
            let leaked = leaked(seen, consent.only)?;
            Ok(Revocation {
                id: id.to_owned(),
                at: now,
                by: by.to_owned(),
                reason: consent.reason.clone(),
                disable_first: false,
                despite: None,
                leaked,
                ended: None,
            })
        },
        |under_way| more(under_way, seen, consent.only),
    )?;
    revocation.disable_first |= consent.disable_first;
    revocation.despite = despite;
    document.revocation = Some(revocation);
    // A program that knows nothing of the mark must not carry on as if there were none.
    document.schema = SCHEMA;
    Ok(document)
}

fn more(mut under_way: Revocation, seen: &Seen, only: Option<Fingerprint>) -> Result<Revocation, Fault> {
    if only.is_some_and(|only| !under_way.leaked.iter().any(|leaked| leaked.fingerprint == only)) {
        under_way.leaked.extend(leaked(seen, only)?);
    }
    Ok(under_way)
}

/// Every secret that the entry holds, or the one that is named.
fn leaked(seen: &Seen, only: Option<Fingerprint>) -> Result<Vec<Leaked>, Fault> {
    seen.whole_current()?;
    let stages = [&seen.current, &seen.previous, &seen.pending];
    let mut all: Vec<Leaked> = Vec::new();
    for leaked in stages.into_iter().flatten().filter_map(|held| of(held, seen)) {
        if !all.iter().any(|known| known.slot == leaked.slot && known.fingerprint == leaked.fingerprint) {
            all.push(leaked);
        }
    }
    let Some(only) = only else { return Ok(all) };
    let stored: Vec<String> = all.iter().map(|leaked| leaked.fingerprint.to_string()).collect();
    all.retain(|leaked| leaked.fingerprint == only);
    if all.is_empty() {
        let detail =
            format!("no secret with the fingerprint {only} is stored; there are {}", stored.join(", "));
        return Err(Fault::new(FaultCode::RotationRefused, detail)
            .with_hint("leave `--only` out to revoke everything that is stored"));
    }
    Ok(all)
}

fn of(held: &Held, seen: &Seen) -> Option<Leaked> {
    let (slot, fingerprint) = (held.slot.clone()?, held.fingerprint?);
    let last_used = seen.slot(&slot).map_or(LastUsed::Unknown, |slot| slot.last_used);
    Some(Leaked { slot, fingerprint, last_used, off: None, tried: None, gone: None })
}
