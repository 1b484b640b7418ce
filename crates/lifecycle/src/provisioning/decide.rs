//! What is next, as a function of what is wanted and what is seen.

use std::time::Duration;

use hallpass_core::{Fault, FaultCode};

use super::document::Document;
use super::effect::{Change, Effect};
use super::own_role::chosen;
use super::predict::turns;
use super::seen::Seen;
use super::wanted::Wanted;
use super::{bring, destroy};
use crate::rotation::WallTime;

/// Where a run is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// There shall be the client, and its secret in the store.
    Apply,
    /// There shall be neither.
    Destroy,
}

/// What is next.
#[derive(Clone, Debug)]
pub enum Next {
    /// This, once; then look again.
    Do(Effect),
    /// Nothing until then: something may still show.
    Wait(WallTime),
    /// It is as it shall be.
    Done,
    /// A person has to see to something first.
    Refuse(Fault),
}

/// Who decides, when, and what was drawn for a creation that may come of it.
#[derive(Clone, Copy, Debug)]
pub struct Me<'a> {
    /// This machine, as an operator would recognise it.
    pub holder: &'a str,
    /// Now.
    pub now: WallTime,
    /// A nonce that was never used.
    pub drawn: &'a str,
}

/// What is next. Nothing is remembered between two questions but what only this process can know: the secret in its hand, and that what it announced was
/// not sent yet.
#[must_use]
pub fn next(goal: Goal, wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    let wanted = &*wanted.given(seen);
    let wished = match goal {
        Goal::Apply => bring::next(wanted, seen, me),
        Goal::Destroy => destroy::next(wanted, seen, me.now),
    };
    leased(wished, goal, wanted, seen, me)
}

/// `wished`, or what the lease asks for first.
fn leased(wished: Next, goal: Goal, wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Next {
    let noted = seen.noted();
    let lease = noted.and_then(|noted| noted.lease.as_ref());
    let ours = lease.is_some_and(|lease| lease.holder == me.holder);
    let release = |unless: Next| if ours { Next::Do(Effect::Write(Change::Release)) } else { unless };
    match wished {
        Next::Do(question) if question.is_question() => Next::Do(question),
        Next::Refuse(fault) => release(Next::Refuse(fault)),
        Next::Wait(until) if until.since(me.now) > wanted.stay => release(Next::Wait(until)),
        Next::Wait(until) => Next::Wait(until),
        // Who leaves an announcement behind leaves the next one to wait for what it may have done.
        Next::Done if ours || noted.is_some_and(|noted| is_unsettled(noted, goal, wanted, seen)) => {
            held_by_another(seen, me).unwrap_or(if may_act(seen, me, Duration::ZERO) {
                Next::Do(Effect::Write(Change::Close))
            } else {
                Next::Do(Effect::Write(Change::Take))
            })
        }
        Next::Done => Next::Done,
        Next::Do(effect) => held_by_another(seen, me).unwrap_or(if may_act(seen, me, CALL) {
            Next::Do(effect)
        } else {
            Next::Do(Effect::Write(Change::Take))
        }),
    }
}

/// Whether the document still says what is not so any more. Rotation believes what it says of the clients that take turns.
fn is_unsettled(noted: &Document, goal: Goal, wanted: &Wanted, seen: &Seen) -> bool {
    let role = chosen(wanted, seen).map(|role| &role.id);
    let stale = noted.clients != turns(wanted, seen) || noted.role.as_ref() != role;
    noted.open.is_some() || (goal == Goal::Apply && stale)
}

fn may_act(seen: &Seen, me: Me<'_>, needed: Duration) -> bool {
    let lease = seen.noted().and_then(|noted| noted.lease.as_ref());
    lease.is_some_and(|lease| lease.holder == me.holder && me.now.after(SKEW + needed) < lease.until)
}

fn held_by_another(seen: &Seen, me: Me<'_>) -> Option<Next> {
    let lease = seen.noted()?.lease.as_ref()?;
    if lease.holder == me.holder || me.now >= lease.until {
        return None;
    }
    let left = lease.until.since(me.now).as_secs().max(1);
    let detail = format!("`{}` is provisioning it, for {left} s at most", lease.holder);
    Some(Next::Refuse(Fault::new(FaultCode::LeaseHeld, detail).with_retry_after(lease.until.since(me.now))))
}

/// The largest difference between the clocks of two machines, as rotation reckons with it.
const SKEW: Duration = Duration::from_secs(60);
/// What a call may take at most, so that none is begun that would outlive the lease.
pub(super) const CALL: Duration = Duration::from_secs(60);
