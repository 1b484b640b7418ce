//! Requests by hand: what is sent is what stands there.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends this head and body, and returns the answer's status and text.
pub(crate) async fn knock(
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let length = body.len().to_string();
    let more = [("Content-Length", length.as_str()), ("Connection", "close")];
    let all: Vec<_> = headers.iter().chain(&more).copied().collect();
    raw(address, line, &all, body.as_bytes()).await
}

/// The same without adding anything.
pub(crate) async fn raw(
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, String) {
    let mut request = format!("{line} HTTP/1.1\r\nHost: {address}\r\n");
    headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
    request.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    // Whoever is refused before the body may find the connection closed while it still sends.
    stream.write_all(body).await.unwrap_or_default();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap_or_default();
    let answer = String::from_utf8(bytes).unwrap().to_lowercase();
    let status = answer.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default();
    (status, answer)
}
