//! A server that sends what a case says, byte for byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hallpass_core::test_support::ManualTime;
use hallpass_testkit::case_folder::{Case, Outcome};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One answer, as `case.json` has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Answer {
    /// The file with the bytes, where it has another name than `answer.http` or `answer.bin`.
    file: Option<String>,
    #[serde(skip)]
    bytes: Vec<u8>,
    /// How long after the previous answer the next token is asked for.
    pub(super) seconds_since: u64,
    /// How long the server thinks before the first byte.
    seconds_before: u64,
    /// How long it thinks after each byte.
    seconds_per_byte: u64,
    /// So many blanks follow.
    blanks: usize,
    /// How long it thinks after each [`BLANKS_AT_ONCE`] of them.
    seconds_per_blanks: u64,
    /// How long it thinks behind the last byte, before the end.
    seconds_after: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum End {
    /// The connection is closed in order.
    #[default]
    Close,
    /// It is torn down.
    Reset,
    /// It takes the next request.
    Keep,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Script {
    One(Answer),
    InTurn(Vec<Answer>),
}

impl Answer {
    /// Those of `case`, in turn.
    pub(super) fn all(case: &Case) -> Outcome<Vec<Self>> {
        let script = match case.optional_text("case.json")? {
            Some(text) => serde_json::from_str(&text)?,
            None => Script::One(Self::default()),
        };
        let mut answers = match script {
            Script::One(answer) => vec![answer],
            Script::InTurn(answers) => answers,
        };
        for answer in &mut answers {
            answer.bytes = answer.read(case)?;
        }
        Ok(answers)
    }

    fn read(&self, case: &Case) -> Outcome<Vec<u8>> {
        let usual = ["answer.http", "answer.bin"].into_iter().find(|name| case.path().join(name).exists());
        match self.file.as_deref().or(usual) {
            Some(name) if name.ends_with(".http") => Ok(on_the_wire(&case.text(name)?)),
            Some(name) => case.bytes(name),
            None => Ok(Vec::new()),
        }
    }

    /// Fails when the client went away, which is its right.
    async fn send(&self, stream: &mut TcpStream, time: &ManualTime) -> std::io::Result<()> {
        pass(time, self.seconds_before).await;
        let at_once = if self.seconds_per_byte > 0 { 1 } else { self.bytes.len().max(1) };
        for bytes in self.bytes.chunks(at_once) {
            stream.write_all(bytes).await?;
            pass(time, self.seconds_per_byte).await;
        }
        let blanks = vec![b' '; BLANKS_AT_ONCE];
        for _ in 0..self.blanks / BLANKS_AT_ONCE {
            stream.write_all(&blanks).await?;
            pass(time, self.seconds_per_blanks).await;
        }
        pass(time, self.seconds_after).await;
        Ok(())
    }
}

/// A multiple of it is sent.
const BLANKS_AT_ONCE: usize = 4096;

/// The head with CRLF, the body as it is, without the file's last line feed.
fn on_the_wire(text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    match text.split_once("\n\n") {
        Some((head, body)) => format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n")).into_bytes(),
        None => text.replace('\n', "\r\n").into_bytes(),
    }
}

/// The clock goes on second by second, so that of two limits the shorter one is reached first.
async fn pass(time: &ManualTime, seconds: u64) {
    for _ in 0..seconds {
        time.advance(Duration::from_secs(1));
        rest().await;
    }
}

/// Everybody else gets their turn.
async fn rest() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Gives its answers in turn, and the last one again and again.
pub(super) struct Server {
    pub(super) origin: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    answered: AtomicUsize,
}

impl Server {
    /// Runs until its runtime ends.
    pub(super) async fn start(answers: Vec<Answer>, time: ManualTime) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (counts, answers) = (Arc::new(Counts::default()), Arc::new(answers));
        let server = Self { origin, counts: Arc::clone(&counts) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, counts, time) = (Arc::clone(&answers), Arc::clone(&counts), time.clone());
                tokio::spawn(async move { serve(stream, &answers, &counts, &time).await });
            }
        });
        Ok(server)
    }

    pub(super) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }

    /// Waits until every request has had its answer to the end.
    pub(super) async fn settled(&self) {
        while self.counts.answered.load(Ordering::SeqCst) < self.requests() {
            tokio::task::yield_now().await;
        }
        rest().await;
    }
}

async fn serve(mut stream: TcpStream, answers: &[Answer], counts: &Counts, time: &ManualTime) {
    while request(&mut stream).await.is_ok() {
        let index = counts.requests.fetch_add(1, Ordering::SeqCst);
        let Some(answer) = answers.get(index).or(answers.last()) else { return };
        let sent = answer.send(&mut stream, time).await;
        if answer.end == End::Reset {
            // Without it the client sees an orderly end.
            drop(stream.set_zero_linger());
        }
        counts.answered.fetch_add(1, Ordering::SeqCst);
        if sent.is_err() || answer.end != End::Keep {
            return;
        }
    }
}

/// Reads one request to its end: a socket that is closed with something unread is reset, not closed.
async fn request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await.map(|_| ())
}
