//! Bodies: streams of bytes, never collected without a limit.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{Collected, collect, empty, full};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

/// The body of a request or an answer. It streams; what has a known length says so.
///
/// A request's body of at most 256 KiB is held until the answer's head has arrived, so that a call can be replayed after a 401. A longer one streams,
/// and its call is never replayed.
pub struct Body(hallpass_outbound::Body);

/// Why a body ended early.
pub type BodyError = hallpass_outbound::BodyError;

impl Body {
    /// A body without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Self(empty())
    }

    /// A body that is read from `body` as it is sent. Trailers are dropped.
    #[must_use]
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        Self(body.map_err(Into::into).boxed_unsync())
    }

    /// The next piece, or `None` at the end. Dropping the future loses nothing: the next call goes on where this one was.
    ///
    /// # Errors
    /// `upstream-answer-bad` when the body ends early.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(bytes) = frame.map_err(|_| cut_short())?.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The whole body, if it has at most `limit` bytes. Memory is bounded by the limit plus one piece. Dropping the future loses what was read.
    ///
    /// # Errors
    /// `body-too-large`; `upstream-answer-bad` when the body ends early.
    pub async fn collect(self, limit: usize) -> Result<Bytes, Fault> {
        match collect(self.0, limit).await {
            Ok(Collected::Whole(bytes)) => Ok(bytes),
            Ok(Collected::Longer(..)) => {
                let fault =
                    Fault::new(FaultCode::BodyTooLarge, format!("an answer of more than {limit} bytes"));
                Err(fault.with_hint("collect it with a larger limit, or read it chunk by chunk"))
            }
            Err(_) => Err(cut_short()),
        }
    }

    pub(crate) fn from_outbound(body: hallpass_outbound::Body) -> Self {
        Self(body)
    }

    pub(crate) fn into_outbound(self) -> hallpass_outbound::Body {
        self.0
    }
}

fn cut_short() -> Fault {
    Fault::new(FaultCode::UpstreamAnswerBad, "the body ended early")
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(full(bytes)) }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}
