//! The rawest of clients: it writes the bytes it is given and reads what comes, whatever that is.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpStream},
};

/// A connection to one of the emulator's doors.
#[derive(Debug)]
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) fn open(url: &str) -> Self {
        let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        Self(TcpStream::connect(authority).unwrap())
    }

    pub(crate) fn send(&mut self, request: &[u8]) {
        self.0.write_all(request).unwrap();
    }

    /// Reads one answer.
    pub(crate) fn read(&mut self, to_head: bool) -> Answer {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(length) = complete_length(&bytes, to_head) {
                assert_eq!(bytes.len(), length, "something follows the answer");
                break End::Whole;
            }
            let mut buffer = [0; 16 * 1024];
            match self.0.read(&mut buffer) {
                Ok(0) => break End::Closed,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                Err(fault) => {
                    assert_eq!(fault.kind(), ErrorKind::ConnectionReset);
                    break End::Reset;
                }
            }
        };
        Answer { bytes, end }
    }

    pub(crate) fn close(self) {
        self.0.shutdown(Shutdown::Both).unwrap();
    }
}

/// One request on a connection of its own.
pub(crate) fn exchange(url: &str, request: &[u8]) -> Answer {
    let mut wire = Wire::open(url);
    wire.send(request);
    wire.read(request.starts_with(b"HEAD "))
}

/// A request without a body.
pub(crate) fn call(method: &str, path: &str, token: &str) -> Vec<u8> {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: emulator\r\nAuthorization: Bearer {token}\r\n\r\n");
    head.into_bytes()
}

/// A request with a JSON body.
pub(crate) fn call_with(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: emulator\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    head.into_bytes()
}

/// The token request of the official clients, for client `c` with secret `s`.
pub(crate) const TOKEN_REQUEST: &[u8] = b"POST /oauth/token HTTP/1.1\r\nHost: emulator\r\n\
    Authorization: Basic Yzpz\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\n\
    grant_type=client_credentials";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

impl Answer {
    pub(crate) fn status(&self) -> Option<u16> {
        std::str::from_utf8(self.bytes.get(9..12)?).ok()?.parse().ok()
    }

    pub(crate) fn body(&self) -> String {
        let start = head_length(&self.bytes).unwrap();
        String::from_utf8(self.bytes[start..].to_vec()).unwrap()
    }

    /// The value of a member of a JSON body, as text.
    pub(crate) fn member(&self, name: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body()).unwrap();
        match &body[name] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// How the answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    Closed,
    Reset,
}

/// The bytes before the body, if they are all there.
pub(crate) fn head_length(bytes: &[u8]) -> Option<usize> {
    Some(bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4)
}

fn complete_length(bytes: &[u8], to_head: bool) -> Option<usize> {
    let head = head_length(bytes)?;
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let body = if to_head { 0 } else { length.map_or(0, |length| length.parse().unwrap()) };
    (bytes.len() >= head + body).then_some(head + body)
}
