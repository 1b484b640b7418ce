//! How each change alters the document. Pure; the shell writes the result by compare-and-set.

use std::time::Duration;

use hallpass_core::Version;

use super::checkpoints::{Finished, Rotation, TryMark};
use super::document::{Announced, Call, Document, Lease, OpenGenerate};
use super::effect::{Baseline, Change};
use super::event::Begun;
use super::plan::Pace;
use super::stuck::{Cause, Stuck};
use super::time::WallTime;

/// How long after a `generate` may have been made an unknown slot is still taken for its result. Platforms show a new slot within seconds; a
/// quarter of an hour is within what a sweep promises.
pub const ORPHAN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// `document` after `change`, made by `begun` at `now`.
#[must_use]
pub fn amend(mut document: Document, change: &Change, begun: &Begun, now: WallTime, pace: &Pace) -> Document {
    match change {
        Change::TakeLease => {
            document.term += 1;
            let (holder, term) = (begun.holder.clone(), document.term);
            document.lease = Some(Lease { holder, term, until: now.after(pace.lease) });
            // Its maker's lease has run out, and with it the time in which it could be made.
            document.announced = None;
        }
        Change::Renew => {
            if let Some(lease) = &mut document.lease {
                lease.until = now.after(pace.lease);
            }
        }
        // The announcement stays: a call that failed may still be on its way.
        Change::Release => document.lease = None,
        Change::Intent(intent, strategy, id) => {
            document.rotation = Some(Rotation {
                id: id.clone(),
                strategy: *strategy,
                undo: false,
                abandoned: false,
                intent: (**intent).clone(),
                refused: 0,
                dropped: None,
                pending: None,
                tries: None,
                promoted: None,
                retire: None,
                forward: None,
                resumed: None,
                stuck: None,
            });
        }
        Change::Announce(call, listed) => announce(&mut document, call, listed, now, pace),
        Change::Leaked(..) | Change::Revoked => document.revoking(change, now),
        Change::Finish(outcome) => {
            document.retired(*outcome, now);
            if let Some(rotation) = document.rotation.take() {
                document.last = Some(Finished { id: rotation.id, at: now, outcome: *outcome });
            }
            document.lease = None;
            forget_old_generates(&mut document, now);
        }
        within => {
            if matches!(within, Change::Pending(_))
                && document.rotation.as_ref().is_some_and(|rotation| !rotation.undo)
            {
                // One `generate` is accounted for.
                document.open.pop();
            }
            if let Change::Resume(baseline) | Change::Forth(baseline) = within {
                document.known.extend(baseline.known.iter().cloned());
            }
            if let Some(rotation) = &mut document.rotation {
                amend_rotation(rotation, within, now);
            }
        }
    }
    document
}

fn announce(
    document: &mut Document,
    call: &Call,
    listed: &std::collections::BTreeSet<hallpass_core::SlotId>,
    now: WallTime,
    pace: &Pace,
) {
    // Never beyond the lease: whoever takes it next must not meet a call of ours on its way.
    let end = document.lease.as_ref().map_or(now, |lease| lease.until.before(pace.skew));
    let until = now.after(pace.call).min(end);
    match call {
        Call::Generate(_) => {
            forget_old_generates(document, now);
            document.open.push(OpenGenerate { at: now, until });
            document.generated = Some(now);
            document.known = listed.clone();
            document.doomed.retain(|slot| listed.contains(slot));
        }
        Call::Delete(slot) if !document.is_retiring(slot) && !document.is_leaked(slot) => {
            // From here on the slot is ours by name, and the `generate` that made it is accounted for.
            if document.doomed.insert(slot.clone()) && !document.open.is_empty() {
                document.open.remove(0);
            }
        }
        Call::Discard(slot) => {
            let retire = document.rotation.as_mut().and_then(|rotation| rotation.retire.as_mut());
            if let Some(retire) = retire.filter(|retire| retire.slot == *slot) {
                retire.discarding = true;
            }
        }
        Call::Promote(version, _) => {
            let pending = document.rotation.as_mut().and_then(|rotation| rotation.pending.as_mut());
            if let Some(pending) = pending.filter(|pending| pending.version == *version) {
                pending.promoting = Some(until);
            }
        }
        Call::Delete(_) | Call::Activate(_) | Call::Deactivate(_) | Call::Copy(..) => {}
    }
    document.calls += 1;
    document.announced = Some(Announced { call: call.clone(), number: document.calls, until });
}

fn forget_old_generates(document: &mut Document, now: WallTime) {
    document.open.retain(|open| now < open.until.after(ORPHAN_WINDOW));
}

fn amend_rotation(rotation: &mut Rotation, change: &Change, now: WallTime) {
    match change {
        Change::Pending(mark) => rotation.pending = Some(mark.clone()),
        Change::Trying(version) => rotation.tries = Some(one_more(rotation.tries.take(), version, now)),
        Change::Uncounted => rotation.tries = rotation.tries.take().and_then(one_less),
        Change::Drop(dropped, refused) => {
            rotation.pending = None;
            rotation.tries = None;
            rotation.dropped = Some(dropped.clone());
            rotation.refused = rotation.refused.saturating_add(u8::from(*refused));
        }
        Change::Dropped => rotation.dropped = None,
        Change::Promoted(mark) => rotation.promoted = Some(mark.clone()),
        Change::Notified => {
            if let Some(promoted) = &mut rotation.promoted {
                promoted.notified = true;
                promoted.told = Some(now);
            }
        }
        Change::Copied(copy) => {
            if let Some(promoted) = &mut rotation.promoted {
                promoted.copied.insert(copy.clone(), now);
            }
        }
        Change::Retire(mark) => rotation.retire = Some(mark.clone()),
        Change::Disabled(mark) => {
            if let Some(retire) = &mut rotation.retire {
                retire.disabled = Some(mark.clone());
            }
        }
        Change::Stuck(cause, detail) => {
            rotation.stuck = Some(Stuck { at: now, cause: *cause, detail: detail.clone() });
        }
        Change::Resume(baseline) => resume(rotation, baseline, now),
        Change::Forth(baseline) => {
            rotation.stuck = None;
            forth(rotation, baseline, now);
        }
        Change::Undo(intent, forward) => {
            rotation.undo = true;
            rotation.intent = (**intent).clone();
            rotation.forward = Some(forward.clone());
            rotation.pending = None;
            rotation.tries = None;
            rotation.promoted = None;
            rotation.retire = None;
            rotation.stuck = None;
            rotation.resumed = Some(now);
        }
        Change::Abandon => {
            rotation.abandoned = true;
            rotation.stuck = None;
        }
        Change::TakeLease
        | Change::Renew
        | Change::Release
        | Change::Intent(..)
        | Change::Announce(..)
        | Change::Leaked(..)
        | Change::Revoked
        | Change::Finish(_) => {}
    }
}

fn one_more(before: Option<TryMark>, version: &Version, now: WallTime) -> TryMark {
    let before = before.filter(|tried| tried.version == *version);
    let (count, first) = before.map_or((0, now), |tried| (tried.count, tried.first));
    TryMark { version: version.clone(), count: count.saturating_add(1), first, last: now }
}

/// None, where it was the only one: the next one begins the window anew.
fn one_less(tried: TryMark) -> Option<TryMark> {
    let count = tried.count.checked_sub(1).filter(|count| *count > 0)?;
    Some(TryMark { count, ..tried })
}

/// A person looked and says to go on: what is there now counts as known.
fn resume(rotation: &mut Rotation, baseline: &Baseline, now: WallTime) {
    let cause = rotation.stuck.take().map(|stuck| stuck.cause);
    rotation.resumed = Some(now);
    rotation.refused = 0;
    rotation.tries = None;
    if cause == Some(Cause::UndoImpossible) && forth(rotation, baseline, now) {
        return;
    }
    rotation.intent.revision.clone_from(&baseline.old);
    rotation.intent.active = baseline.old_active;
    if let Some(promoted) = &mut rotation.promoted {
        promoted.revision.clone_from(&baseline.new);
    }
    if let Some(retire) = &mut rotation.retire {
        if baseline.old_active {
            retire.disabled = None;
        } else if let Some(disabled) = &mut retire.disabled {
            disabled.revision.clone_from(&baseline.old);
        }
    }
}

/// On with what was turned round; false where nothing was.
fn forth(rotation: &mut Rotation, baseline: &Baseline, now: WallTime) -> bool {
    let Some(forward) = rotation.forward.take() else { return false };
    rotation.undo = false;
    rotation.intent = forward.intent;
    rotation.intent.revision.clone_from(&baseline.old);
    rotation.intent.active = baseline.old_active;
    rotation.pending = Some(forward.pending);
    // The soak begins anew: for a while both were told to be the right one.
    rotation.promoted = Some(super::checkpoints::PromotedMark {
        at: now,
        revision: baseline.new.clone(),
        notified: false,
        copied: std::collections::BTreeMap::new(),
        told: None,
    });
    true
}

impl Document {
    /// Whether a secret in that slot leaked and is not gone yet.
    fn is_leaked(&self, slot: &hallpass_core::SlotId) -> bool {
        let revocation = self.revocation.as_ref();
        revocation.is_some_and(|revocation| revocation.open().any(|leaked| leaked.slot == *slot))
    }

    /// Whether the slot is the one that the fourth checkpoint names.
    fn is_retiring(&self, slot: &hallpass_core::SlotId) -> bool {
        let retire = self.rotation.as_ref().and_then(|rotation| rotation.retire.as_ref());
        retire.is_some_and(|retire| retire.slot == *slot)
    }
}
