//! The life of one request: read, written down, met by misbehaviour, taking effect, answered.
//!
//! The order is what makes the counts trustworthy. A request is written down before anything can go wrong with it,
//! and its effect happens under one lock, so "reset after effect" really means that the effect is there.

use std::{sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::body::Incoming;

use crate::{
    clock::Moment,
    misbehave::Act,
    platform::{self, Visit},
    received::Received,
    reply::{BrokenOff, Reply, ReplyBody},
    state::State,
    surfaces::{Addresses, Surfaces},
    wire::Line,
    world::World,
};

/// What one listener serves.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) world: World,
    pub(crate) surfaces: Surfaces,
    /// Where everything listens, this listener included.
    pub(crate) addresses: Addresses,
}

/// Answers one request, or breaks the connection off.
pub(crate) async fn exchange(
    door: Arc<Door>,
    line: Line,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, BrokenOff> {
    // A body that never comes to its end is no request; nobody is left to answer.
    let received = Received::read(request, &line).await.map_err(|_| BrokenOff)?;
    let world = &door.world;
    // Delays count from here: whoever sees the request in the journal can end them by advancing the clock.
    let arrived = world.now();
    let (visit, plan) = arrive(&door, &received, arrived);

    world.clock().wait(arrived + plan.delay).await;
    let reply = plan.perform(world, &visit, &received);
    world.clock().wait(arrived + plan.delay + plan.delay_answer).await;

    let mut state = world.state();
    let Some(reply) = reply else {
        state.journal.reset(&visit.ticket);
        line.reset();
        return Err(BrokenOff);
    };
    state.journal.answered(&visit.ticket, reply.status);
    Ok(reply.into_response(&visit.envelope(), world.now()))
}

/// Writes a request down and draws what will become of it, in one step.
fn arrive(door: &Door, received: &Received, now: Moment) -> (Visit, Plan) {
    let mut state = door.world.state();
    let visit = platform::arrive(&mut state, door, received, now);
    let plan = Plan::drawn(&mut state, &visit, received);
    (visit, plan)
}

/// What misbehaviour has in store for one request.
#[derive(Debug, Default)]
struct Plan {
    delay: Duration,
    delay_answer: Duration,
    act: Option<Act>,
}

impl Plan {
    fn drawn(state: &mut State, visit: &Visit, received: &Received) -> Self {
        let acts = state.script.take(&visit.asked(received));
        if !acts.is_empty() {
            let labels = acts.iter().map(|act| act.label().to_owned()).collect();
            state.journal.misbehaved(&visit.ticket, labels);
        }
        let mut plan = Self::default();
        for act in acts {
            match act {
                Act::Delay { millis } => plan.delay += Duration::from_millis(millis),
                Act::DelayAnswer { millis } => plan.delay_answer += Duration::from_millis(millis),
                other => plan.act = Some(other),
            }
        }
        plan
    }

    /// Lets the request take effect, or not; `None` is a reset.
    fn perform(&self, world: &World, visit: &Visit, received: &Received) -> Option<Reply> {
        let now = world.now();
        let settings = world.settings();
        let state = &mut *world.state();
        let effect = |state: &mut State| visit.answer(state, settings, received, now);
        match &self.act {
            None | Some(Act::Delay { .. } | Act::DelayAnswer { .. }) => Some(effect(state)),
            Some(Act::ResetBeforeEffect) => None,
            Some(Act::ResetAfterEffect) => {
                effect(state);
                None
            }
            Some(Act::Fail { status, retry_after, after_effect }) => {
                if *after_effect {
                    effect(state);
                }
                Some(visit.failure(settings, *status, *retry_after, now))
            }
            Some(Act::Throttle { retry_after }) => Some(visit.throttle(state, settings, *retry_after)),
            Some(Act::TruncateBody { keep }) => Some(effect(state).broken(*keep)),
            Some(Act::EarlyTokenDeath) => {
                visit.end_token(state, received);
                Some(effect(state))
            }
            Some(Act::Answer { status, headers, body }) => {
                Some(Reply::scripted(*status, headers.clone(), body.clone()))
            }
            Some(Act::PlantExtraMint) => {
                visit.plant(state, settings, now);
                Some(effect(state))
            }
        }
    }
}
