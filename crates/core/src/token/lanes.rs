//! The same token several times over, so that threads that read it do not fight over one reference count.
//!
//! # Why not one `Arc`
//!
//! Handing out a reference writes to its count. Two threads that read one token in turn pass that cache line to and fro, and a read costs
//! five times what it costs alone. So there are a few counts, each in lines of its own, and every thread has its lane. The secret itself exists
//! once.
//!
//! A thread that asks for one token after the other keeps its own (`present.rs`) and does not come here; a thread with many calls under way does.

use super::access::AccessToken;
use super::present::Place;
use crate::sync::{Arc, lane};

/// One token, to be taken from the lane of the reading thread.
#[derive(Debug)]
pub(super) struct Lanes([Arc<AccessToken>; LANES]);

impl Lanes {
    pub(super) fn of(token: &AccessToken, place: Place) -> Self {
        Self(std::array::from_fn(|_| Arc::new(token.at(place))))
    }

    /// The token, by this thread's own count.
    pub(super) fn mine(&self) -> &Arc<AccessToken> {
        &self.0[lane() % LANES]
    }

    /// Every count.
    #[cfg(test)]
    pub(super) fn each(&self) -> impl Iterator<Item = &Arc<AccessToken>> {
        self.0.iter()
    }
}

/// Enough for the few processors of a sandbox; threads beyond that share.
const LANES: usize = 8;

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes};
    use crate::clock::Moment;
    use crate::secret::Secret;
    use crate::sync::Arc;
    use crate::token::present::Place;
    use crate::token::{AccessToken, Schedule};
    use std::collections::BTreeSet;
    use std::time::Duration;

    #[test]
    fn threads_take_every_lane_in_turn() {
        let start = Moment { wall: Duration::ZERO, monotonic: Duration::ZERO };
        let schedule = Schedule::plan(Duration::from_secs(60), start, 0.0);
        let lanes = Lanes::of(&AccessToken::new(1, Secret::from("t"), schedule).unwrap(), Place::default());
        let taken: BTreeSet<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..16 * LANES).map(|_| scope.spawn(|| Arc::as_ptr(lanes.mine()) as usize)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(taken.len(), LANES);
    }
}
