//! Faults on demand.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::message::Reply;

/// What a stand-in does instead of answering.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Takes the request and never answers.
    Hang,
    /// Closes the connection without a byte.
    Reset,
    /// Answers with bytes that are no HTTP.
    Garbage,
    /// Answers this.
    Answer(Reply),
    /// Answers truthfully: for a script in which only a later request fails.
    Truth,
}

/// What to do next, and after that.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    next: VecDeque<Behaviour>,
    always: Option<Behaviour>,
}

impl Script {
    pub(crate) fn next(&self, behaviour: Behaviour) {
        self.plan(|plan| plan.next.push_back(behaviour));
    }

    pub(crate) fn always(&self, behaviour: Option<Behaviour>) {
        self.plan(|plan| plan.always = behaviour);
    }

    /// What the present request meets.
    pub(crate) fn draw(&self) -> Behaviour {
        self.plan(|plan| plan.next.pop_front().or_else(|| plan.always.clone()).unwrap_or(Behaviour::Truth))
    }

    /// Whether a connection that opens now speaks no HTTP; if so, that uses up its place in the plan.
    pub(crate) fn spoils(&self) -> bool {
        self.plan(|plan| {
            let upcoming = plan.next.front().or(plan.always.as_ref());
            let spoils = matches!(upcoming, Some(Behaviour::Garbage));
            if spoils {
                plan.next.pop_front();
            }
            spoils
        })
    }

    fn plan<T>(&self, change: impl FnOnce(&mut Plan) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
