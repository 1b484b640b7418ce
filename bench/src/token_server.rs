//! A token endpoint that behaves as it is told and counts what it is asked: on loopback, or in this process for those who bring a transport.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it does with a token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It grants a new token for a day.
    Grants,
    /// It grants a new token and says nothing of its life.
    GrantsWithoutLifetime,
    /// It does not take the secret (RFC 6749 section 5.2).
    Refuses,
    /// It wants to be left alone for half a minute.
    Throttles,
    /// It is down for a while.
    Down,
}

/// An answer of the endpoint.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Seconds, where it names them.
    pub retry_after: Option<u32>,
    /// JSON.
    pub body: String,
}

/// The endpoint. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<State>);

#[derive(Debug)]
struct State {
    mode: Mutex<Mode>,
    asked: AtomicUsize,
    /// How long an answer takes.
    latency: Duration,
}

impl Endpoint {
    /// An endpoint that is in `mode` and takes `latency` to answer.
    #[must_use]
    pub fn new(mode: Mode, latency: Duration) -> Self {
        Self(Arc::new(State { mode: Mutex::new(mode), asked: AtomicUsize::new(0), latency }))
    }

    /// Changes what it does.
    pub fn turn(&self, mode: Mode) {
        *self.0.mode.lock().expect("nobody panicked") = mode;
    }

    /// How many requests it saw.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// How long an answer takes.
    #[must_use]
    pub fn latency(&self) -> Duration {
        self.0.latency
    }

    /// Answers one request, at once; waiting out the latency is the business of whoever carries the answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let number = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mode = *self.0.mode.lock().expect("nobody panicked");
        let granted =
            |life: &str| format!(r#"{{"access_token":"token-{number}","token_type":"Bearer"{life}}}"#);
        let (status, retry_after, body) = match mode {
            Mode::Grants => (200, None, granted(r#","expires_in":86400"#)),
            Mode::GrantsWithoutLifetime => (200, None, granted("")),
            Mode::Refuses => (401, None, r#"{"error":"invalid_client"}"#.to_owned()),
            Mode::Throttles => (429, Some(30), r#"{"error":"temporarily_unavailable"}"#.to_owned()),
            Mode::Down => (503, None, r#"{"error":"temporarily_unavailable"}"#.to_owned()),
        };
        Answer { status, retry_after, body }
    }

    /// Puts it on loopback; it ends with the process. Returns its URL.
    ///
    /// # Errors
    /// No port.
    pub fn serve(&self) -> std::io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/token", listener.local_addr()?);
        let endpoint = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let endpoint = endpoint.clone();
                thread::spawn(move || endpoint.talk(stream));
            }
        });
        Ok(url)
    }

    fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut writer = stream;
        while let Some(length) = content_length(&mut reader)? {
            std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
            let Answer { status, retry_after, body } = self.answer();
            thread::sleep(self.0.latency);
            let wait = retry_after.map_or_else(String::new, |after| format!("retry-after: {after}\r\n"));
            let length = body.len();
            write!(
                writer,
                "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\n{wait}content-length: {length}\r\n\r\n{body}"
            )?;
        }
        Ok(())
    }
}

/// Reads a request's head; how long its body is, or nothing at the end of the connection.
fn content_length(reader: &mut impl BufRead) -> std::io::Result<Option<u64>> {
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            None if line.trim_end().is_empty() => return Ok(Some(length)),
            _ => {}
        }
    }
}
