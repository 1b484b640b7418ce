//! Bodies that can be sent twice, up to a limit.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::body::{Body, BodyError, Collected, collect, empty, full};

/// The longest body that is held for a replay after 401. Four of the platform's own 64 KiB pages; beyond it the body streams and a 401 is
/// passed on as it is, marked.
pub const REPLAY_LIMIT: usize = 256 * 1024;

/// A request body on its way out.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Held: the same bytes can be sent again.
    Held(Bytes),
    /// Streaming: it can be sent once.
    Streaming(Body),
    /// Streamed away already.
    Gone,
}

impl Outgoing {
    /// Holds up to [`REPLAY_LIMIT`] bytes of `body`.
    pub(crate) async fn hold(body: Body) -> Result<Self, BodyError> {
        let declared = body.size_hint().exact();
        if declared == Some(0) {
            return Ok(Self::Held(Bytes::new()));
        }
        if declared.is_some_and(|length| length > REPLAY_LIMIT as u64) {
            return Ok(Self::Streaming(body));
        }
        Ok(match collect(body, REPLAY_LIMIT).await? {
            Collected::Whole(bytes) => Self::Held(bytes),
            Collected::Longer(first, rest) => Self::Streaming(chained(first, rest)),
        })
    }

    /// The body for the next attempt, or `None` when it cannot be sent again.
    pub(crate) fn next(&mut self) -> Option<Body> {
        match self {
            Self::Held(bytes) if bytes.is_empty() => Some(empty()),
            Self::Held(bytes) => Some(full(bytes.clone())),
            Self::Streaming(_) => match std::mem::replace(self, Self::Gone) {
                Self::Streaming(body) => Some(body),
                _ => None,
            },
            Self::Gone => None,
        }
    }
}

/// What was read already, then the rest, with the length that both have together.
pub(crate) fn chained(first: Bytes, rest: Body) -> Body {
    Chained { first: Some(first), rest }.boxed_unsync()
}

struct Chained {
    first: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Chained {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.first.as_ref().map_or(0, Bytes::len) as u64;
        self.rest.size_hint().exact().map_or_else(SizeHint::default, |rest| SizeHint::with_exact(rest + read))
    }
}
