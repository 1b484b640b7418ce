//! A client without opinions: bytes out, one answer in.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Wire {
    stream: Box<dyn Duplex>,
    unread: Vec<u8>,
}

pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// An answer; status 0 when the connection ended without one.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) fn over(stream: impl Duplex + 'static) -> Self {
        Self { stream: Box::new(stream), unread: Vec::new() }
    }

    /// Sends; whether the other side still listens is told by the answer.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.stream.write_all(bytes.as_ref()).await);
    }

    pub(crate) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes).await;
        self.answer().await
    }

    /// Reads one answer with a body. The limit is for a broken gateway: a right one never reaches it.
    pub(crate) async fn answer(&mut self) -> Answer {
        tokio::time::timeout(Duration::from_secs(20), self.read(true)).await.expect("an answer or an end")
    }

    /// Reads one answer to HEAD.
    pub(crate) async fn answer_without_body(&mut self) -> Answer {
        tokio::time::timeout(Duration::from_secs(20), self.read(false)).await.expect("an answer or an end")
    }

    /// Sends nothing more, and waits for the end of the connection.
    pub(crate) async fn finish(&mut self) -> String {
        drop(self.stream.shutdown().await);
        self.ended().await
    }

    /// Waits for the other side to end the connection; gives what came before.
    pub(crate) async fn ended(&mut self) -> String {
        let reading = async { while self.more().await {} };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the connection ends");
        String::from_utf8_lossy(&self.unread).into_owned()
    }

    async fn read(&mut self, has_body: bool) -> Answer {
        let Some(head) = self.until(b"\r\n\r\n").await else { return Answer::default() };
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        if status == 100 {
            return answer;
        }
        if let (Some(length), true) = (answer.header("content-length"), has_body) {
            let length: usize = length.parse().unwrap();
            while self.unread.len() < length && self.more().await {}
            let length = length.min(self.unread.len());
            answer.body = String::from_utf8_lossy(&self.unread[..length]).into_owned();
            self.unread.drain(..length);
        } else if answer.header("transfer-encoding").is_some() && has_body {
            answer.body = self.until(b"0\r\n\r\n").await.unwrap_or_default();
        }
        answer
    }

    async fn until(&mut self, end: &[u8]) -> Option<String> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end) {
                let taken: Vec<u8> = self.unread.drain(..at + end.len()).collect();
                return Some(String::from_utf8_lossy(&taken).into_owned());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                self.unread.extend_from_slice(&buffer[..length]);
                true
            }
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// Which fault of ours it is; empty when it is none.
    pub(crate) fn fault(&self) -> &str {
        self.header("hallpass-fault").unwrap_or_default()
    }

    /// Status and fault in one, for comparing.
    pub(crate) fn is(&self) -> (u16, &str) {
        (self.status, self.fault())
    }
}
