//! What a process wrote to one of its streams, collected while it runs.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::clock::Deadline;

/// The bytes seen so far, shared with the thread that reads them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collected {
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Collected {
    /// Reads `source` to its end on a thread of its own: a pipe that nobody empties would stop the process.
    pub(crate) fn from(mut source: impl Read + Send + 'static) -> Self {
        let collected = Self::default();
        let writer = collected.clone();
        thread::spawn(move || {
            let mut buffer = [0; 8 * 1024];
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                writer.change(|state| state.bytes.extend_from_slice(&buffer[..count]));
            }
            writer.change(|state| state.ended = true);
        });
        collected
    }

    /// Everything so far, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// The next complete line that starts with `prefix`, looking from the line after the last one found.
    ///
    /// `None` when the stream ended or the deadline passed first.
    pub(crate) fn next_line(&self, prefix: &str, deadline: Deadline) -> Option<String> {
        let mut state = self.lock();
        loop {
            if let Some(line) = state.take_line(prefix) {
                return Some(line);
            }
            if state.ended || deadline.left().is_zero() {
                return None;
            }
            state = self.wait(state, deadline);
        }
    }

    /// Waits until the stream ended or the deadline passed.
    pub(crate) fn wait_for_end(&self, deadline: Deadline) {
        let mut state = self.lock();
        while !state.ended && !deadline.left().is_zero() {
            state = self.wait(state, deadline);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.shared.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'lock>(&self, state: MutexGuard<'lock, State>, deadline: Deadline) -> MutexGuard<'lock, State> {
        let outcome = self.shared.1.wait_timeout(state, deadline.left());
        outcome.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// Up to where lines have been looked at.
    seen: usize,
    ended: bool,
}

impl State {
    fn take_line(&mut self, prefix: &str) -> Option<String> {
        let mut from = self.seen;
        while let Some(length) = self.bytes[from..].iter().position(|&byte| byte == b'\n') {
            let line = &self.bytes[from..from + length];
            from += length + 1;
            if line.starts_with(prefix.as_bytes()) {
                self.seen = from;
                return Some(String::from_utf8_lossy(line).trim_end_matches('\r').to_owned());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::io::{Cursor, pipe};
    use std::time::Duration;

    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    #[test]
    fn each_look_begins_after_the_line_found_last() {
        let collected = Collected::from(Cursor::new("at 1\nnoise\nat 2\nat 3"));
        assert_eq!(collected.next_line("at ", soon()).as_deref(), Some("at 1"));
        assert_eq!(collected.next_line("at ", soon()).as_deref(), Some("at 2"));
        assert_eq!(collected.next_line("at ", soon()), None, "the last line has no end");
        assert_eq!(collected.text(), "at 1\nnoise\nat 2\nat 3");
    }

    #[test]
    fn a_line_is_waited_for() {
        let (reader, mut writer) = pipe().unwrap();
        let collected = Collected::from(reader);
        let waiting = thread::spawn({
            let collected = collected.clone();
            move || collected.next_line("ready", soon())
        });
        writer.write_all(b"rea").unwrap();
        writer.write_all(b"dy\n").unwrap();
        assert_eq!(waiting.join().unwrap().as_deref(), Some("ready"));
    }

    #[test]
    fn patience_ends() {
        let (reader, _writer) = pipe().unwrap();
        let collected = Collected::from(reader);
        assert_eq!(collected.next_line("ready", Deadline::after(Duration::from_millis(10))), None);
    }
}
