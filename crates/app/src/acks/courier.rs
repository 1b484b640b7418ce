//! Carries words to their place, off the path of every call.
//!
//! Each integration has one task and one word: a newer one takes the place of one that still waits. So nothing grows while a place is down, and what arrives late is the latest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{Clock, Counter, Fault, FaultCode, Gauge, Meter, Randomness, Sleep};
use hallpass_outbound::within;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{AckPlace, Said};

/// Carries the last word of each integration. Its tasks end with it.
#[derive(Debug)]
pub(crate) struct Courier {
    rounds: BTreeMap<String, Round>,
    hurry: watch::Sender<bool>,
    sleep: Arc<dyn Sleep>,
    _tasks: JoinSet<()>,
}

/// Whose words are carried, and what counts what becomes of them.
pub(crate) type Carried = (String, Arc<dyn Meter>);

#[derive(Debug)]
struct Round {
    latest: watch::Sender<Word>,
    seen_to: watch::Receiver<SeenTo>,
    meter: Arc<dyn Meter>,
}

/// The last word that arrived, and the last with which something came to an end: it arrived or was given up.
#[derive(Clone, Copy, Debug, Default)]
struct SeenTo {
    arrived: u64,
    ended: u64,
}

/// The word that is to be carried, counted from one; none yet is number zero.
#[derive(Clone, Debug, Default)]
struct Word {
    number: u64,
    said: Option<Arc<Said>>,
}

impl Courier {
    /// Carries what is said of `integrations` to `place`. Must be called inside a tokio runtime.
    pub(crate) fn start(
        place: &Arc<dyn AckPlace>,
        integrations: impl Iterator<Item = Carried>,
        (clock, sleep, randomness): (Arc<dyn Clock>, Arc<dyn Sleep>, Arc<dyn Randomness>),
    ) -> Self {
        let (mut rounds, mut tasks, hurry) = (BTreeMap::new(), JoinSet::new(), watch::Sender::new(false));
        for (integration, meter) in integrations {
            // Nothing waits. A process that says nothing has no such gauge.
            meter.set(Gauge::AcksWaiting, 0);
            let (latest, words) = watch::channel(Word::default());
            let (seen_to, carried) = watch::channel(SeenTo::default());
            let carrier = Carrier {
                integration: integration.clone(),
                words,
                seen_to,
                hurry: hurry.subscribe(),
                place: Arc::clone(place),
                meter: Arc::clone(&meter),
                clock: Arc::clone(&clock),
                sleep: Arc::clone(&sleep),
                randomness: Arc::clone(&randomness),
            };
            tasks.spawn(carrier.run());
            rounds.insert(integration, Round { latest, seen_to: carried, meter });
        }
        Self { rounds, hurry, sleep, _tasks: tasks }
    }

    /// Takes the word. Never waits and never fails: it replaces one that is not carried yet.
    pub(crate) fn tell(&self, said: Said) {
        let Some(round) = self.rounds.get(&said.integration) else { return };
        let said = Some(Arc::new(said));
        round.latest.send_modify(|word| {
            *word = Word { number: word.number + 1, said };
            round.meter.set(Gauge::AcksWaiting, 1);
        });
    }

    /// Waits until every word told so far has arrived; pauses are cut short, and what fails then is given up. False if something did not arrive. For the end of a process.
    pub(crate) async fn flush(&self, limit: Duration) -> bool {
        self.hurry.send_replace(true);
        let arrived = within(&*self.sleep, limit, Box::pin(self.ended())).await;
        self.hurry.send_replace(false);
        arrived.unwrap_or(false)
    }

    /// Resolves once every word told so far has arrived or was given up; whether all have arrived.
    async fn ended(&self) -> bool {
        let mut all = true;
        for round in self.rounds.values() {
            let (told, mut seen_to) = (round.latest.borrow().number, round.seen_to.clone());
            // An error is a task that ended, and then nothing arrives any more.
            all &= seen_to.wait_for(|seen| seen.ended >= told).await.is_ok_and(|seen| seen.arrived >= told);
        }
        all
    }
}

/// One integration's task.
struct Carrier {
    integration: String,
    words: watch::Receiver<Word>,
    seen_to: watch::Sender<SeenTo>,
    hurry: watch::Receiver<bool>,
    place: Arc<dyn AckPlace>,
    meter: Arc<dyn Meter>,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    randomness: Arc<dyn Randomness>,
}

impl Carrier {
    async fn run(mut self) {
        while self.words.changed().await.is_ok() {
            self.carry().await;
        }
    }

    async fn carry(&mut self) {
        self.rest(self.place.spread().mul_f64(self.randomness.unit())).await;
        for failures in 0_u32.. {
            // Looked at anew for every try: the latest wins.
            let Word { number, said } = self.words.borrow_and_update().clone();
            let Some(said) = said else { return };
            // What was on its way when the hurry began is not the last try: the place may have come back meanwhile.
            let hurried = *self.hurry.borrow();
            match self.try_once(&said).await {
                Ok(()) => {
                    self.meter.count(Counter::AcksDelivered);
                    self.nothing_waits(number);
                    if failures > 0 {
                        tracing::info!(
                            integration = self.integration,
                            failures,
                            "an acknowledgement arrived after all"
                        );
                    }
                    self.seen_to.send_replace(SeenTo { arrived: number, ended: number });
                    return;
                }
                Err(fault) => {
                    self.meter.count(Counter::AcksFailed);
                    self.complain(&fault, failures);
                    if hurried {
                        self.seen_to.send_modify(|seen| seen.ended = number);
                        return;
                    }
                    self.rest(pause(failures, fault.retry_after(), self.randomness.unit())).await;
                }
            }
        }
    }

    /// The word `number` has arrived, so nothing waits, unless a newer one was told meanwhile: while the lock of the words is held none is.
    fn nothing_waits(&self, number: u64) {
        let latest = self.words.borrow();
        if latest.number == number {
            self.meter.set(Gauge::AcksWaiting, 0);
        }
    }

    async fn try_once(&self, said: &Said) -> Result<(), Fault> {
        within(&*self.sleep, ATTEMPT, self.place.put(said)).await.unwrap_or_else(|| {
            let detail = format!("`acks`: no answer within {} s", ATTEMPT.as_secs());
            Err(Fault::new(FaultCode::StoreUnreachable, detail))
        })
    }

    /// At the first failure, and after that ever more rarely.
    fn complain(&self, fault: &Fault, failures: u32) {
        if failures.is_power_of_two() || failures == 0 {
            tracing::warn!(
                integration = self.integration,
                fault = fault.code().name(),
                detail = fault.detail(),
                hint = fault.hint(),
                "an acknowledgement does not arrive; rotations count this consumer as silent"
            );
        }
    }

    /// Rests for `pause` by the clock that goes ahead: the timer of a sandbox that was frozen stood still, and it may be awake for moments only.
    async fn rest(&mut self, pause: Duration) {
        let end = self.clock.now().deadline(pause);
        while !end.reached(self.clock.now()) {
            let slice = self.sleep.sleep(SLICE.min(pause));
            tokio::select! {
                hurry = self.hurry.wait_for(|hurry| *hurry) => {
                    // An error is the end of the courier, and with it of this task.
                    drop(hurry);
                    return;
                }
                () = slice => {}
            }
        }
    }
}

/// One second, two, and up to five minutes, or what the place asks for; half of it more by a draw, so that processes do not fall into step.
fn pause(failures: u32, asked: Option<Duration>, drawn: f64) -> Duration {
    let doubled = Duration::from_secs(1 << failures.min(9));
    asked.unwrap_or(doubled).clamp(FIRST_PAUSE, LONGEST_PAUSE).mul_f64(1.0 + drawn / 2.0)
}

/// Longer than any place of these takes that answers at all.
const ATTEMPT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A place that is back is noticed within minutes, and thousands of sandboxes are no burden to one that is down.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How often the wall clock is looked at while something waits.
const SLICE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
