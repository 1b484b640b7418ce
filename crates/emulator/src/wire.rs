//! One accepted connection, with an ear on it and a hand on the plug.
//!
//! The HTTP library lower-cases header names and forgets their order, and it closes connections politely. A witness
//! must report what really came, and a network on a bad day resets. So the stream is wrapped: whatever is read is
//! also kept until the request is taken down, and a dropped connection can be made to end in a reset.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The stream that the HTTP library sees.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> (Self, Line) {
        let line = Line::default();
        (Self { stream, line: line.clone() }, line)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.0.reset.load(Ordering::Relaxed) {
            // With no time to linger, closing is a reset. Should that fail, the caller still sees a lost connection.
            drop(self.stream.set_zero_linger());
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.line.heard().extend_from_slice(&buf.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The other end of a [`Wire`], for whoever answers its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Shared>);

impl Line {
    /// The connection ends in a reset as soon as it is dropped.
    pub(crate) fn reset(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }

    /// The head of the request whose body has just been read to its end.
    ///
    /// Requests of one connection are answered one after the other, so what was heard begins with this one's head;
    /// what comes after its body belongs to the next.
    pub(crate) fn take_head(&self) -> Head {
        let mut heard = self.heard();
        let Some((head, head_length)) = Head::parse(&heard) else {
            heard.clear();
            return Head::default();
        };
        let length = head_length + head.framing.length(&heard[head_length..]);
        let length = length.min(heard.len());
        heard.drain(..length);
        head
    }

    fn heard(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<u8>>,
    reset: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What was heard holds bearer tokens.
        f.debug_struct("Shared").field("reset", &self.reset).finish_non_exhaustive()
    }
}

/// What the head of a request says, untouched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The target of the request line.
    pub(crate) target: String,
    /// The names of its headers.
    pub(crate) header_names: Vec<String>,
    framing: Framing,
}

impl Head {
    /// Reads a head and says how many bytes it takes. Only called on what the HTTP library has accepted already.
    fn parse(heard: &[u8]) -> Option<(Self, usize)> {
        // Empty lines before a request are allowed and mean nothing.
        let skipped = heard.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let rest = &heard[skipped..];
        let end = find(rest, b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&rest[..end]);
        let mut lines = text.split("\r\n");
        let target = lines.next()?.split(' ').nth(1)?.to_owned();
        let mut head = Self { target, ..Self::default() };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("transfer-encoding") {
                head.framing = Framing::Chunked;
            } else if name.eq_ignore_ascii_case("content-length") {
                head.framing = Framing::Length(value.trim().parse().unwrap_or_default());
            }
            head.header_names.push(name.to_owned());
        }
        Some((head, skipped + end + 4))
    }
}

/// How the body's end is found.
#[derive(Debug, Default, PartialEq, Eq)]
enum Framing {
    #[default]
    None,
    Length(usize),
    Chunked,
}

impl Framing {
    fn length(&self, body: &[u8]) -> usize {
        match self {
            Self::None => 0,
            Self::Length(length) => *length,
            Self::Chunked => chunked_length(body).unwrap_or(body.len()),
        }
    }
}

/// The bytes that a chunked body takes, trailers included.
fn chunked_length(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = find(&body[at..], b"\r\n")?;
        let size = std::str::from_utf8(&body[at..at + line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        at += line + 2;
        if size == 0 {
            break;
        }
        at = at.checked_add(size + 2).filter(|at| *at <= body.len())?;
    }
    loop {
        let line = find(&body[at..], b"\r\n")?;
        at += line + 2;
        if line == 0 {
            return Some(at);
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_keep_case_order_and_duplicates_of_their_names() {
        let line = Line::default();
        line.heard().extend_from_slice(
            b"POST /a?b HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 3\r\n\r\nabc\
              PATCH /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n\
              GET /d HTTP/1.1\r\nHost: x\r\n\r\n",
        );
        let first = line.take_head();
        assert_eq!(first.target, "/a?b");
        assert_eq!(first.header_names, ["Host", "X-Two", "x-two", "Content-Length"]);
        assert_eq!(line.take_head().target, "/c");
        assert_eq!(line.take_head().target, "/d");
        assert!(line.heard().is_empty());
    }
}
