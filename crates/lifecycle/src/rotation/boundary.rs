//! How far a run goes that somebody else divides into steps: AWS Secrets Manager calls four times for one rotation.
//!
//! ```text
//!   Prepare ── intent, generate, PENDING ─┤
//!   Try ───────────────────────────────────── verify ─┤
//!   Promote ───────────────────────────────── verify ── CURRENT, notify ─┤
//!   Due, later ──────────────────────────────────────────────────────────── evidence, soak, retire
//! ```
//!
//! A boundary only ends a run, as a wait does that is too long for it: the lease is given back, and the next run goes on from what is there.

use super::checkpoints::Rotation;
use super::decide::stop;
use super::document::Call;
use super::effect::{Change, Effect, Next, Stop};
use super::event::Order;
use super::state::State;

/// `decided`, or the end where the order goes no further.
pub(super) fn within(state: &State, decided: Next) -> Next {
    if state.stale || matches!(decided.effect, Effect::Stop(_) | Effect::Observe) {
        return decided;
    }
    let order = state.begun.as_ref().map(|begun| begun.order);
    let rotation = state.seen.as_ref().and_then(|seen| seen.rotation());
    match (order, rotation) {
        (Some(order), Some(rotation)) if reached(order, rotation, &decided.effect) => stop(Stop::Nothing),
        _ => decided,
    }
}

fn reached(order: Order, rotation: &Rotation, next: &Effect) -> bool {
    let promoted = rotation.promoted.as_ref();
    // What was refused is cleared away first; a second secret is not made, because the one who called counts on one.
    let gone = promoted.is_none() && rotation.pending.is_none() && rotation.dropped.is_none();
    match order {
        Order::Run | Order::Due | Order::Resume | Order::Abort | Order::Sweep | Order::Revoke => false,
        // Going back was begun by a person, who ends it too.
        Order::Prepare | Order::Try | Order::Promote if rotation.undo => true,
        Order::Prepare => promoted.is_some() || rotation.pending.is_some(),
        Order::Try => promoted.is_some() || gone || promotes(next),
        Order::Promote => promoted.is_some_and(|promoted| promoted.notified) || gone,
    }
}

/// Whether an effect is the promotion, or leads to nothing else.
fn promotes(next: &Effect) -> bool {
    match next {
        Effect::Promote(..) => true,
        Effect::Call(call) | Effect::Write(Change::Announce(call, _)) => matches!(call, Call::Promote(..)),
        _ => false,
    }
}
