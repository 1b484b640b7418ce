//! What a caller can make the sidecar hold or wait for.

use std::time::Duration;

/// Every limit of the gateway. The defaults are meant for a sandbox with one or a few programs in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections served at once. Two more are accepted, but only to answer health doors and to say `busy`.
    pub max_connections: usize,
    /// Header lines of one request; more are answered with 431. A vendor SDK sends about ten.
    pub max_headers: usize,
    /// Bytes of request line and headers together; more are answered with 431. At least 8 KiB.
    pub max_head: usize,
    /// Bytes of the request target. 8000 is what RFC 9110 section 4.1 asks every recipient to support at least.
    pub max_target: usize,
    /// Bytes of a request's body, whether declared or counted.
    pub max_body: u64,
    /// How long a connection may take to send a whole request head; also how long a kept connection may rest.
    pub head_timeout: Duration,
    /// How long a call may take from its head to the head of its answer. Longer than the upstream's own timeout, so that the more
    /// precise fault wins.
    pub call_timeout: Duration,
    /// How long one exchange may take with both bodies, so that a caller who reads a byte per second does not keep a place for ever.
    pub exchange_timeout: Duration,
    /// How long calls in flight may go on once the sidecar was told to stop.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 256,
            max_headers: 100,
            max_head: 64 * 1024,
            max_target: 8 * 1024,
            max_body: 32 * 1024 * 1024,
            head_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(90),
            exchange_timeout: Duration::from_secs(15 * 60),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Places beyond `max_connections`, so that a probe gets an answer from a sidecar that is merely full.
pub(crate) const SPARE_PLACES: usize = 2;
/// How long a connection in a spare place may take to send its head: it must not be kept from the next probe.
pub(crate) const SPARE_HEAD_TIMEOUT: Duration = Duration::from_secs(2);
/// The largest body of a local login. A real one has a hundred bytes.
pub(crate) const LOGIN_BODY: usize = 16 * 1024;
/// How much of a refused request's body is read and thrown away, so that the connection can be kept.
pub(crate) const DISCARD_BYTES: u64 = 64 * 1024;
/// How long that may take.
pub(crate) const DISCARD_TIME: Duration = Duration::from_secs(1);
/// Connections of the health listener: probes, and nothing else.
pub(crate) const HEALTH_CONNECTIONS: usize = 16;
