//! Bodies: streams of bytes that are never decompressed and never collected without a limit.

use bytes::{Bytes, BytesMut};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};

/// A streaming body.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// Why a body ended early.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body without a byte.
#[must_use]
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body of `bytes`.
#[must_use]
pub fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// What [`collect`] found.
#[derive(Debug)]
pub enum Collected {
    /// The whole body.
    Whole(Bytes),
    /// It was longer than the limit: the first part, and the rest still streaming.
    Longer(Bytes, Body),
}

/// Collects up to `limit` bytes of `body`. Memory is bounded by the limit plus one frame of the sender. Trailers are dropped: a token in a trailer
/// would pass by every check of the head.
///
/// # Errors
/// The body's own, when it ends early.
pub async fn collect(mut body: Body, limit: usize) -> Result<Collected, BodyError> {
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        match (&first, more.is_empty()) {
            (None, _) => first = Some(data),
            (Some(start), true) => {
                more.extend_from_slice(start);
                more.extend_from_slice(&data);
            }
            (Some(_), false) => more.extend_from_slice(&data),
        }
        if length > limit {
            return Ok(Collected::Longer(joined(first, more), body));
        }
    }
    Ok(Collected::Whole(joined(first, more)))
}

/// One frame is passed on without copying; several are copied together once.
fn joined(first: Option<Bytes>, more: BytesMut) -> Bytes {
    if more.is_empty() { first.unwrap_or_default() } else { more.freeze() }
}
