//! The sink: what may wait goes into a queue, what may not is written at once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hallpass_core::Fault;
use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink, Recording};

use super::pen::{Pen, Unwritten};

/// Writes the chain of this process, with a queue before it and a thread behind that.
///
/// The order is kept: what is written at once takes everything that was queued before along. The queue holds [`FULL`] events; whoever finds it full writes it out himself, so
/// nothing is dropped and memory is bounded. After a write that failed nothing is queued any more until one succeeds: every record says then what it came to.
/// When it is dropped, what is queued is written and the chain is ended.
#[derive(Debug)]
pub(super) struct ChainedLog {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    /// Taken before the queue, never after it.
    pen: Mutex<Pen>,
    queue: Mutex<Queue>,
    /// There is something to do for the thread.
    news: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    events: Vec<AuditEvent>,
    /// The thread looks by itself every [`LINGER`]; else it has to be woken, which costs ten times what queueing does.
    awake: bool,
    /// The last write failed.
    failing: bool,
    stopping: bool,
}

impl ChainedLog {
    pub(super) fn new(pen: Pen) -> Self {
        let shared = Shared { pen: Mutex::new(pen), queue: Mutex::default(), news: Condvar::new() };
        Self { shared: Arc::new(shared), thread: Mutex::new(None) }
    }

    /// Puts `event` into the queue, if it can wait there.
    fn enqueue(&self, event: &AuditEvent) -> bool {
        let mut queue = lock(&self.shared.queue);
        if queue.failing || queue.stopping || queue.events.len() >= FULL {
            return false;
        }
        queue.events.push(event.clone());
        let awake = std::mem::replace(&mut queue.awake, true);
        drop(queue);
        if !awake {
            self.wake();
        }
        true
    }

    /// Wakes the thread, which is made when it is first needed: most commands need none.
    fn wake(&self) {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            let shared = Arc::clone(&self.shared);
            *thread = thread::Builder::new().name("hallpass-audit".into()).spawn(move || shared.run()).ok();
        }
        drop(thread);
        self.shared.news.notify_one();
    }
}

impl AuditSink for ChainedLog {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        let recording = event.kind().recording();
        if recording == Recording::Queued && self.enqueue(event) {
            return Ok(());
        }
        let mut pen = lock(&self.shared.pen);
        self.shared.write(&mut pen, Some(event), recording == Recording::Durable)?;
        // The end is in sight: whatever else is recorded begins another chain.
        if event.kind() == AuditKind::Stopped { pen.end() } else { Ok(()) }
    }
}

impl Drop for ChainedLog {
    fn drop(&mut self) {
        lock(&self.shared.queue).stopping = true;
        self.shared.news.notify_one();
        let thread = lock(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the audit log ended in a panic");
        }
        let mut pen = lock(&self.shared.pen);
        let ended = self.shared.write(&mut pen, None, false).and_then(|()| pen.end());
        if let Err(fault) = ended {
            tracing::error!(%fault, "the end of the audit log could not be written");
        }
    }
}

impl Shared {
    /// Writes what is queued, and `event` behind it. What cannot be written stays queued, but not `event`: whoever brought it hears of it and does not act.
    fn write(&self, pen: &mut Pen, event: Option<&AuditEvent>, durable: bool) -> Result<(), Fault> {
        let mut queue = lock(&self.queue);
        let mut events = std::mem::take(&mut queue.events);
        drop(queue);
        let queued = events.len();
        events.extend(event.cloned());
        if events.is_empty() {
            return Ok(());
        }
        let outcome = pen.write(&events, durable);
        let mut queue = lock(&self.queue);
        queue.failing = outcome.is_err();
        outcome.map_err(|Unwritten { written, fault }| {
            events.truncate(queued);
            let later = std::mem::take(&mut queue.events);
            queue.events = events.split_off(written.min(queued));
            queue.events.extend(later);
            fault
        })
    }

    /// What the thread does: it looks every few milliseconds and writes what has come, so that whoever brings something need not wake it. Once nothing has come for a while
    /// it sleeps until it is woken.
    fn run(&self) {
        let mut idle = 0;
        let mut queue = lock(&self.queue);
        while !queue.stopping {
            if idle == IDLE {
                queue.awake = false;
                let asleep = |queue: &mut Queue| !queue.awake && !queue.stopping;
                queue = self.news.wait_while(queue, asleep).unwrap_or_else(PoisonError::into_inner);
                idle = 0;
            }
            let lingered = self.news.wait_timeout_while(queue, LINGER, |queue| !queue.stopping);
            let (waiting, _) = lingered.unwrap_or_else(PoisonError::into_inner);
            // After a failure it is tried by whoever records next, who hears of it; here it would only fill the log for people.
            let nothing_to_do = waiting.events.is_empty() || waiting.failing;
            drop(waiting);
            if nothing_to_do {
                idle += 1;
            } else {
                idle = 0;
                if let Err(fault) = self.write(&mut lock(&self.pen), None, false) {
                    tracing::error!(%fault, "events are waiting for the audit log to be writable");
                }
            }
            queue = lock(&self.queue);
        }
    }
}

/// A panic of another holder does not spread: what it left is written, or left out and missed by the chain.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Some 300 bytes each: a third of a megabyte, and a write of one millisecond.
const FULL: usize = 1000;
/// Events that are this close share a write, and one wakening of the thread. A process that is killed loses no more than this and a write.
const LINGER: Duration = Duration::from_millis(5);
/// So often in a row nothing has come, and the thread sleeps: a second. An idle process, or one that is about to be frozen, is not kept busy.
const IDLE: u32 = 200;
