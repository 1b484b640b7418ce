//! A caller's body on its way in: counted, without trailers, and with a fate that can be asked about afterwards.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::BodyError;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// The body of one request.
#[derive(Debug)]
pub(crate) struct CallerBody {
    incoming: Incoming,
    left: u64,
    fate: BodyFate,
}

/// What became of a body, for whoever handed it on and only sees that a call failed.
#[derive(Clone, Debug)]
pub(crate) struct BodyFate {
    limit: u64,
    state: Arc<AtomicU8>,
}

impl CallerBody {
    /// `incoming`, of which at most `limit` bytes are handed on.
    pub(crate) fn new(incoming: Incoming, limit: u64) -> Self {
        let state = if incoming.is_end_stream() { WHOLE } else { OPEN };
        Self { incoming, left: limit, fate: BodyFate { limit, state: Arc::new(AtomicU8::new(state)) } }
    }

    /// # Errors
    /// `body-too-large` when more is declared than is accepted: then not one byte is read.
    pub(crate) fn check_declared(&self) -> Result<(), Fault> {
        if self.incoming.size_hint().lower() > self.left {
            return Err(too_large(self.fate.limit));
        }
        Ok(())
    }

    /// Its fate, to be asked later.
    pub(crate) fn fate(&self) -> BodyFate {
        self.fate.clone()
    }

    /// Reads what is left of it and throws it away. `true` when its end was reached.
    pub(crate) async fn discard(mut self) -> bool {
        while let Some(frame) = self.frame().await {
            if frame.is_err() {
                return false;
            }
        }
        true
    }

    /// The same body with a smaller limit.
    pub(crate) fn at_most(mut self, limit: u64) -> Self {
        self.left = self.left.min(limit);
        self.fate.limit = self.left;
        self
    }
}

impl BodyFate {
    /// The fault that the body itself is to blame for, if it is. It is nearer to the truth than what the transport made of it.
    pub(crate) fn fault(&self) -> Option<Fault> {
        match self.state.load(Ordering::Acquire) {
            TOO_LARGE => Some(too_large(self.limit)),
            BROKEN => {
                Some(Fault::new(FaultCode::RequestMalformed, "the body broke off or its framing is wrong"))
            }
            _ => None,
        }
    }

    /// Whether all of it has been read.
    pub(crate) fn is_whole(&self) -> bool {
        self.state.load(Ordering::Acquire) == WHOLE
    }
}

impl HttpBody for CallerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let (fate, item) = loop {
            match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                None => break (WHOLE, None),
                Some(Err(error)) => break (BROKEN, Some(Err(BodyError::from(error)))),
                // Trailers end here: a header in a trailer has passed no check of the head (RFC 9110 6.5.1).
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    match self.left.checked_sub(data.len() as u64) {
                        None => break (TOO_LARGE, Some(Err(BodyError::from(too_large(self.fate.limit))))),
                        Some(left) => self.left = left,
                    }
                    let fate = if self.incoming.is_end_stream() { WHOLE } else { OPEN };
                    break (fate, Some(Ok(Frame::data(data))));
                }
            }
        };
        self.fate.state.store(fate, Ordering::Release);
        Poll::Ready(item)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

fn too_large(limit: u64) -> Fault {
    Fault::new(FaultCode::BodyTooLarge, format!("at most {limit} bytes are accepted"))
}

const OPEN: u8 = 0;
const WHOLE: u8 = 1;
const TOO_LARGE: u8 = 2;
const BROKEN: u8 = 3;
