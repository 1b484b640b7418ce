//! The caller of the quickstart: what an integration's own code does, with nothing but a socket.
//!
//! It is written by hand on purpose. HTTP clients belong to `outbound`, and the story is only worth something if the calls really
//! arrive at the sidecar over loopback like those of any other program.

use std::io;
use std::time::Duration;

use hallpass_app::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A program that holds a pass, and no token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    address: String,
    pass: Secret,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The code of a fault of ours, if it is one.
    pub(crate) fault: Option<String>,
}

impl Caller {
    /// A caller of the sidecar at `address` (host and port).
    pub(crate) fn new(address: impl Into<String>, pass: Secret) -> Self {
        Self { address: address.into(), pass }
    }

    /// One call on a connection of its own.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let exchange = async {
            let mut stream = TcpStream::connect(&self.address).await?;
            stream.write_all(self.request(method, path, body).expose()).await?;
            let mut answer = Vec::new();
            stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
            read(&answer)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP/1.1"))
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(io::Error::from)?
    }

    /// The request's bytes, which hold the pass.
    fn request(&self, method: &str, path: &str, body: &str) -> Secret {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !body.is_empty() {
            head.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        let parts = [head.as_bytes(), b"Hallpass: ", self.pass.expose(), b"\r\n\r\n", body.as_bytes()];
        Secret::new(parts.concat())
    }
}

/// Status and fault code of an answer; the rest is not needed here.
fn read(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let (status_line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status_line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let mut headers = headers.split("\r\n").filter_map(|line| line.split_once(':'));
    let fault = headers.find(|(name, _)| name.eq_ignore_ascii_case("hallpass-fault"));
    Some(Answer { status, fault: fault.map(|(_, code)| code.trim().to_owned()) })
}

/// Far beyond what the emulator answers with.
const LONGEST_ANSWER: u64 = 1024 * 1024;
/// The story is over in a second; whatever takes this long will not come.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::{Caller, read};
    use hallpass_app::Secret;

    #[test]
    fn a_request_is_plain_http() {
        let caller = Caller::new("127.0.0.1:7780", Secret::from("PASS"));
        let request = caller.request("PATCH", "/queue-sync/x", "{}");
        assert_eq!(
            request.expose_str().unwrap(),
            "PATCH /queue-sync/x HTTP/1.1\r\nHost: 127.0.0.1:7780\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\nHallpass: PASS\r\n\r\n{}"
        );
    }

    #[test]
    fn status_and_fault_are_read() {
        let answer = read(b"HTTP/1.1 403 Forbidden\r\nHallpass-Fault: path-not-allowed\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.fault.as_deref()), (403, Some("path-not-allowed")));
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\n").unwrap().fault, None);
        assert!(read(b"HTTP/1.1 200").is_none());
    }
}
