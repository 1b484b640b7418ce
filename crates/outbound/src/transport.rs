//! The seam to the network: one method.

use std::error::Error;
use std::fmt;

use hallpass_core::{BoxFuture, Fault, FaultCode};
use http::{Request, Response};

use crate::Body;

/// Sends one request to the authority in its URI and returns the answer's head with a streaming body.
///
/// Implementations follow no redirect, read no proxy variable, retry nothing and add no header but those HTTP/1.1 framing needs.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends `request`. Dropping the future closes the connection; the request may have had its effect by then.
    fn send(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, TransportFault>>;
}

/// Why there is no answer. The chain holds the cause; none of it holds anything of the request.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransportFault {
    /// No connection: nothing was sent.
    Unreachable(Box<dyn Error + Send + Sync>),
    /// The address is not one we may talk to: nothing was sent.
    AddressRefused(String),
    /// No answer in time; the request may have had its effect.
    TimedOut,
    /// The connection broke or the answer was not HTTP; the request may have had its effect.
    Broken(Box<dyn Error + Send + Sync>),
    /// The answer is longer than its reader allows.
    TooLong,
    /// The body to send ended in an error of its source: the caller went away or sent too much.
    RequestBody(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for TransportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(_) => f.write_str("no connection"),
            Self::AddressRefused(what) => f.write_str(what),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Broken(_) => f.write_str("the connection broke"),
            Self::TooLong => f.write_str("the answer is longer than allowed"),
            Self::RequestBody(_) => f.write_str("the request's body ended early"),
        }
    }
}

impl Error for TransportFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(cause) | Self::Broken(cause) | Self::RequestBody(cause) => Some(&**cause),
            Self::AddressRefused(_) | Self::TimedOut | Self::TooLong => None,
        }
    }
}

impl From<TransportFault> for Fault {
    fn from(fault: TransportFault) -> Self {
        let code = match fault {
            TransportFault::Unreachable(_) => FaultCode::UpstreamUnreachable,
            TransportFault::AddressRefused(_) => FaultCode::AddressRefused,
            TransportFault::TimedOut => FaultCode::UpstreamTimeout,
            TransportFault::Broken(_) | TransportFault::TooLong => FaultCode::UpstreamAnswerBad,
            TransportFault::RequestBody(_) => FaultCode::RequestMalformed,
        };
        Self::new(code, "").with_source(fault)
    }
}
